// A browser and a server in memory, for tests of the delivery: virtual time, tabs that share a storage and
// locks, sockets that are cut, stall, lose and swap pushes, and a server that keeps the promises of chat.v1.
import { Delivery } from "../../static/kit/delivery.js";
import { apply, empty, lines, resuming } from "../../static/kit/transcript.js";

// A small generator with a seed, so that a failing run can be repeated by its number.
export function seeded(seed) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NEWS_MS = 100;

export class Broken extends Error {}

const settle = async () => { for (let i = 0; i < 12; i++) await Promise.resolve(); };

class Time {
  now = 1_700_000_000_000;
  #jobs = [];
  #id = 0;

  // tab: whose job it is; what belongs to a tab that stands still waits for it.
  after(ms, tab, act) {
    const job = { id: ++this.#id, at: this.now + Math.max(0, ms), tab, act };
    this.#jobs.push(job);
    return job.id;
  }

  cancel(id) {
    this.#jobs = this.#jobs.filter((job) => job.id !== id);
  }

  async pass(ms, checked) {
    const end = this.now + ms;
    for (;;) {
      let next = null;
      for (const job of this.#jobs) if (job.at <= end && !job.tab?.still && (!next || job.at < next.at || (job.at === next.at && job.id < next.id))) next = job;
      if (!next) break;
      this.#jobs.splice(this.#jobs.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      if (next.tab?.gone) continue;
      next.act();
      await settle();
      checked();
    }
    this.now = end;
  }
}

// Web Locks: one holder a name, a queue, stealing; what belongs to a tab ends with it.
class Locks {
  #world;
  #held = new Map();
  #queue = [];

  constructor(world) {
    this.#world = world;
  }

  of(tab) {
    return { request: (name, how, act) => this.#request(tab, name, how, act) };
  }

  #request(tab, name, how, act) {
    return new Promise((done, fail) => {
      const one = { tab, name, act, done, fail };
      how.signal?.addEventListener("abort", () => {
        if (!this.#queue.includes(one)) return;
        this.#queue.splice(this.#queue.indexOf(one), 1);
        fail(Object.assign(new Error("aborted"), { name: "AbortError" }));
      });
      if (how.steal) {
        const old = this.#held.get(name);
        this.#held.delete(name);
        if (old) this.#world.time.after(1, old.tab, () => old.fail(Object.assign(new Error("stolen"), { name: "AbortError" })));
        this.#queue.unshift(one);
      } else {
        this.#queue.push(one);
      }
      this.#grant();
    });
  }

  #grant() {
    for (const one of [...this.#queue]) {
      if (this.#held.has(one.name)) continue;
      this.#queue.splice(this.#queue.indexOf(one), 1);
      this.#held.set(one.name, one);
      this.#world.time.after(1, one.tab, async () => {
        const result = await one.act({});
        if (this.#held.get(one.name) === one) this.#held.delete(one.name);
        one.done(result);
        this.#grant();
      });
    }
  }

  left(tab) {
    this.#queue = this.#queue.filter((one) => one.tab !== tab);
    for (const [name, one] of this.#held) if (one.tab === tab) this.#held.delete(name);
    this.#grant();
  }
}

// localStorage of one browser: all tabs see a write at once and hear of it a little later.
class Storage {
  map = new Map();
  full = false;
  #world;

  constructor(world) {
    this.#world = world;
  }

  of(tab) {
    const storage = {
      key: (i) => [...this.map.keys()][i] ?? null,
      getItem: (key) => this.map.get(key) ?? null,
      setItem: (key, value) => {
        if (this.full) throw new Error("full");
        this.#tell(tab, storage, key, value);
        this.map.set(key, value);
      },
      removeItem: (key) => {
        if (this.map.delete(key)) this.#tell(tab, storage, key, null);
      },
    };
    Object.defineProperty(storage, "length", { get: () => this.map.size });
    return storage;
  }

  #tell(from, storage, key, newValue) {
    for (const tab of this.#world.tabs) {
      if (tab === from) continue;
      // One writer is heard in order.
      tab.heardAt = Math.max(tab.heardAt, this.#world.time.now + this.#world.random() * 20);
      this.#world.time.after(tab.heardAt - this.#world.time.now, tab, () => {
        tab.window.dispatchEvent(Object.assign(new Event("storage"), { key, newValue, storageArea: storage }));
      });
    }
  }
}

// One connection; both directions are in order. It can stall (half-open) or be cut.
class Pipe {
  open = true;
  stalled = false;
  live = false;
  #at = { up: 0, down: 0 };

  constructor(world, socket) {
    Object.assign(this, { world, socket, tab: socket.tab });
    world.pipes.add(this);
    this.#later("up", () => this.#later("down", () => socket.onopen?.()));
    this.#pinging();
  }

  #later(way, act) {
    const { time, random } = this.world;
    this.#at[way] = Math.max(this.#at[way], time.now + 1 + random() * (random() < 0.1 ? 400 : 30));
    time.after(this.#at[way] - time.now, way === "down" ? this.tab : null, () => this.open && !this.stalled && act());
  }

  up(frame) {
    if (this.open) this.#later("up", () => this.world.server.receive(this, frame));
  }

  down(frame) {
    if (!this.open) return;
    this.#later("down", () => {
      if (this.socket.pipe !== this) return;
      if (frame.t === "ack" || frame.t === "nack") this.world.answered(this.socket, frame.cmid);
      this.socket.onmessage?.({ data: JSON.stringify(frame) });
    });
  }

