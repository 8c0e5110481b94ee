import assert from "node:assert/strict";
import test from "node:test";
import { Opening } from "../../static/widget/opening.js";

const settled = () => new Promise((done) => setImmediate(done));

// A wire whose answers the test gives, and an outbox with what was written before there was a conversation.
function made({ live = true, waiting = [] } = {}) {
  const told = [];
  const asked = [];
  const later = [];
  const delivery = {
    wire: { live, request: (frame) => new Promise((resolve, reject) => asked.push({ frame, resolve, reject })) },
    pending: () => waiting,
    forget: (conv) => told.push(["forget", conv]),
  };
  const opening = new Opening({
    delivery: () => delivery,
    frame: ({ topic, channel }) => ({ t: "open", topic, channel }),
    opened: (conv) => told.push(["opened", conv]),
    blocked: () => told.push(["blocked"]),
    full: (what) => told.push(["full", what]),
    later: (act, ms) => later.push({ act, ms }),
  });
  return { opening, delivery, told, asked, later };
}
const refused = (code, more = {}) => Object.assign(new Error(code), { code, ...more });

test("a chat that is refused gives the text back, and is not asked for again", async () => {
  const { opening, told, asked, later } = made({ waiting: [{ body: "one" }, { body: "two" }] });
  opening.open("bonus");
  asked[0].reject(refused("at_capacity", { retry_ms: 40_000_000 }));
  await settled();
  // First kept, then forgotten: nothing is in between.
  assert.deepEqual(told, [["full", { topic: "bonus", text: "one\ntwo" }], ["forget", "new"]]);
  assert.deepEqual(later, []);
  opening.openWhatWaits();
  assert.equal(asked.length, 2, "what still waits is asked for anew, nothing else");
});

test("what is lost with its socket goes again as what it was", async () => {
  const { opening, told, asked } = made();
  opening.open("bonus", "message");
  asked[0].reject(refused("lost"));
  await settled();
  opening.openWhatWaits();
  assert.deepEqual(asked[1].frame, { t: "open", topic: "bonus", channel: "message" });
  asked[1].resolve({ conv: "c1" });
  await settled();
  assert.deepEqual(told, [["opened", "c1"]]);
});

test("after a reload the outbox says what was to be opened", () => {
  const message = made({ waiting: [{ body: "x", topic: "login", channel: "message" }] });
  message.opening.openWhatWaits();
  assert.deepEqual(message.asked[0].frame, { t: "open", topic: "login", channel: "message" });
  // Written by a page that knew no channels.
  const old = made({ waiting: [{ body: "x", topic: "login" }] });
  old.opening.openWhatWaits();
  assert.equal(old.asked[0].frame.channel, "chat");
  const nothing = made();
  nothing.opening.openWhatWaits();
  assert.deepEqual(nothing.asked, []);
});

test("without a live socket nothing is asked, and the wish is kept", () => {
  const { opening, delivery, asked } = made({ live: false });
  opening.open("bonus");
  assert.deepEqual(asked, []);
  delivery.wire.live = true;
  opening.openWhatWaits();
  assert.equal(asked.length, 1);
});

test("one is asked for at a time, and the last wish is not lost", async () => {
  const { opening, asked } = made();
  opening.open("bonus", "message");
  opening.open("stop_gambling");
  assert.equal(asked.length, 1);
  asked[0].resolve({ conv: "c1" });
  await settled();
  assert.deepEqual(asked[1].frame, { t: "open", topic: "stop_gambling", channel: "chat" });
});

test("a fault is tried again when the server says so; a block is not", async () => {
  const { opening, told, asked, later } = made();
  opening.open("bonus");
  asked[0].reject(refused("unavailable", { retry_ms: 700 }));
  await settled();
  assert.equal(later[0].ms, 700);
  later[0].act();
  assert.equal(asked.length, 2);
  asked[1].reject(refused("blocked"));
  await settled();
  assert.deepEqual(told, [["blocked"]]);
  assert.equal(later.length, 1);
});

test("who signs out opens nothing any more", async () => {
  const { opening, asked, later } = made();
  opening.open("bonus");
  asked[0].reject(refused("unavailable"));
  await settled();
  opening.forget();
  later[0].act();
  assert.equal(asked.length, 1);
});
