import assert from "node:assert/strict";
import test from "node:test";
import { empty } from "../../static/kit/transcript.js";
import { rows } from "../../static/widget/rows.js";

const NOW = Date.now();
const ev = (seq, role, over = {}) => ({ conv: "c", seq, kind: "message", ts: NOW + seq * 1000, from: { role, alias: role === "agent" ? "Vera" : undefined }, body: `m${seq}`, ...over });
const log = (...events) => ({ ...empty("c"), events, last: events.at(-1)?.seq ?? 0 });
const entry = (state, over = {}) => ({ cmid: "x", conv: "c", body: "new", state, ts: NOW + 60_000, seq: null, ...over });
const marks = (list) => list.filter((row) => row.type === "bubble").map((row) => row.state);
const conv = { read: { agent: 1 }, delivered: { agent: 2 } };

test("lines of one writer within five minutes are one group, with the time under the last", () => {
  const list = rows(log(ev(1, "agent"), ev(2, "agent"), ev(3, "agent", { ts: NOW + 10 * 60_000 }), ev(4, "player")), [], null);
  assert.deepEqual(list.map((row) => [row.first, row.last]), [[true, false], [false, true], [true, true], [true, true]]);
});

test("a state stands where it differs from what follows", () => {
  assert.deepEqual(marks(rows(log(ev(1, "player"), ev(2, "player"), ev(3, "player")), [], conv)), ["seen", "delivered", "sent"]);
  assert.deepEqual(marks(rows(log(ev(1, "player"), ev(2, "player")), [], { read: { agent: 2 }, delivered: { agent: 2 } })), [null, "seen"]);
});

test("a failed line keeps its state and its place", () => {
  const list = rows(log(ev(1, "player")), [entry("failed"), entry("waiting", { cmid: "y" })], conv);
  assert.deepEqual(marks(list), ["seen", "failed", "waiting"]);
});

test("a message that came back as an event is one bubble with the same key", () => {
  const before = rows(log(), [entry("sending")], null);
  const later = rows(log(ev(1, "player", { cmid: "x" })), [entry("sent", { seq: 1 })], null);
  assert.deepEqual([before.length, later.length], [1, 1]);
  assert.equal(before[0].key, later[0].key);
});

test("what happened is told, what is not for the player is not", () => {
  const list = rows(log(
    ev(1, "player", { kind: "opened" }), ev(2, "system", { kind: "queued", data: { reason: "new" } }), ev(3, "agent", { kind: "joined" }),
    ev(4, "system", { kind: "queued", data: { reason: "returned" } }), ev(5, "system", { kind: "survey" }), ev(6, "system", { kind: "something_new" })), [], null);
  assert.deepEqual(list.map((row) => row.event.seq), [1, 3, 4]);
});

test("a removed message holds no text", () => {
  assert.deepEqual(rows(log(ev(1, "player", { body: "", redacted: true })), [], null).map((row) => [row.body, row.redacted]), [["", true]]);
});

test("another day than today begins with its date", () => {
  const list = rows(log(ev(1, "agent", { ts: NOW - 3 * 86_400_000 }), ev(2, "agent")), [], null);
  assert.deepEqual(list.map((row) => row.type), ["day", "bubble", "day", "bubble"]);
});

test("one word under the last of those on their way says it for all", () => {
  assert.deepEqual(marks(rows(log(), [entry("sending"), entry("waiting", { cmid: "y" })], null)), [null, "waiting"]);
});
