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
  assert.deepEqual(second.pending("c").map((one) => [one.cmid, one.state]), [[entry.cmid, "waiting"]]);
  second.acked({ cmid: entry.cmid, seq: 3, ts: 1 });
  assert.equal(new Outbox(kept, "w").pending("c").length, 0);
});

test("one in flight per conversation, in the order of writing", () => {
  const box = new Outbox(storage(), "w");
  const [a, b] = [box.add("c", "1"), box.add("c", "2")];
  const other = box.add("d", "3");
  assert.equal(box.next("c").cmid, a.cmid);
  assert.equal(box.next("c"), null);
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
  now = 501;
  assert.equal(box.next("c").cmid, a.cmid);
  box.nacked({ cmid: a.cmid, code: "closed", final: true });
  assert.equal(box.get(a.cmid).state, "failed");
  assert.equal(box.next("c").cmid, b.cmid);
  assert.equal(box.retry(a.cmid).cmid, a.cmid);
});

test("edit and delete are refused while the message may be on its way", () => {
  const box = new Outbox(storage(), "w");
  const entry = box.add("c", "text");
  box.next("c");
  assert.equal(box.edit(entry.cmid), null);
  box.unanswered(entry.cmid);
  assert.equal(box.edit(entry.cmid), "text");
  assert.equal(box.pending("c").length, 0);
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
