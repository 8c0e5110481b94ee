// What the desk says of deadlines, places, absences and offers.
import assert from "node:assert/strict";
import test from "node:test";
import { crossed, emptyPlaces, heaviest, replyDue } from "../../static/desk/deadlines.js";
import { commandOf } from "../../static/desk/keys.js";
import { rows } from "../../static/desk/lines.js";
import { row } from "../../static/desk/slots.js";
import { initial, reduce } from "../../static/desk/state.js";
import { CHOICES, choiceOf, chooseByKey } from "../../static/desk/status.js";
import { AWAY_REASONS, offerWhy, reasonName, statusName } from "../../static/desk/words.js";

const NOW = 1_800_000_000_000;
const chat = (conv, more = {}) => ({
  conv, epoch: 1, state: "active", brand: "aurora", lang: "nl", topic: "bonus", player: { id: `p${conv}`, name: conv.toUpperCase() },
  last_seq: 1, note_seq: 0, delivered: { player: 0, agent: 0 }, read: { player: 0, agent: 0 }, unread: 0, waiting_since_ts: null, help: false,
  weight: 1, sleeping: false, answered: false, warn_ts: null, reply_due_ts: null, ...more,
});
const owing = (conv, left) => chat(conv, { warn_ts: NOW + left - 30_000, reply_due_ts: NOW + left });
const deskOf = (chats, more = {}) => ({ t: "desk", rev: 2, status: "available", reason: "", status_since_ts: NOW, missed: 0, capacity: 3, load: chats.length,
  draining_since_ts: null, shift_ends_ts: null, chats, offers: [], waiting: { count: 0, oldest_ts: null, chats: [] }, ...more });
const welcome = { t: "welcome", db: "d1", me: { id: "1", alias: "Vera", role: "agent", languages: ["nl"], capacity: 3 } };
const run = (state, ...frames) => frames.reduce((now, frame) => reduce(now, frame, NOW), state);
const started = () => run(initial(), { act: "limit", limit: 2 }, { act: "link", state: "live" }, welcome);

test("a first reply is counted down calmly, amber once the server has warned, red shortly before it goes back", () => {
  assert.deepEqual(replyDue(owing("a", 80_000), NOW), { left: 80_000, tone: "" });
  assert.deepEqual(replyDue(owing("a", 25_000), NOW), { left: 25_000, tone: "warn" });
  assert.equal(replyDue(owing("a", 10_001), NOW).tone, "warn");
  assert.equal(replyDue(owing("a", 10_000), NOW).tone, "danger");
  assert.deepEqual(replyDue(owing("a", -5_000), NOW), { left: 0, tone: "danger" });
  assert.equal(replyDue(chat("a"), NOW), null);
  assert.equal(replyDue({ ...owing("a", 5_000), answered: true }, NOW), null);
  assert.equal(replyDue({ ...owing("a", 5_000), answered: true, waiting_since_ts: NOW }, NOW).tone, "danger");
});

test("a countdown is said aloud at its thresholds and at no other second", () => {
  let tones = {};
  const said = [];
  for (let left = 40; left >= 0; left--) {
    const found = crossed(tones, { a: owing("a", left * 1000) }, NOW);
    tones = found.tones;
    for (const one of found.worse) said.push([left, one.tone]);
  }
  assert.deepEqual(said, [[30, "warn"], [10, "danger"]]);
});

test("the agent's own line ends the countdown before the next desk frame comes", () => {
  const line = (role, seq) => ({ t: "ev", conv: "a", seq, kind: "message", ts: NOW, from: { role }, body: "x" });
  const state = run(started(), deskOf([owing("a", 50_000)]), line("player", 2));
  assert.equal(state.chats.a.reply_due_ts, NOW + 50_000);
  assert.deepEqual([reduce(state, line("agent", 3), NOW).chats.a].map((one) => [one.reply_due_ts, one.answered]), [[null, true]]);
});

test("places are counted by what they hold: a heavy chat leaves fewer free than there are rows", () => {
  const state = run(started(), deskOf([chat("a", { weight: 3 })], { capacity: 4, load: 3 }));
  assert.deepEqual(row(state.places), ["a", null, null, null]);
  assert.deepEqual(emptyPlaces(state, 3), { free: 1, taken: 2 });
  assert.equal(heaviest(state.chats).conv, "a");
  assert.equal(heaviest({ a: chat("a", { weight: 3, sleeping: true }), b: chat("b") }), null);
});

