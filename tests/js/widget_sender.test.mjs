import assert from "node:assert/strict";
import test from "node:test";
import { Outbox } from "../../static/kit/outbox.js";
import { NEW, Sender } from "../../static/widget/sender.js";

function made() {
  const sent = [];
  const timers = [];
  const wire = { live: true, send: (frame) => sent.push(frame) };
  const outbox = new Outbox(null, "w");
  const sender = new Sender(outbox, () => wire, () => {}, {
    setTimeout: (act, ms) => timers.push({ act, ms }), clearTimeout: (id) => { if (id) timers[id - 1] = null; },
  });
  return { sent, timers, wire, outbox, sender };
}
const ack = (frame, seq) => ({ t: "ack", cmid: frame.cmid, conv: frame.conv, seq, ts: 1 });

test("what is written before there is a conversation is sent once it has a name", () => {
  const { sent, sender } = made();
  sender.add(NEW, "hello", "bonus");
  assert.equal(sent.length, 0);
  sender.adopt("c1");
  assert.deepEqual(sent.map(({ conv, body }) => [conv, body]), [["c1", "hello"]]);
});

test("one message is in flight, the next goes when it is acked", () => {
  const { sent, sender } = made();
  sender.add("c1", "a");
  sender.add("c1", "b");
  assert.deepEqual(sent.map((frame) => frame.body), ["a"]);
  sender.answered(ack(sent[0], 1));
  assert.deepEqual(sent.map((frame) => frame.body), ["a", "b"]);
});

test("a message without an answer fails in place and lets the next one go", () => {
  const { sent, timers, outbox, sender } = made();
  sender.add("c1", "a");
  sender.add("c1", "b");
  timers[0].act();
  assert.deepEqual(outbox.pending("c1").map((entry) => entry.state), ["failed", "sending"]);
  sender.answered(ack(sent[1], 1));
  sender.retry(sent[0].cmid);
  assert.equal(sent[2].cmid, sent[0].cmid);
});

test("a lost socket sends the same message again under the same id", () => {
  const { sent, sender } = made();
  sender.add("c1", "a");
  sender.lost();
  sender.pump("c1");
  assert.equal(sent.length, 2);
  assert.equal(sent[0].cmid, sent[1].cmid);
});
