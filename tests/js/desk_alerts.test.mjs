import assert from "node:assert/strict";
import test from "node:test";
import { longestWaiting, soundFor, stillRinging, unreadTotal } from "../../static/desk/alerts.js";

const chat = (conv, more = {}) => ({ conv, unread: 0, waiting_since_ts: null, ...more });
const desk = (chats = {}, more = {}) => ({ ready: true, chats, offers: {}, focus: null, expect: null, ...more });

test("an offer, an assigned chat and the first unread line are heard; the second line is not", () => {
  assert.equal(soundFor(desk(), desk({}, { offers: { o: {} } }), true), "offer");
  assert.equal(soundFor(desk(), desk({ a: chat("a") }), true), "chat");
  assert.equal(soundFor(desk({}, { expect: "a" }), desk({ a: chat("a") }), true), null);
  const [none, one, two] = [0, 1, 2].map((unread) => desk({ a: chat("a", { unread }) }));
  assert.equal(soundFor(none, one, true), "message");
  assert.equal(soundFor(one, two, true), null);
});

test("what is written in the chat under the agent's eyes makes no sound", () => {
  const [before, after] = [0, 1].map((unread) => desk({ a: chat("a", { unread }) }, { focus: "a" }));
  assert.equal(soundFor(before, after, true), null);
  assert.equal(soundFor(before, after, false), "message");
});

test("it rings on for an offer, and for a waiting player when nobody looks", () => {
  assert.equal(stillRinging(desk({}, { offers: { o: {} } }), true), true);
  const waiting = desk({ a: chat("a", { unread: 1, waiting_since_ts: 5 }) });
  assert.equal(stillRinging(waiting, false), true);
  assert.equal(stillRinging(waiting, true), false);
});

test("the title counts unread lines and offers", () => {
  assert.equal(unreadTotal(desk({ a: chat("a", { unread: 2 }), b: chat("b", { unread: 1 }) }, { offers: { o: {} } })), 4);
});

test("the player who waits longest is chosen, another than the one in focus if there is one", () => {
  const chats = { a: chat("a", { waiting_since_ts: 10 }), b: chat("b", { waiting_since_ts: 20 }), c: chat("c") };
  assert.equal(longestWaiting(desk(chats)), "a");
  assert.equal(longestWaiting(desk(chats, { focus: "a" })), "b");
  assert.equal(longestWaiting(desk({ a: chats.a }, { focus: "a" })), "a");
  assert.equal(longestWaiting(desk({ c: chats.c })), null);
});