test("more than the capacity leaves nothing free, and never less than nothing", () => {
  const state = run(started(), deskOf([chat("a"), chat("b"), chat("c"), chat("d")], { load: 4 }));
  assert.deepEqual(emptyPlaces(state, 0), { free: 0, taken: 0 });
});

test("a chat that falls asleep stays in its row, and a free place appears for another", () => {
  const chats = ["a", "b", "c"].map((conv) => chat(conv));
  const awake = run(started(), deskOf(chats));
  assert.deepEqual(row(awake.places), ["a", "b", "c"]);
  const slept = run(awake, deskOf([chat("a"), chat("b", { sleeping: true }), chat("c")], { load: 2 }));
  assert.deepEqual(row(slept.places), ["a", "b", "c", null]);
  assert.deepEqual(emptyPlaces(slept, 1), { free: 1, taken: 0 });
});

test("a desk knows that its shift ends, with or without the time", () => {
  assert.equal(run(started(), deskOf([])).drains, null);
  assert.deepEqual(run(started(), deskOf([], { draining_since_ts: NOW, shift_ends_ts: NOW + 9 })).drains, { since: NOW, ends: NOW + 9 });
  assert.deepEqual(run(started(), deskOf([], { draining_since_ts: NOW })).drains, { since: NOW, ends: null });
});

test("every reason is at most two key presses away, from anywhere and on every layout", () => {
  const press = (key) => commandOf({ key, code: "", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }, true);
  assert.equal(press("F9"), "status");
  const reached = "123456789".split("").map(choiceOf);
  assert.deepEqual(reached, CHOICES);
  for (const reason of AWAY_REASONS) assert.ok(reached.some(([status, why]) => status === "away" && why === reason), reason);
  assert.deepEqual([choiceOf("0"), choiceOf("a"), choiceOf("Enter")], ["field", null, null]);
});

test("a digit sets the status while the menu is open, also from a composer, and is a digit otherwise", () => {
  const done = [];
  const desk = { statusOpen: { peek: () => desk.open }, open: true, toggleStatus: (on) => { desk.open = on; }, setStatus: (...args) => done.push(args) };
  const key = (name, id, more = {}) => ({ key: name, target: { id }, ctrlKey: false, metaKey: false, altKey: false, preventDefault() { this.kept = true; }, ...more });
  const digit = key("2", "composer-c");
  assert.equal(chooseByKey(desk, digit), true);
  assert.deepEqual([done, digit.kept, desk.open], [[["away", "lunch"]], true, false]);
  assert.equal(chooseByKey(desk, key("2", "composer-c")), false);
  desk.open = true;
  assert.equal(chooseByKey(desk, key("2", "away-text")), false);
  assert.equal(chooseByKey(desk, key("2", "", { ctrlKey: true })), false);
  assert.equal(chooseByKey(desk, key("1", "")), true);
  assert.deepEqual(done.at(-1), ["available", undefined]);
});

test("the known reasons have words, and what somebody wrote is shown as it is", () => {
  for (const reason of [...AWAY_REASONS, "missed", "shift_end"]) assert.ok(!reasonName(reason).includes("_"), reason);
  assert.equal(statusName("away", "fire drill"), "Away, fire drill");
  assert.equal(statusName("away", "phone"), "Away, on the phone");
  assert.equal(statusName("offline", "shift_end"), "Offline, shift over");
  assert.equal(statusName("offline", "lunch"), "Offline");
});

test("an offer says in one sentence why it rings here", () => {
  const offer = (why) => ({ lang: "nl", why });
  assert.equal(offerWhy(offer({ returning: true, candidates: 4 })), "You, because you spoke with this player before.");
  assert.equal(offerWhy(offer({ candidates: 1, skill: null })), "You, because nobody else who is free speaks Dutch.");
  assert.match(offerWhy(offer({ candidates: 1, skill: "payments" })), /speaks Dutch and has the skill payments/u);
  assert.match(offerWhy(offer({ candidates: 3, skill: null })), /of 3 who are free and speak Dutch you carry the least/u);
  assert.equal(offerWhy(offer(undefined)), "You, because you speak Dutch.");
});

test("a flag says what it is about, and only a call for help is one", () => {
  const note = (note_seq, data, body = null) => ({ note_seq, kind: "flag", ts: NOW + note_seq, from: { role: "system" }, data, body });
  const notes = [note(1, { help: true, on: true }), note(2, { first_reply: "late" }), note(3, { handover: true }, "Hand-over: bonus"), note(4, { identified: true }), note(5, { new: 1 })];
  assert.deepEqual(rows({ events: [], notes }, []).map((one) => one.flag), ["help", "first_reply", "handover", "identified", "other"]);
});
