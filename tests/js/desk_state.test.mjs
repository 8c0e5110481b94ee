import assert from "node:assert/strict";
import test from "node:test";
import { row } from "../../static/desk/slots.js";
import { initial, needs, reduce } from "../../static/desk/state.js";

const NOW = 1_800_000_000_000;

const chat = (conv, more = {}) => ({
  conv, epoch: 1, state: "active", brand: "aurora", lang: "nl", topic: "bonus", player: { id: `p${conv}`, name: conv.toUpperCase() },
  last_seq: 1, note_seq: 0, delivered: { player: 0, agent: 0 }, read: { player: 0, agent: 0 }, unread: 0, waiting_since_ts: null, help: false, ...more,
});
const offer = (id, conv) => ({ t: "offer", offer: id, conv, expires_ts: NOW + 20_000, lang: "nl", topic: "deposit", brand: "aurora", since_ts: NOW });
const deskOf = (chats, more = {}) => ({ t: "desk", rev: 2, status: "available", reason: "", status_since_ts: NOW, missed: 0, capacity: 3, chats, offers: [], waiting: { count: 0, oldest_ts: null, chats: [] }, ...more });
const message = (conv, seq, body, role = "player", more = {}) => ({ t: "ev", conv, seq, kind: "message", ts: NOW + seq, from: { role }, body, ...more });
const run = (state, ...frames) => frames.reduce((now, frame) => reduce(now, frame, NOW), state);

const live = { act: "link", state: "live" };
const welcome = { t: "welcome", db: "d1", me: { id: "1", alias: "Vera", role: "agent", languages: ["nl"], capacity: 3 } };
const started = (limit = 2) => run(initial(), { act: "limit", limit }, live, welcome);
const withChats = (limit, ...names) => run(started(limit), deskOf(names.map((name) => chat(name))));

test("an offer stands in the free place that it would fill, and the chat takes that place", () => {
  let state = run(withChats(2, "a", "b"), deskOf([chat("b")]), offer("o", "c"));
  assert.deepEqual(row(state.places), ["c", "b", null]);
  state = run(state, { act: "expect", conv: "c" }, { t: "offer_gone", offer: "o", why: "accepted" });
  assert.deepEqual(row(state.places), ["c", "b", null]);
  state = run(state, deskOf([chat("b"), chat("c")]));
  assert.deepEqual(row(state.places), ["c", "b", null]);
  assert.equal(state.focus, "c");
});

test("an offer that ends says how in its place, and the others stay where they are", () => {
  const state = run(withChats(2, "a"), offer("o", "c"), offer("o2", "d"), { t: "offer_gone", offer: "o", why: "accepted_elsewhere", alias: "Iris" });
  assert.deepEqual(row(state.places), ["a", null, "d"]);
  assert.equal(state.results[1].alias, "Iris");
  assert.equal(state.results[1].until, NOW + 8000);
});

test("one's own refusal of an offer needs no explanation", () => {
  assert.deepEqual(run(withChats(2, "a"), offer("o", "c"), { t: "offer_gone", offer: "o", why: "declined" }).results, {});
});

test("a desk frame without an offer takes it away", () => {
  const state = run(withChats(2, "a"), offer("o", "c"), deskOf([chat("a")]));
  assert.deepEqual(state.offers, {});
  assert.deepEqual(row(state.places), ["a", null, null]);
});

test("status, reason and missed offers come with the desk", () => {
  const { status } = run(started(), deskOf([], { status: "away", reason: "missed", missed: 3 }));
  assert.deepEqual(status, { status: "away", reason: "missed", since_ts: NOW, missed: 3 });
});

test("a player's line counts as unread and starts the wait once; an answer ends it", () => {
  let state = run(withChats(2, "a"), message("a", 2, "hallo"), message("a", 3, "hallo??"));
  assert.equal(state.chats.a.unread, 2);
  assert.equal(state.chats.a.waiting_since_ts, NOW + 2);
  state = run(state, message("a", 3, "hallo??"), message("a", 4, "hoi", "agent"));
  assert.equal(state.chats.a.unread, 2);
  assert.equal(state.chats.a.waiting_since_ts, null);
});

