import assert from "node:assert/strict";
import test from "node:test";
import { backoff, verdict, Wire } from "../../static/kit/wire.js";

class Clock {
  now = 0;
  #jobs = new Map();
  #id = 0;
  timers = {
    set: (job, ms) => { this.#jobs.set(++this.#id, { at: this.now + ms, job }); return this.#id; },
    clear: (id) => { this.#jobs.delete(id); },
  };
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const [id, next] = [...this.#jobs].filter(([, one]) => one.at <= end).sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (id === undefined) break;
      this.#jobs.delete(id);
      this.now = Math.max(this.now, next.at);
      next.job();
      await settle();
    }
    this.now = end;
  }
}

const settle = async () => { for (let i = 0; i < 5; i++) await Promise.resolve(); };

function setUp(options = {}) {
  const clock = new Clock();
  const sockets = [];
  const states = [];
  const frames = [];
  const hellos = [];
  class Socket {
    sent = [];
    closed = null;
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      sockets.push(this);
    }
    send(text) { this.sent.push(JSON.parse(text)); }
    close(code) { this.closed = code; }
    open() { this.onopen?.(); }
    say(frame) { this.onmessage?.({ data: JSON.stringify(frame) }); }
    end(code) { this.onclose?.({ code }); }
    welcome(ts = clock.now) { this.open(); this.say({ t: "welcome", v: 1, server_ts: ts }); }
  }
  const wire = new Wire({
    url: "ws://x/ws/player",
    hello: async ({ renew }) => { hellos.push(renew); return { t: "hello", v: 1, session: "s" }; },
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    have: () => ({ c: 7 }),
    random: () => 1,
    now: () => clock.now,
    timers: clock.timers,
    WebSocketImpl: Socket,
    ...options,
  });
  return { clock, sockets, states, frames, hellos, wire, last: () => sockets.at(-1) };
}

test("hello is the first frame, on the subprotocol chat.v1", async () => {
  const { sockets, wire } = setUp();
  await settle();
  assert.equal(sockets[0].protocol, "chat.v1");
  assert.equal(wire.send({ t: "read" }), false);
  sockets[0].welcome();
  assert.deepEqual(sockets[0].sent, [{ t: "hello", v: 1, session: "s" }]);
  assert.equal(wire.send({ t: "read" }), true);
});

test("a ping is answered with what was applied", async () => {
  const { last } = setUp();
  await settle();
  last().welcome();
  last().say({ t: "ping", n: 4, heads: { c: 9 } });
  assert.deepEqual(last().sent.at(-1), { t: "pong", n: 4, have: { c: 7 } });
});

test("full jitter: within 3 s first, doubling to 30 s", () => {
  assert.equal(backoff(0, () => 1), 3_000);
  assert.equal(backoff(0, () => 0), 0);
  assert.deepEqual([1, 2, 3, 4, 40].map((tries) => backoff(tries, () => 1)), [6_000, 12_000, 24_000, 30_000, 30_000]);
});

test("the close codes of the contract", () => {
  for (const code of [1000, 1001, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4003, 4004, 4005]) assert.equal(verdict(code), "retry", code);
  for (const code of [4403, 4404, 4409, 4410, 4413]) assert.equal(verdict(code), "stop", code);
  assert.equal(verdict(4401), "renew");
});

test("retry codes reconnect after the backoff, and a welcome starts it over", async () => {
  const { clock, sockets, states, last } = setUp();
  await settle();
  last().end(1006);
  assert.equal(states.at(-1).retryAt, 3_000);
  await clock.pass(3_000);
  assert.equal(sockets.length, 2);
  last().end(1006);
  assert.equal(states.at(-1).retryAt, 9_000);
  await clock.pass(6_000);
  last().welcome();
  last().end(4000);
  assert.equal(states.at(-1).retryAt, 12_000);
});

test("4401 renews once and then stops", async () => {
  const { states, hellos, last } = setUp();
  await settle();
  last().end(4401);
  await settle();
  assert.deepEqual(hellos, [false, true]);
  last().end(4401);
  await settle();
  assert.deepEqual(states.at(-1), { state: "stopped", code: 4401 });
});

test("terminal codes stop for good", async () => {
  for (const code of [4403, 4404, 4409, 4410, 4413]) {
    const { clock, sockets, states, wire, last } = setUp();
    await settle();
    last().end(code);
    wire.tryNow();
    await clock.pass(120_000);
    assert.equal(sockets.length, 1);
    assert.deepEqual(states.at(-1), { state: "stopped", code });
  }
});

test("4004 and 4005 wait at least as long as the server asked", async () => {
  const { states, last } = setUp();
  await settle();
  last().welcome();
  last().say({ t: "error", code: "rate", message: "", retry_ms: 20_000 });
  last().end(4005);
  assert.equal(states.at(-1).retryAt, 20_000);
});

test("how long a casino stays closed does not put off a new connection", async () => {
  const { states, last } = setUp();
  await settle();
  last().welcome();
  last().say({ t: "error", ref: "r1", code: "at_capacity", message: "", retry_ms: 40_000_000 });
  last().end(4004);
  assert.ok(states.at(-1).retryAt < 60_000);
});

