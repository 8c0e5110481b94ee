import assert from "node:assert/strict";
import test from "node:test";
import { banner, initial, isLeft, progress, reduce, screen, topicOf, unread } from "../../static/widget/state.js";

const BRAND = { name: "Aurora", topics: [] };
const conv = (over = {}) => ({
  t: "conv", conv: "c1", state: "queued", queue: { position: 1, eta_s: null }, agent: null, last_seq: 2,
  delivered: { player: 0, agent: 0 }, read: { player: 0, agent: 0 }, ...over,
});
const welcome = (over = {}) => ({
  t: "welcome", db: "d1", me: { id: "p1", name: "Guest", authenticated: false }, brand: BRAND, conv: null, limits: { body_chars: 4000 }, ...over,
});
const ev = (seq, over = {}) => ({ t: "ev", conv: "c1", seq, kind: "message", ts: seq, from: { role: "agent", alias: "Vera" }, body: `m${seq}`, ...over });
const live = { act: "link", state: "live" };
const after = (...frames) => frames.reduce((state, frame) => reduce(state, frame, 1000), initial());
const BEGUN = [live, welcome(), { act: "topic", topic: "bonus" }, { act: "opened", conv: "c1" },
  ev(1, { kind: "opened", from: { role: "player" }, data: { topic: "bonus" } }), conv()];

test("the journey: loading, welcome, talk, ended, welcome", () => {
  assert.equal(screen(after()), "loading");
  assert.equal(screen(after(live, welcome())), "welcome");
  assert.equal(screen(after(live, welcome(), { act: "topic", topic: "bonus" })), "talk");
  assert.equal(screen(after(...BEGUN)), "talk");
  const closed = [...BEGUN, ev(2, { kind: "closed", data: { by: "agent" } }), ev(3, { kind: "survey", data: { agent_alias: "Vera" } })];
  assert.equal(screen(after(...closed)), "ended");
  assert.deepEqual(after(...closed).end, { by: "agent", alias: "Vera" });
  assert.equal(screen(after(...closed, { act: "view", view: "transcript" })), "talk");
  assert.equal(screen(after(...closed, { act: "fresh" })), "welcome");
});

test("a chat that nobody answered has no person to ask about", () => {
  assert.deepEqual(after(...BEGUN, ev(2, { kind: "closed", data: { by: "player" } })).end, { by: "player", alias: null });
});

test("the way to stop gambling is open from every screen, also where there is no chat", () => {
  const view = { act: "view", view: "stop" };
  for (const frames of [[live, welcome()], BEGUN, [{ act: "refused", code: "blocked" }], [{ act: "link", state: "stopped", code: 4403 }]]) {
    assert.equal(screen(after(...frames, view)), "stop");
  }
});

test("a refusal and a close code that stops have their own screens", () => {
  assert.equal(screen(after({ act: "refused", code: "forbidden" })), "refused");
  assert.equal(screen(after(...BEGUN, { act: "link", state: "stopped", code: 4409 })), "stopped");
});

test("a welcome that is refused no more takes the refusal away", () => {
  assert.equal(screen(after({ act: "refused", code: "bad_token" }, live, welcome())), "welcome");
});

test("a reload finds the open conversation", () => {
  const state = after(live, welcome({ conv: conv({ state: "active", agent: { alias: "Vera" }, last_seq: 9, read: { player: 4, agent: 9 } }) }));
  assert.equal(screen(state), "talk");
  assert.equal(state.log.resuming, true);
  const full = reduce(state, { t: "history", conv: "c1", events: [ev(8), ev(9)], more: true });
  assert.equal(full.log.last, 9);
  assert.equal(full.log.more, true);
  assert.equal(unread(full), 2);
});

test("another player's welcome leaves nothing of the last one", () => {
  const state = after(...BEGUN, ev(2), welcome({ me: { id: "p2", name: "B", authenticated: true } }));
  assert.equal(state.log, null);
  assert.equal(screen(state), "welcome");
});

test("signing out leaves nothing but the brand", () => {
  const state = after(...BEGUN, ev(2), { act: "signed_out" });
  assert.deepEqual({ ...state, brand: null }, initial());
});

test("another incarnation of the database drops the old numbers", () => {
  const state = after(...BEGUN, ev(2), welcome({ db: "d2", conv: conv() }));
  assert.equal(state.log.last, 0);
  assert.equal(state.log.resuming, true);
});

test("a conversation that began in another tab is shown; one that ended there is not", () => {
  assert.equal(screen(after(live, welcome(), conv())), "talk");
  assert.equal(screen(after(live, welcome(), conv({ state: "closed" }))), "welcome");
});

test("a frame of another conversation changes nothing", () => {
  const state = after(...BEGUN, ev(2));
  assert.equal(reduce(state, conv({ conv: "c2" })), state);
  assert.equal(reduce(state, { ...ev(3), conv: "c2" }), state);
  assert.equal(reduce(state, { t: "nonsense" }), state);
});

test("a hole is named once, and filled lines are shown once", () => {
  const state = after(...BEGUN, ev(4));
  assert.deepEqual(state.gap, { from: 2, to: 3 });
  const full = reduce(state, { t: "history", conv: "c1", events: [ev(2), ev(3)], more: false });
  assert.deepEqual(full.log.events.map((event) => event.seq), [1, 2, 3, 4]);
  assert.equal(full.gap, null);
});

test("only what others wrote and nobody saw is unread", () => {
  const state = after(...BEGUN, ev(2), ev(3, { from: { role: "player" } }), ev(4));
  assert.equal(unread(state), 2);
  assert.equal(unread(reduce(state, { act: "seen", seq: 2 })), 1);
  assert.equal(unread(reduce(state, conv({ read: { player: 4, agent: 0 } }))), 0);
});