test("what was seen here stays read when an older desk frame comes", () => {
  const state = run(withChats(2, "a"), message("a", 2, "x"), { act: "seen", conv: "a", seq: 2 }, deskOf([chat("a", { last_seq: 2, unread: 1 })]));
  assert.equal(state.chats.a.unread, 0);
});

test("a chat without lines asks for them once, also when a line came first", () => {
  let state = withChats(2, "a");
  assert.deepEqual(needs(state), [{ conv: "a" }]);
  state = run(state, message("a", 9, "late"), { act: "loading", conv: "a", on: true });
  assert.deepEqual(needs(state), []);
  const events = [7, 8].map((seq) => message("a", seq, `${seq}`));
  state = run(state, { t: "history", conv: "a", events, more: true, notes: [] }, { act: "loading", conv: "a", on: false });
  assert.deepEqual(state.logs.a.events.map((event) => event.seq), [7, 8, 9]);
  assert.deepEqual(needs(state), []);
});

test("a hole is asked for by its numbers, but not without a connection", () => {
  const state = run(withChats(2, "a"), { t: "history", conv: "a", events: [message("a", 1, "x")], more: false }, message("a", 4, "y"));
  assert.deepEqual(needs(state), [{ conv: "a", before: 4, limit: 2 }]);
  assert.deepEqual(needs(run(state, { act: "link", state: "waiting" })), []);
});

test("another database starts every transcript anew", () => {
  const state = run(withChats(2, "a"), { t: "history", conv: "a", events: [message("a", 1, "x")], more: false }, { ...welcome, db: "d2", resumed: ["a"] });
  assert.deepEqual(state.logs, {});
  assert.deepEqual(needs(state), [{ conv: "a" }]);
});

test("after a reconnect holes are expected until the server says resumed", () => {
  let state = run(withChats(2, "a"), { t: "history", conv: "a", events: [message("a", 1, "x")], more: false }, { ...welcome, resumed: ["a"] }, message("a", 3, "z"));
  assert.deepEqual(needs(state), []);
  state = run(state, message("a", 2, "y"), { t: "resumed", conv: "a", from: 1, to: 3, mode: "delta", more: false });
  assert.deepEqual(state.logs.a.events.map((event) => event.body), ["x", "y", "z"]);
  assert.deepEqual(needs(state), []);
});

test("panes fill by place; a shown chat takes the pane used longest ago and the others stay", () => {
  let state = withChats(2, "a", "b", "c");
  assert.deepEqual(state.panes, ["a", "b"]);
  state = run(state, { act: "focus", conv: "b" }, { act: "show", conv: "c" });
  assert.deepEqual(state.panes, ["c", "b"]);
  assert.equal(state.focus, "c");
});

test("a closed pane takes the chat that nobody sees, in the same place", () => {
  const state = run(withChats(2, "a", "b", "c"), { act: "leaving", conv: "a", on: true }, deskOf([chat("b"), chat("c")]));
  assert.deepEqual(state.panes, ["c", "b"]);
  assert.deepEqual(run(withChats(2, "a", "b"), { act: "hide", conv: "a" }).panes, ["b"]);
});

test("a narrower window closes the panes used longest ago", () => {
  const state = run(withChats(3, "a", "b", "c"), { act: "focus", conv: "c" }, { act: "limit", limit: 1 });
  assert.deepEqual(state.panes, ["c"]);
  assert.deepEqual(run(state, { act: "limit", limit: 3 }).panes.toSorted(), ["a", "b", "c"]);
});

