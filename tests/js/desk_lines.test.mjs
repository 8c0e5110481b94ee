import assert from "node:assert/strict";
import test from "node:test";
import { rows } from "../../static/desk/lines.js";
import { runs } from "../../static/kit/links.js";
import { fold, merged, reached } from "../../static/desk/log.js";
import { empty } from "../../static/kit/transcript.js";

const message = (seq, role, more = {}) => ({ t: "ev", seq, kind: "message", ts: seq * 1000, from: { role }, body: `${seq}`, ...more });
const note = (note_seq, ts, more = {}) => ({ t: "note_ev", note_seq, kind: "note", ts, from: { role: "agent", alias: "Vera" }, body: "n", ...more });

test("lines of one speaker form a group; its last line carries the time", () => {
  const list = rows({ events: [message(1, "player"), message(2, "player"), message(3, "agent")], notes: [] }, []);
  assert.deepEqual(list.map((row) => [row.kind, row.tail]), [["in", false], ["in", true], ["out", true]]);
  assert.equal(list[2].lastOwn, true);
});

test("notes stand where they happened and are rows of another kind than replies", () => {
  const list = rows({ events: [message(1, "player"), message(3, "agent")], notes: [note(1, 2000, { kind: "whisper" })] }, []);
  assert.deepEqual(list.map((row) => row.kind), ["in", "note", "out"]);
  assert.equal(list[1].note, "whisper");
});

test("within events the numbers decide, whatever the clocks say", () => {
  const late = [message(1, "player", { ts: 9000 }), message(2, "agent", { ts: 1000 })];
  assert.deepEqual(merged(late, []).map((event) => event.seq), [1, 2]);
});

test("what is committed is shown once, what failed stays with its reason", () => {
  const pending = [
    { cmid: "x", mode: "reply", body: "1", state: "sent" },
    { cmid: "y", mode: "note", body: "2", state: "failed", code: "rate" },
  ];
  const list = rows({ events: [message(1, "agent", { cmid: "x" })], notes: [] }, pending);
  assert.deepEqual(list.map((row) => row.kind), ["out", "pending"]);
  assert.deepEqual([list[1].note, list[1].state, list[1].code], [true, "failed", "rate"]);
});

test("a removed message says so instead of its text", () => {
  const { log } = fold(fold(empty("a"), message(1, "player", { body: "secret" })).log, { t: "ev", seq: 2, kind: "redacted", ts: 2, from: { role: "system" }, data: { seq: 1 } });
  const list = rows(log, []);
  assert.deepEqual([list.length, list[0].removed, list[0].body], [1, true, ""]);
});

test("a hole in the notes is asked for as well as one in the lines", () => {
  const start = fold(fold(empty("a"), message(1, "player")).log, note(1, 1)).log;
  assert.equal(fold(start, note(2, 2)).gap, null);
  assert.notEqual(fold(start, note(3, 3)).gap, null);
  assert.deepEqual(fold(start, message(4, "player")).gap, { from: 2, to: 3 });
});

test("an own message is sent, delivered or seen by the player's marks", () => {
  const chat = { read: { player: 2 }, delivered: { player: 4 } };
  assert.deepEqual([2, 4, 5].map((seq) => reached(seq, chat)), ["seen", "delivered", "sent"]);
});

test("only https becomes a link, and joined again the runs are the text", () => {
  const text = "see https://help.example/a?b=1, not javascript:alert(1) or http://x.example or https://user:pw@evil.example";
  const parts = runs(text);
  assert.deepEqual(parts.filter((part) => part.href).map((part) => part.href), ["https://help.example/a?b=1"]);
  assert.equal(parts.map((part) => part.text ?? part.href).join(""), text);
});

test("one word under the last of those on their way says it for all, but a failed one stands alone", () => {
  const pending = ["sending", "waiting", "failed", "waiting"].map((state, i) => ({ cmid: `${i}`, mode: "reply", body: `${i}`, state }));
  assert.deepEqual(rows({ events: [], notes: [] }, pending).map((row) => row.tail), [false, true, true, true]);
});