test("35 s of silence is a lost connection", async () => {
  const { clock, sockets, last } = setUp();
  await settle();
  last().welcome();
  await clock.pass(20_000);
  last().say({ t: "ping", n: 1, heads: {} });
  await clock.pass(34_000);
  assert.equal(sockets[0].closed, null);
  await clock.pass(2_000);
  assert.equal(sockets[0].closed, 1000);
  await clock.pass(3_000);
  assert.equal(sockets.length, 2);
});

test("drain moves to a new socket at the time given", async () => {
  const { clock, sockets, last } = setUp();
  await settle();
  last().welcome();
  last().say({ t: "drain", in_ms: 400 });
  await clock.pass(399);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0].closed, 1000);
});

test("tryNow shortens the wait; a second one does not open a second socket", async () => {
  const { sockets, wire, last } = setUp();
  await settle();
  last().end(1006);
  wire.tryNow();
  await settle();
  wire.tryNow();
  await settle();
  assert.equal(sockets.length, 2);
});

test("request answers by ref, refuses with the code, and fails when the socket goes", async () => {
  const { wire, last } = setUp();
  await settle();
  await assert.rejects(wire.request({ t: "open" }), { code: "lost" });
  last().welcome();
  const fine = wire.request({ t: "open" });
  last().say({ t: "ok", ref: last().sent.at(-1).ref, conv: "c" });
  assert.equal((await fine).conv, "c");
  const refused = wire.request({ t: "open" });
  last().say({ t: "error", ref: last().sent.at(-1).ref, code: "blocked", message: "no" });
  await assert.rejects(refused, { code: "blocked", message: "no" });
  const lost = wire.request({ t: "open" });
  last().end(1006);
  await assert.rejects(lost, { code: "lost" });
});

test("the server's clock: from welcome, then never behind a stamp", async () => {
  const { clock, wire, last } = setUp();
  await settle();
  last().welcome(50_000);
  assert.equal(wire.serverNow(), 50_000);
  clock.now = 1_000;
  last().say({ t: "ev", seq: 1, ts: 51_500 });
  assert.equal(wire.serverNow(), 51_500);
  last().say({ t: "ev", seq: 2, ts: 10 });
  assert.equal(wire.serverNow(), 51_500);
});

test("what an old socket still says is ignored", async () => {
  const { clock, sockets, frames, last } = setUp();
  await settle();
  last().welcome();
  last().say({ t: "drain", in_ms: 0 });
  await clock.pass(1);
  frames.length = 0;
  sockets[0].say({ t: "ev", seq: 1 });
  sockets[0].end(4401);
  assert.deepEqual(frames, []);
  assert.equal(sockets.length, 2);
});

test("a hello that fails is tried again; one with a close code stops", async () => {
  const broken = setUp({ hello: async () => { throw new Error("offline"); } });
  await settle();
  assert.equal(broken.states.at(-1).state, "waiting");
  const refused = setUp({ hello: async () => { throw Object.assign(new Error("no"), { code: 4403 }); } });
  await settle();
  assert.deepEqual(refused.states.at(-1), { state: "stopped", code: 4403 });
});

test("after a sleep the clock and not the timer says how long it was silent", async () => {
  const { clock, sockets, last } = setUp();
  await settle();
  last().welcome();
  clock.now += 60_000;
  await clock.pass(5_000);
  assert.equal(sockets[0].closed, 1000);
});

test("a page that is seen again asks at once whether the other end is there", async () => {
  const { clock, sockets, wire, last } = setUp();
  await settle();
  last().welcome();
  await clock.pass(2_000);
  wire.wake();
  assert.equal(last().sent.at(-1).t, "probe");
  await clock.pass(1_000);
  last().say({ t: "error", ref: "probe", code: "unknown_type", message: "" });
  await clock.pass(20_000);
  assert.equal(sockets.length, 1);
  wire.wake();
  await clock.pass(5_001);
  assert.equal(sockets[0].closed, 1000);
});

test("a network that is back is tried within a second, but never sooner than the server asked", async () => {
  const { clock, sockets, wire, last } = setUp();
  await settle();
  last().end(1006);
  wire.wake(1_000);
  await clock.pass(1_000);
  assert.equal(sockets.length, 2);
  last().welcome();
  last().say({ t: "error", code: "unavailable", message: "", retry_ms: 8_000 });
  last().end(4004);
  wire.wake();
  wire.tryNow();
  await clock.pass(7_900);
  assert.equal(sockets.length, 2);
  await clock.pass(200);
  assert.equal(sockets.length, 3);
});

test("what is put away has no socket until it is back", async () => {
  const { clock, sockets, wire, last } = setUp();
  await settle();
  last().welcome();
  wire.suspend();
  assert.equal(sockets[0].closed, 1000);
  await clock.pass(600_000);
  assert.equal(sockets.length, 1);
  wire.wake();
  await settle();
  assert.equal(sockets.length, 2);
});

test("a hello that takes for ever is given up", async () => {
  const { clock, states } = setUp({ hello: () => new Promise(() => {}) });
  await clock.pass(15_000);
  assert.equal(states.at(-1).state, "waiting");
});

test("a try that began without a network does not hold up the next", async () => {
  const { clock, sockets, wire } = setUp();
  await settle();
  await clock.pass(6_000);
  wire.wake();
  await settle();
  assert.equal(sockets.length, 2);
});
