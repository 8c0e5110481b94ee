import assert from "node:assert/strict";
import test from "node:test";
import { paletteGroups } from "../../static/desk/palette-items.js";
import { initial, reduce } from "../../static/desk/state.js";

const chat = (conv, name) => ({
  conv, epoch: 1, state: "active", brand: "aurora", lang: "nl", topic: "bonus", player: { id: `K-${conv}`, name },
  last_seq: 1, note_seq: 0, unread: 0, waiting_since_ts: null, help: false,
});

function bench() {
  const done = [];
  const note = (verb) => (...args) => done.push([verb, ...args]);
  const frames = [
    { act: "limit", limit: 2 },
    { t: "welcome", db: "d", me: { id: "1", alias: "Vera", capacity: 3 } },
    { t: "desk", rev: 1, status: "available", capacity: 3, chats: [chat("1", "Sanne"), chat("2", "Mika")], offers: [{ offer: "o", conv: "9", topic: "deposit" }] },
  ];
  const desk = {
    done, state: { value: frames.reduce((state, frame) => reduce(state, frame, 0), initial()) },
    muted: { value: false }, panelOpen: { value: true }, brandName: (slug) => slug,
    canned: { entry: () => ({ responses: [{ id: "7", shortcut: "rg-limit", title: "Hogere limiet", body: "x", scope: "everyone" }] }) },
    open: note("open"), startNote: note("note"), openForm: note("form"), askHelp: note("help"), accept: note("accept"),
    setStatus: note("status"), nextWaiting: note("waiting"), insertResponse: note("insert"),
  };
  return desk;
}

test("every act on a chat begins with the player's name and acts on that player only", () => {
  const desk = bench();
  const acts = paletteGroups(desk, "mika").find((group) => group.id === "do").items.filter((item) => item.label.startsWith("Mika: "));
  assert.equal(acts.length, 5);
  acts.forEach((item) => item.run());
  assert.deepEqual(desk.done.map(([verb, conv, what]) => [verb, conv, what].join(" ").trim()), ["note 2", "form 2 transfer", "help 2 true", "form 2 release", "form 2 close"]);
});

test("the offer comes first, then the chat in focus", () => {
  const labels = paletteGroups(bench(), "").find((group) => group.id === "do").items.map((item) => item.label);
  assert.match(labels[0], /^Accept the offer/);
  assert.match(labels[1], /^Sanne: /);
});

test("a chat is found by the player's id too", () => {
  const [group] = paletteGroups(bench(), "K-2");
  assert.deepEqual([group.id, group.items.map((item) => item.label)], ["chats", ["Mika"]]);
});

test("a response goes to the chat in focus, and its group says to whom", () => {
  const desk = bench();
  const group = paletteGroups(desk, "/rg").find((one) => one.id === "responses");
  assert.match(group.hint, /Sanne/);
  group.items[0].run();
  assert.deepEqual(desk.done[0].slice(0, 2), ["insert", "1"]);
});

test("groups without a match are left out", () => {
  assert.deepEqual(paletteGroups(bench(), "qqqq"), []);
});