  // The client closes: what it sent before may still arrive.
  left() {
    this.world.time.after(50 + this.world.random() * 500, null, () => this.#end());
  }

  // The server ends it, in an orderly way or by dying.
  cut(code, told = true) {
    if (!this.open) return;
    this.#end();
    const { socket, world, tab, stalled } = this;
    if (told && !stalled) world.time.after(5, tab, () => socket.pipe === this && socket.ended(code));
  }

  #end() {
    this.open = false;
    this.world.pipes.delete(this);
  }

  #pinging() {
    this.world.time.after(10_000 + this.world.random() * 10_000, null, () => {
      if (!this.open) return;
      if (this.live) this.down({ t: "ping", n: 1, heads: this.world.server.heads() });
      this.#pinging();
    });
  }
}

function socketClass(world, tab) {
  return class Socket {
    tab = tab;
    constructor() {
      this.pipe = world.reachable ? new Pipe(world, this) : null;
      if (!this.pipe) world.time.after(20, tab, () => this.ended(1006));
      tab.sockets.add(this);
    }
    send(text) {
      const frame = JSON.parse(text);
      if (frame.t === "send") world.sending(this, frame);
      this.pipe?.up(frame);
    }
    close() {
      tab.sockets.delete(this);
      this.pipe?.left();
      this.pipe = null;
    }
    ended(code) {
      tab.sockets.delete(this);
      this.pipe = null;
      this.onclose?.({ code });
    }
  };
}

export class Server {
  convs = new Map();
  strict = true;
  slowMs = 0;

  constructor(world) {
    this.world = world;
  }

  events(conv) {
    if (!this.convs.has(conv)) this.convs.set(conv, []);
    return this.convs.get(conv);
  }

  heads() {
    return Object.fromEntries([...this.convs].map(([conv, events]) => [conv, events.length]));
  }

