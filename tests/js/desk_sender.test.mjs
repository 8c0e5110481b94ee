import assert from "node:assert/strict";
import test from "node:test";
import { Sender } from "../../static/desk/sender.js";
import { Outbox } from "../../static/kit/outbox.js";

function bench() {
  const sent = [];
  const timers = [];
  const sender = new Sender(new Outbox(null, "t"), () => {}, {
    setTimeout: (run) => timers.push(run), clearTimeout: (id) => { timers[id - 1] = null; },
  });
  sender.wire = { live: true, send: (frame) => sent.push(frame) };
  return { sender, sent, timers, states: (conv) => sender.entries(conv).map((entry) => entry.state) };
}

test("one message is in flight per conversation, and others do not wait for it", () => {
  const { sender, sent } = bench();
  for (const [conv, body] of [["a", "1"], ["a", "2"], ["b", "3"]]) sender.add(conv, "reply", body, { epoch: 4 });
  assert.deepEqual(sent.map((frame) => frame.body), ["1", "3"]);
  sender.acked({ t: "ack", cmid: sent[0].cmid, conv: "a", seq: 5 });
  assert.deepEqual(sent.map((frame) => frame.body), ["1", "3", "2"]);
});

test("a note is never sent as a reply, whatever happens to it", () => {
  const { sender, sent, states } = bench();
  sender.add("a", "note", "only staff", { epoch: 4 });
  sender.nacked({ cmid: sent[0].cmid, code: "blocked", final: true });
  assert.deepEqual(states("a"), ["failed"]);
  sender.retry("a", sent[0].cmid);
  sender.lost();
  sender.pumpAll();
  assert.equal(sent.length, 3);
  for (const frame of sent) assert.deepEqual(Object.keys(frame), ["t", "conv", "cmid", "body"]);
  assert.deepEqual(new Set(sent.map((frame) => frame.t)), new Set(["note"]));
});

test("a reply carries the epoch and the response with which it was written, in every try", () => {
  const { sender, sent } = bench();
  sender.add("a", "reply", "x", { epoch: 4, canned: "9" });
  sender.lost();
  sender.pumpAll();
  assert.deepEqual(sent[1], sent[0]);
  assert.deepEqual([sent[0].epoch, sent[0].canned, sent[0].conv], [4, "9", "a"]);
});

test("without a connection nothing is sent and nothing is lost", () => {
  const { sender, sent } = bench();
  sender.wire.live = false;
  sender.add("a", "reply", "later", { epoch: 1 });
  assert.equal(sent.length, 0);
  assert.equal(sender.waiting("a"), 1);
  sender.wire.live = true;
  sender.pumpAll();
  assert.equal(sent[0].body, "later");
});

test("a message without an answer stays, failed, and a retry keeps its cmid", () => {
  const { sender, sent, timers, states } = bench();
  sender.add("a", "reply", "x", { epoch: 1 });
  timers.filter(Boolean).forEach((run) => run());
  assert.deepEqual(states("a"), ["failed"]);
  assert.equal(sender.failed("a"), 1);
  sender.retry("a", sent[0].cmid);
  assert.equal(sent[1].cmid, sent[0].cmid);
});

test("the line in the transcript takes over from the pending one", () => {
  const { sender, sent } = bench();
  sender.add("a", "reply", "x", { epoch: 1 });
  sender.add("a", "note", "y", {});
  sender.arrived("a", { events: [{ seq: 3, cmid: sent[0].cmid }], notes: [], last: 3, lastNote: 0 });
  assert.deepEqual(sender.entries("a").map((entry) => entry.body), ["y"]);
  sender.acked({ cmid: sent[1].cmid, note_seq: 2 });
  sender.arrived("a", { events: [], notes: [], last: 3, lastNote: 2 });
  assert.equal(sender.entries("a").length, 0);
});
