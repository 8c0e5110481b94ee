import assert from "node:assert/strict";
import test from "node:test";
import { newCmid, Outbox } from "../../static/kit/outbox.js";

function storage(map = new Map()) {
  return {
    map,
    get length() { return map.size; },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => { map.set(key, value); },
    removeItem: (key) => { map.delete(key); },
  };
}

const throwing = new Proxy({}, { get() { throw new Error("blocked"); }, set() { throw new Error("blocked"); } });

test("cmids sort in the order of writing, also within one millisecond", () => {
  const made = Array.from({ length: 500 }, () => newCmid(1_700_000_000_000));
  assert.deepEqual([...made].sort(), made);
  assert.match(made[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a message is stored before its first try and survives a reload with its cmid", () => {
  const kept = storage();
  const first = new Outbox(kept, "w");
  const entry = first.add("c", "hello");
  first.next("c");
  const second = new Outbox(kept, "w");
  second.lost(true);
  assert.deepEqual(second.pending("c").map((one) => [one.cmid, one.state]), [[entry.cmid, "waiting"]]);
  second.acked({ cmid: entry.cmid, seq: 3, ts: 1 });
  assert.equal(new Outbox(kept, "w").pending("c").length, 0);
});

test("one in flight per lane, in the order of writing; notes and replies do not wait for each other", () => {
  const box = new Outbox(storage(), "w");
  const [a, b] = [box.add("c", "1"), box.add("c", "2")];
  const [note, other] = [box.add("c", "3", { mode: "note" }), box.add("d", "4")];
  assert.equal(box.next("c").cmid, a.cmid);
  assert.equal(box.next("c"), null);
  assert.equal(box.next("c#note").cmid, note.cmid);
  assert.equal(box.next("d").cmid, other.cmid);
  box.acked({ cmid: a.cmid, seq: 1 });
  assert.equal(box.next("c").cmid, b.cmid);
});

test("a refusal for now keeps the turn, a final one asks the person", () => {
  let now = 0;
  const box = new Outbox(storage(), "w", { now: () => now });
  const [a, b] = [box.add("c", "1"), box.add("c", "2")];
  box.next("c");
  box.nacked({ cmid: a.cmid, code: "rate", final: false, retry_ms: 500 });
  assert.equal(box.next("c"), null);
  assert.equal(box.pauseMs("c"), 500);
  now = 501;
  assert.equal(box.next("c").cmid, a.cmid);
  box.nacked({ cmid: a.cmid, code: "closed", final: true });
  assert.equal(box.get(a.cmid).state, "failed");
  assert.equal(box.next("c").cmid, b.cmid);
  assert.deepEqual([box.retry(a.cmid, { epoch: 5 }).cmid, box.get(a.cmid).epoch], [a.cmid, 5]);
});

test("only what failed can be edited or deleted: anything else may be on its way", () => {
  const box = new Outbox(storage(), "w");
  const [entry, other] = [box.add("c", "text"), box.add("c", "more")];
  assert.equal(box.edit(other.cmid), null);
  box.next("c");
  assert.equal(box.edit(entry.cmid), null);
  box.lost();
  assert.equal(box.remove(entry.cmid), false);
  box.next("c");
  box.nacked({ cmid: entry.cmid, code: "blocked", final: true });
  assert.equal(box.edit(entry.cmid), "text");
  assert.deepEqual(box.pending("c").map((one) => one.body), ["more"]);
});

test("the line in the transcript takes over from the pending one, also when the ack was lost", () => {
  const box = new Outbox(storage(), "w");
  const [a, note] = [box.add("c", "1"), box.add("c", "2", { mode: "note" })];
  box.next("c");
  assert.equal(box.settle({ conv: "c", last: 3, lastNote: 0, events: [{ seq: 3, cmid: a.cmid }], notes: [] }), true);
  assert.deepEqual(box.pending("c").map((one) => one.body), ["2"]);
  box.acked({ cmid: note.cmid, note_seq: 2 });
  assert.equal(box.pending("c")[0].state, "sent");
  box.settle({ conv: "c", last: 3, lastNote: 2, events: [], notes: [] });
  assert.deepEqual(box.pending("c"), []);
});

test("what failed long ago is not kept for ever", () => {
  const kept = storage();
  const box = new Outbox(kept, "w", { now: () => 1_700_000_000_000 });
  const [old, waiting] = [box.add("c", "1"), box.add("c", "2")];
  box.next("c");
  box.nacked({ cmid: old.cmid, code: "closed", final: true });
  const later = new Outbox(kept, "w", { now: () => 1_700_000_000_000 + 25 * 3_600_000 });
  assert.deepEqual(later.all().map((one) => one.cmid), [waiting.cmid]);
});

test("a clock that was set back does not put a new message before an old one", () => {
  const kept = storage();
  const first = new Outbox(kept, "w", { now: () => 4_000_000_000_000 }).add("c", "1");
  const second = new Outbox(kept, "w", { now: () => 1_000_000_000_000 }).add("c", "2");
  assert.ok(first.cmid < second.cmid);
});

test("half a character is replaced, for it cannot be sent at all", () => {
  assert.equal(new Outbox(null, "w").add("c", "a\ud83d b \u{1f600}").body, "a\ufffd b \u{1f600}");
});

test("who does not own the outbox sends only what nobody else can see", () => {
  const kept = storage();
  const box = new Outbox(kept, "w");
  box.add("c", "stored");
  assert.equal(box.next("c", false), null);
  kept.setItem = () => { throw new Error("full"); };
  box.add("d", "not stored");
  assert.equal(box.next("d", false).body, "not stored");
});

test("another tab is told that a message was sent before its key goes, and does not take it for deleted", () => {
  const kept = storage();
  const [one, two] = [new Outbox(kept, "w"), new Outbox(kept, "w")];
  const told = [];
  const { setItem, removeItem } = kept;
  kept.setItem = (key, value) => { told.push([key, value]); setItem(key, value); };
  kept.removeItem = (key) => { told.push([key, null]); removeItem(key); };
  const hear = () => { for (const [key, value] of told.splice(0)) two.heard(key.slice(two.prefix.length), value); };
  const [sent, deleted] = [one.add("c", "1"), one.add("c", "2")];
  hear();
  one.next("c");
  one.acked({ cmid: sent.cmid, seq: 9 });
  one.next("c");
  one.nacked({ cmid: deleted.cmid, code: "blocked", final: true });
  one.remove(deleted.cmid);
  assert.equal(two.next("c"), null);
  hear();
  assert.deepEqual(two.all().map((entry) => [entry.body, entry.state, entry.seq]), [["1", "sent", 9]]);
});

test("storage that throws becomes memory, and says so", () => {
  const box = new Outbox(throwing, "w");
  box.add("c", "still here");
  assert.equal(box.persistent, false);
  assert.equal(box.next("c").body, "still here");
});

test("two tabs never overwrite each other", () => {
  const kept = storage();
  const [one, two] = [new Outbox(kept, "w"), new Outbox(kept, "w")];
  one.add("c", "from one");
  two.add("c", "from two");
  assert.equal(new Outbox(kept, "w").pending("c").length, 2);
});

test("messages written before the conversation has a name go with it", () => {
  const box = new Outbox(storage(), "w");
  box.add("", "first");
  box.adopt("", "c9");
  assert.equal(box.next("c9").body, "first");
});