  receive(pipe, frame) {
    const { time, random } = this.world;
    // A dying server takes what it has not committed with it.
    time.after(random() * 20 + random() * this.slowMs, null, () => pipe.open && this.#carryOut(pipe, frame));
  }

  #carryOut(pipe, frame) {
    const { random, calm } = this.world;
    switch (frame.t) {
      case "hello": {
        pipe.down({ t: "welcome", v: 1, db: "d", server_ts: this.world.time.now, me: {} });
        pipe.live = true;
        for (const [conv, seq] of Object.entries(frame.resume)) {
          const missed = this.events(conv).slice(seq);
          const snapshot = missed.length > 20;
          for (const event of snapshot ? missed.slice(-10) : missed) pipe.down(event);
          pipe.down({ t: "resumed", conv, from: snapshot ? this.events(conv).length - 9 : seq + 1, to: this.events(conv).length, mode: snapshot ? "snapshot" : "delta", more: snapshot });
        }
        break;
      }
      case "send": {
        const known = this.events(frame.conv).find((event) => event.cmid === frame.cmid);
        if (known && this.strict) {
          pipe.down({ t: "ack", cmid: frame.cmid, conv: frame.conv, seq: known.seq, ts: known.ts, dup: true });
        } else if (!calm && random() < 0.06) {
          const final = random() < 0.4;
          if (final) this.world.refused.add(frame.body);
          pipe.down({ t: "nack", cmid: frame.cmid, code: final ? "blocked" : "rate", final, retry_ms: 200 + random() * 3000 });
        } else {
          const seq = this.post(frame.conv, frame.body, frame.cmid);
          if (calm || random() < 0.9) pipe.down({ t: "ack", cmid: frame.cmid, conv: frame.conv, seq, ts: this.world.time.now, dup: false });
        }
        break;
      }
      case "history": {
        const all = this.events(frame.conv).filter((event) => event.seq < (frame.before ?? Infinity));
        if (!calm && random() < 0.1) pipe.down({ t: "error", ref: frame.ref, code: "unavailable", retry_ms: 500 });
        else pipe.down({ t: "history", ref: frame.ref, conv: frame.conv, events: all.slice(-frame.limit), more: all.length > frame.limit });
        break;
      }
      case "probe":
        pipe.down({ t: "error", ref: frame.ref, code: "unknown_type" });
        break;
      default:
    }
  }

  post(conv, body, cmid) {
    const events = this.events(conv);
    const event = { t: "ev", conv, seq: events.length + 1, kind: "message", ts: this.world.time.now, from: { role: cmid ? "player" : "agent" }, body, cmid };
    events.push(event);
    for (const pipe of this.world.pipes) if (pipe.live) this.#push(pipe, event);
    return event.seq;
  }

  #push(pipe, event) {
    const { random, calm, time } = this.world;
    const dice = calm ? 1 : random();
    if (dice < 0.06) return;
    if (dice < 0.12) pipe.down(event);
    if (dice < 0.2) time.after(random() * 3000, null, () => pipe.down(event));
    else pipe.down(event);
  }
}

// One page of ours: the delivery, and the transcripts as the pages keep them.
export class Tab {
  logs = {};
  sockets = new Set();
  heardAt = 0;
  thawed = 0;
  still = false; // gets no time at all
  hidden = false; // put into the back/forward cache
  gone = false;
  own = new Set(); // written here since it last slept: their bubbles must be here

  constructor(world, writer) {
    Object.assign(this, { world, writer });
    this.window = new EventTarget();
    this.window.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    this.storage = world.storage.of(this);
    const { time } = world;
    const { locks, storage, frameOf } = world.kind;
    this.delivery = new Delivery({
      url: "ws://model", frameOf,
      hello: async () => {
        const resume = {};
        for (const conv of world.convs) {
          this.logs[conv] = resuming(this.logs[conv] ?? empty(conv));
          resume[conv] = this.logs[conv].last;
        }
        return { t: "hello", v: 1, resume };
      },
      have: () => Object.fromEntries(Object.values(this.logs).map((log) => [log.conv, log.last])),
      received: (frame) => this.#received(frame),
      linked: () => {}, changed: () => {},
      behind: (conv, head) => this.#fill(conv, { from: this.logs[conv].last + 1, to: head }),
    }, {
      WebSocketImpl: socketClass(world, this), now: () => time.now, random: world.random, page: this.window,
      timers: { set: (act, ms) => time.after(ms, this, act), clear: (id) => time.cancel(id) },
      locks: locks(world, this), ownStorage: () => null,
    });
    this.delivery.open("box", storage(this));
    this.delivery.connect();
  }

  #received(frame) {
    const log = this.logs[frame.conv];
    if (!log) return;
    const { state, gap } = apply(log, frame);
    this.world.hold(state.events.every((event, i) => i === 0 || event.seq === state.events[i - 1].seq + 1), "a transcript does not rise by one");
    this.logs[frame.conv] = state;
    this.delivery.arrived(state);
    if (gap) this.#fill(frame.conv, gap);
  }

  // As the pages do: asked until it is whole.
  async #fill(conv, hole) {
    if (this.logs[conv].resuming) return;
    await this.delivery.fill(conv, hole);
    const { gap } = apply(this.logs[conv], { t: "ev", seq: 0 });
    if (gap && gap.from !== hole.from && this.delivery.wire?.live) this.#fill(conv, gap);
  }

  shown(conv) {
    return lines(this.logs[conv] ?? empty(conv), this.delivery.pending(conv)).map(({ event, entry }) => (event ?? entry).body);
  }

  event(target, name, fields = {}) {
    target.dispatchEvent(Object.assign(new Event(name), fields));
  }
}

