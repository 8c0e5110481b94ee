// The delivery as widget and desk use it, one fact at a time; delivery_model.test.mjs has the rest.
import assert from "node:assert/strict";
import test from "node:test";
import { Delivery } from "../../static/kit/delivery.js";
import { NEW } from "../../static/kit/outbox.js";

const settle = async () => { for (let i = 0; i < 12; i++) await Promise.resolve(); };

function memory() {
  const map = new Map();
  return {
    get length() { return map.size; },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => { map.set(key, value); },
    removeItem: (key) => { map.delete(key); },
  };
}

async function setUp({ locks = null, storage = null, live = true, ...options } = {}) {
  const clock = { now: 1_700_000_000_000 };
  const jobs = [];
  const sockets = [];
  class Socket {
    sent = [];
    constructor() { sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.closed = true; }
    say(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
  }
  const page = Object.assign(new EventTarget(), { document: Object.assign(new EventTarget(), { visibilityState: "visible" }) });
  const delivery = new Delivery({
    url: "ws://x", hello: async () => ({ t: "hello" }), have: () => ({ c: 4 }), received: () => {}, linked: () => {}, changed: () => {},
    frameOf: ({ mode, conv, cmid, body, epoch }) => (mode === "note" ? { t: "note", conv, cmid, body } : { t: "send", conv, epoch, cmid, body }),
    behind: () => {}, ...options,
  }, {
    WebSocketImpl: Socket, now: () => clock.now, random: () => 0.5, page, locks, ownStorage: () => memory(),
    timers: { set: (act, ms) => jobs.push({ act, at: clock.now + ms }), clear: (id) => { if (id) jobs[id - 1] = null; } },
  });
  const pass = async (ms) => {
    clock.now += ms;
    for (let i = 0; i < jobs.length; i++) {
      const job = jobs[i];
      if (!job || job.at > clock.now) continue;
      jobs[i] = null;
      job.act();
      await settle();
    }
  };
  const sends = () => sockets.flatMap((socket) => socket.sent).filter((frame) => frame.t === "send" || frame.t === "note");
  const welcome = async () => {
    sockets.at(-1).onopen();
    sockets.at(-1).say({ t: "welcome", server_ts: clock.now });
    await settle();
  };
  delivery.open("box", storage);
  delivery.connect();
  await settle();
  if (live) await welcome();
  return { delivery, sockets, page, pass, sends, welcome, last: () => sockets.at(-1) };
}

test("what is written before there is a conversation is sent once it has a name", async () => {
  const { delivery, sends } = await setUp();
  delivery.add(NEW, "hello");
  assert.deepEqual(sends(), []);
  delivery.adopt("c1");
  assert.deepEqual(sends().map(({ conv, body }) => [conv, body]), [["c1", "hello"]]);
});

test("without a connection nothing is sent and nothing is lost", async () => {
  const { delivery, sends, welcome } = await setUp({ live: false });
  delivery.add("a", "later");
  assert.deepEqual([sends().length, delivery.count("a", "waiting")], [0, 1]);
  await welcome();
  assert.equal(sends()[0].body, "later");
});

test("what a live socket leaves unanswered goes again on another under the same cmid", async () => {
  const { delivery, sockets, sends, pass, welcome } = await setUp();
  delivery.add("a", "x", { epoch: 4 });
  await pass(12_001);
  assert.equal(sockets[0].closed, true);
  assert.deepEqual([delivery.count("a", "waiting"), delivery.count("a", "failed")], [1, 0]);
  await pass(3_000);
  await welcome();
  assert.equal(sends().length, 2);
  assert.deepEqual(sends()[1], sends()[0]);
});

test("a note is never sent as a reply, whatever happens to it", async () => {
  const { delivery, sends, last, pass, welcome } = await setUp();
  const { cmid } = delivery.add("a", "only staff", { mode: "note", epoch: 4 });
  last().say({ t: "nack", cmid, code: "blocked", final: true });
  assert.equal(delivery.count("a", "failed"), 1);
  delivery.retry(cmid, { epoch: 5 });
  last().onclose({ code: 1006 });
  await pass(3_000);
  await welcome();
  assert.equal(sends().length, 3);
  for (const frame of sends()) assert.deepEqual(Object.keys(frame), ["t", "conv", "cmid", "body"]);
});

test("a refusal for now is sent again after the time that it names", async () => {
  const { delivery, sends, last, pass } = await setUp();
  const { cmid } = delivery.add("a", "x");
  last().say({ t: "nack", cmid, code: "rate", final: false, retry_ms: 700 });
  await pass(600);
  assert.equal(sends().length, 1);
  await pass(200);
  assert.deepEqual(sends().map((frame) => frame.cmid), [cmid, cmid]);
});

test("a frame that the server cannot read fails the message instead of trying it for ever", async () => {
  const { delivery, last } = await setUp();
  delivery.add("a", "x");
  last().say({ t: "error", code: "too_big", message: "" });
  assert.equal(delivery.count("a", "failed"), 1);
});

test("a head beyond what we have is asked for", async () => {
  const behind = [];
  const { last } = await setUp({ behind: (conv, head) => behind.push([conv, head]) });
  last().say({ t: "ping", n: 1, heads: { c: 4, other: 9 } });
  last().say({ t: "ping", n: 2, heads: { c: 6 } });
  assert.deepEqual(behind, [["c", 6]]);
});

test("one question a conversation is open at a time, and a refused one is not asked again at once", async () => {
  const { delivery, last, pass } = await setUp();
  const asked = () => last().sent.filter((frame) => frame.t === "history");
  const answers = Promise.all([delivery.fill("c", { from: 3, to: 9 }), delivery.ask({ conv: "c" })]);
  assert.deepEqual(asked().map(({ before, limit }) => [before, limit]), [[10, 50]]);
  last().say({ t: "error", ref: asked()[0].ref, code: "unavailable", message: "" });
  await settle();
  delivery.ask({ conv: "c" });
  assert.equal(asked().length, 1);
  await pass(3_001);
  assert.deepEqual(await answers, ["unavailable", "unavailable"]);
});

test("a page that is put away lets go of its socket and its turn, and takes both again", async () => {
  const held = [];
  const locks = {
    request: (name, how, act) => {
      held.push(name);
      return Promise.resolve(act({})).then(() => held.pop());
    },
  };
  const { delivery, page, sockets, welcome } = await setUp({ locks, storage: memory() });
  assert.deepEqual([held, delivery.owner], [["chatdesk box"], true]);
  page.dispatchEvent(new Event("pagehide"));
  await settle();
  assert.deepEqual([held, delivery.owner, sockets[0].closed], [[], false, true]);
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await settle();
  await welcome();
  assert.deepEqual([sockets.length, delivery.owner], [2, true]);
});

test("without locks a tab keeps its messages to itself and sends them", async () => {
  const shared = memory();
  const { delivery, sends } = await setUp({ storage: shared });
  delivery.add("a", "x");
  assert.deepEqual([shared.length, sends().length, delivery.owner], [0, 1, true]);
});

test("locks that are refused are no locks", async () => {
  const locks = { request: () => Promise.reject(Object.assign(new Error("no"), { name: "SecurityError" })) };
  const { delivery, sends } = await setUp({ locks, storage: memory() });
  delivery.add("a", "x");
  assert.equal(sends().length, 1);
});

test("the list of a conversation is the same one until something changes", async () => {
  const { delivery } = await setUp();
  assert.equal(delivery.pending("a"), delivery.pending("b"));
  delivery.add("a", "x");
  const list = delivery.pending("a");
  assert.equal(delivery.pending("a"), list);
});