test("typing ends with the answer and with its time", () => {
  const typing = { t: "eph", conv: "c1", kind: "typing", role: "agent", alias: "Vera", on: true, ttl_ms: 6000 };
  const state = after(...BEGUN, typing);
  assert.equal(state.typing.alias, "Vera");
  assert.equal(reduce(state, ev(2)).typing, null);
  assert.equal(reduce(state, { act: "tick" }, 6999).typing.alias, "Vera");
  assert.equal(reduce(state, { act: "tick" }, 7000).typing, null);
});

test("marks only grow", () => {
  const mark = (seq) => ({ t: "eph", conv: "c1", kind: "read", role: "agent", seq });
  const state = after(...BEGUN, mark(5), mark(3));
  assert.equal(state.conv.read.agent, 5);
  assert.equal(progress(5, state.conv), "seen");
  assert.equal(progress(6, state.conv), "sent");
  assert.equal(progress(6, { ...state.conv, delivered: { player: 0, agent: 6 } }), "delivered");
});

test("a short loss shows no banner, a longer one does, and its age survives the tries", () => {
  let state = after(...BEGUN);
  state = reduce(state, { act: "link", state: "waiting", retryAt: 9 }, 10_000);
  state = reduce(state, { act: "link", state: "connecting" }, 11_000);
  assert.equal(banner(state, 11_400), false);
  assert.equal(banner(state, 11_500), true);
  assert.equal(banner(reduce(state, live, 11_600), 99_999), false);
});

test("the topic is known before and after the first line", () => {
  assert.equal(topicOf(after(live, welcome(), { act: "topic", topic: "stop_gambling" })), "stop_gambling");
  assert.equal(topicOf(after(...BEGUN)), "bonus");
});

const SERVICE = { open: true, opens_ts: null, closes_ts: null, available: true, spoken: true, eta_s: null, capped: false, hours: [] };
const SHUT = { ...SERVICE, open: false, available: false, spoken: false, capped: true };
const served = (service) => welcome({ brand: { ...BRAND, service } });

test("the service frame changes what is known of the brand, and nothing else", () => {
  const before = after(live, served(SERVICE));
  const state = reduce(before, { t: "service", ...SHUT });
  assert.deepEqual(state.brand, { ...BRAND, service: SHUT });
  assert.deepEqual({ ...state, brand: null }, { ...before, brand: null });
  assert.equal(reduce(initial(), { t: "service", ...SHUT }).brand, null);
});

test("where no chat is had a topic leads to a message; stopping never does", () => {
  assert.equal(screen(after(live, served(SHUT))), "welcome");
  assert.equal(screen(after(live, served(SHUT), { act: "topic", topic: "bonus" })), "leave");
  assert.equal(screen(after(live, served(SHUT), { act: "topic", topic: "stop_gambling" })), "talk");
  assert.equal(screen(after(live, served(SERVICE), { act: "topic", topic: "bonus" })), "talk");
  // It opens while he looks at the form.
  assert.equal(screen(after(live, served(SHUT), { act: "topic", topic: "bonus" }, { t: "service", ...SERVICE })), "talk");
  assert.equal(screen(after(live, served(SHUT), { act: "leave", topic: "bonus" }, { t: "service", ...SERVICE })), "leave");
});

test("it closes while he writes: the text is for a message then, but what was sent is not taken away", () => {
  const written = [live, served(SERVICE), { act: "topic", topic: "bonus" }];
  assert.equal(screen(after(...written, { t: "service", ...SHUT })), "leave");
  assert.equal(screen(after(...written, { act: "begun" }, { t: "service", ...SHUT })), "talk");
});

test("a refused chat becomes a message about the same", () => {
  const state = after(live, served(SERVICE), { act: "topic", topic: "bonus" }, { act: "begun" }, { act: "full", topic: "bonus" });
  assert.equal(screen(state), "leave");
  assert.equal(state.topic, "bonus");
  assert.equal(state.brand.service.available, false);
  assert.equal(screen(reduce(state, { act: "topic", topic: null })), "welcome");
});

const LEFT = [live, served(SHUT), { act: "leave", topic: "bonus" }, { act: "begun" }];

test("a left message is one from the moment it is written, after a reload, and until somebody answers", () => {
  assert.equal(isLeft(after(...LEFT.slice(0, 3))), false, "only the form so far");
  assert.equal(isLeft(after(...LEFT)), true);
  const opened = [...LEFT, { act: "opened", conv: "c1" }];
  assert.equal(isLeft(after(...opened)), true);
  assert.equal(isLeft(after(...opened, conv({ queue: null }))), true);
  assert.equal(screen(after(...opened, conv({ queue: null }))), "talk");
  assert.equal(isLeft(after(...opened, conv({ state: "active", queue: null, agent: { alias: "Vera" } }))), false);
  const reloaded = welcome({ conv: conv({ queue: null }) });
  assert.equal(isLeft(after(live, reloaded)), true);
  assert.equal(isLeft(after(...opened, conv({ queue: null }), ev(1, { kind: "closed", data: { by: "player" } }))), false);
});

test("a chat in the queue is no left message, also when the one that was there is a chat", () => {
  assert.equal(isLeft(after(...BEGUN)), false);
  assert.equal(isLeft(after(...LEFT, { act: "opened", conv: "c1" }, conv())), false);
  // Taken from the queue and not yet in anybody's hands.
  assert.equal(isLeft(after(...BEGUN, conv({ queue: null }))), false);
});

test("the next conversation begins as a chat", () => {
  const state = after(...LEFT, { act: "opened", conv: "c1" }, conv({ queue: null }), { act: "fresh" });
  assert.deepEqual([state.channel, state.begun, state.placed], ["chat", false, false]);
});