export const KINDS = {
  // Web Locks and a storage that all tabs share.
  shared: { locks: (world, tab) => world.locks.of(tab), storage: (tab) => tab.storage, frameOf: plain, shared: true },
  // As before, but the storage is full now and then: what it does not take, its tab sends by itself.
  filling: { locks: (world, tab) => world.locks.of(tab), storage: (tab) => tab.storage, frameOf: plain, shared: false, fills: true },
  // No locks: every tab keeps and sends its own.
  apart: { locks: () => null, storage: (tab) => tab.storage, frameOf: plain, shared: false },
  // The storage throws at the first touch.
  blocked: { locks: (world, tab) => world.locks.of(tab), storage: () => throwing, frameOf: plain, shared: false },
};

const throwing = new Proxy({}, { get() { throw new Error("blocked"); }, set() { throw new Error("blocked"); } });

export function plain({ conv, cmid, body }) {
  return { t: "send", conv, cmid, body };
}

export class World {
  convs = ["c1", "c2"];
  tabs = [];
  pipes = new Set();
  reachable = true;
  calm = false;
  broken = null;
  written = []; // {body, conv, writer, deleted}
  refused = new Set(); // bodies that a person had to decide about: their place is where he puts them
  #outstanding = []; // {socket, conv, cmid}

  constructor(seed, kind) {
    this.kind = kind;
    this.random = seeded(seed);
    this.time = new Time();
    this.storage = new Storage(this);
    this.locks = new Locks(this);
    this.server = new Server(this);
  }

  // One message of a conversation is in flight at a time, over all tabs that share an outbox. What is
  // committed, or was in flight when its tab came to a standstill or lost its turn, does not count; nor what
  // a tab does that has not heard yet that its turn was taken from it, nor where the storage cannot tell it.
  sending(socket, { conv, cmid }) {
    if (this.time.now - socket.tab.thawed < NEWS_MS || this.kind.fills) return;
    const committed = (one) => this.server.events(conv).some((event) => event.cmid === one.cmid);
    this.#outstanding = this.#outstanding.filter((one) => one.socket.tab.sockets.has(one.socket));
    const counts = ({ socket: { tab } }) => tab === socket.tab || (this.kind.shared && tab.delivery.owner);
    const others = this.#outstanding.filter((one) => one.conv === conv && counts(one) && !committed(one));
    this.hold(socket.tab.delivery.owner, "sent out of turn");
    this.hold(others.length === 0, `two in flight in ${conv}`);
    this.#outstanding.push({ socket, conv, cmid });
  }

  answered(socket, cmid) {
    this.#outstanding = this.#outstanding.filter((one) => one.socket !== socket || one.cmid !== cmid);
  }

  stands(tab) {
    this.#outstanding = this.#outstanding.filter((one) => one.socket.tab !== tab);
  }

  // What holds at every instant in every page that somebody could look at.
  check() {
    for (const tab of this.tabs) {
      if (tab.still || tab.hidden) continue;
      for (const conv of this.convs) {
        const shown = tab.shown(conv);
        this.hold(new Set(shown).size === shown.length, `a bubble twice in ${conv}`);
        for (const { body, conv: where } of tab.own) if (where === conv) this.hold(shown.includes(body) || this.#above(tab, conv, body), `no bubble of ${body}`);
      }
    }
  }

  // Before the first line that the page has loaded.
  #above(tab, conv, body) {
    const event = this.server.events(conv).find((one) => one.body === body);
    if (event && this.kind.fills) return true; // that it was sent could not be told
    return event && event.seq < (tab.logs[conv]?.events[0]?.seq ?? 0);
  }

  // Also for what happens where an error would be swallowed; it surfaces with the next look.
  hold(fact, words) {
    if (!fact) this.broken ??= words;
  }

  async pass(ms) {
    await this.time.pass(ms, () => this.look());
    this.look();
  }

  look() {
    this.check();
    if (this.broken) throw new Broken(this.broken);
  }
}