test("a chat that was taken away while open stays to be read, with who has it now", () => {
  let state = run(withChats(1, "a"), { t: "conv", conv: "a", state: "active", agent: { alias: "Iris" } }, deskOf([]));
  assert.deepEqual(state.panes, ["a"]);
  assert.deepEqual([state.gone.a.alias, state.gone.a.closed, state.gone.a.place], ["Iris", false, 0]);
  state = run(state, { act: "hide", conv: "a" });
  assert.deepEqual([state.panes, state.gone], [[], {}]);
});

test("a new chat never takes the focus from the one in which the agent writes", () => {
  const state = run(withChats(2, "a"), deskOf([chat("a"), chat("b")]));
  assert.deepEqual([state.panes, state.focus], [["a", "b"], "a"]);
});

test("marks of the player's side move forward only", () => {
  const state = run(withChats(1, "a"), { t: "eph", conv: "a", kind: "read", role: "player", seq: 5 }, { t: "eph", conv: "a", kind: "read", role: "player", seq: 3 });
  assert.equal(state.chats.a.read.player, 5);
});

test("typing ends with its time to live and with the line itself", () => {
  let state = run(withChats(1, "a"), { t: "eph", conv: "a", kind: "typing", role: "player", on: true, ttl_ms: 6000 });
  assert.equal(state.typing.a.until, NOW + 6000);
  state = run(state, message("a", 2, "x"));
  assert.equal(state.typing.a, undefined);
});

test("a call for help shows until it is taken back", () => {
  const flag = (note_seq, on) => ({ t: "note_ev", conv: "a", note_seq, kind: "flag", ts: NOW, from: { role: "agent" }, data: { on } });
  const state = run(withChats(1, "a"), flag(1, true));
  assert.equal(state.chats.a.help, true);
  assert.equal(run(state, flag(2, false)).chats.a.help, false);
});

test("a flag that says nothing of help leaves the call for help standing", () => {
  const flag = (note_seq, data) => ({ t: "note_ev", conv: "a", note_seq, kind: "flag", ts: NOW, from: { role: "system" }, data });
  const state = run(withChats(1, "a"), flag(1, { on: true }), flag(2, { identified: true }));
  assert.equal(state.chats.a.help, true);
});

test("a line counts as unread although the conversation's state had told of it before", () => {
  const told = { t: "conv", conv: "a", state: "active", last_seq: 2, agent: { alias: "Vera" }, delivered: { player: 0, agent: 0 }, read: { player: 0, agent: 0 }, help: false };
  const state = run(withChats(1, "a"), told, message("a", 2, "x"));
  assert.equal(state.chats.a.unread, 1);
});

test("a desk frame that was made before the newest lines does not take them back", () => {
  const history = { t: "history", conv: "a", events: [message("a", 1, "x")], more: false };
  const state = run(withChats(2, "a"), history, message("a", 2, "y"), message("a", 3, "z", "agent"), message("a", 4, "?"), deskOf([chat("a", { last_seq: 2, unread: 1, waiting_since_ts: NOW + 2 })]));
  assert.deepEqual([state.chats.a.unread, state.chats.a.waiting_since_ts, state.chats.a.last_seq], [2, NOW + 4, 4]);
});

test("what the agent has read in another tab is read here", () => {
  const read = (seq) => ({ t: "eph", conv: "a", kind: "read", role: "agent", seq });
  const history = { t: "history", conv: "a", events: [message("a", 1, "x")], more: false };
  const state = run(withChats(2, "a"), history, message("a", 2, "y"), message("a", 3, "z"));
  assert.deepEqual([run(state, read(2)).chats.a.unread, run(state, read(3)).chats.a.unread], [1, 0]);
});

test("frames and acts that are unknown change nothing", () => {
  const state = withChats(1, "a");
  assert.equal(reduce(state, { t: "sparkle" }), state);
  assert.equal(reduce(state, { act: "sparkle" }), state);
  assert.equal(reduce(state, message("elsewhere", 1, "x")), state);
});
