// Brings what is written to the server, exactly once and in order: the socket, the outbox, the tab that
// sends from it, and the life of the page. Widget and desk differ only in what their options say.
import { follow } from "./life.js";
import { laneOf, NEW, Outbox } from "./outbox.js";
import { Turn } from "./turn.js";
import { Wire } from "./wire.js";

const ANSWER_MS = 12_000;
const STUCK_MS = 15_000; // longer than an answer may take
const ASK_AGAIN_MS = 3_000;
const PAGE_LINES = 50;
const MOST_LINES = 100;
const NONE = Object.freeze([]);

function browser() {
  return {
    WebSocketImpl: WebSocket, now: () => Date.now(), random: Math.random, page: window,
    locks: navigator.locks ?? null, ownStorage: () => sessionStorage,
    timers: { set: (act, ms) => setTimeout(act, ms), clear: (id) => clearTimeout(id) },
  };
}

export class Delivery {
  #options;
  #env;
  #outbox = null;
  #turn = null;
  #alarms = new Map(); // cmid in flight → timer
  #pauses = new Map(); // lane → timer
  #stuck = null;
  #asking = new Map(); // conversation → the answer that is awaited
  #logs = new Map();
  #lists = new Map();
  version = 0;
  wire = null;

  // url, hello, have: as for the Wire. received(frame): every frame, acks and nacks excepted.
  // linked(link): the wire's state. changed(version): of the outbox. frameOf(entry): the command that
  // sends it. behind(conv, head): the server names a head beyond what we have.
  // env: what a browser gives (WebSocketImpl, now, random, locks, page, timers).
  constructor(options, env = browser()) {
    this.#options = options;
    this.#env = env;
    follow(env.page, {
      suspend: () => this.wire?.suspend(),
      wake: (spread, slept) => {
        if (slept) this.#reload();
        this.wire?.wake(spread);
      },
      probe: () => this.wire?.probe(),
    });
    env.page.addEventListener("storage", (event) => this.#heard(event));
  }

  // ---- the socket ----

  connect() {
    if (this.wire) return;
    this.wire = new Wire({
      ...this.#env,
      url: this.#options.url,
      hello: this.#options.hello,
      have: this.#options.have,
      onFrame: (frame) => this.#received(frame),
      onState: (link) => this.#linked(link),
    });
  }

  disconnect() {
    this.wire?.close();
    this.wire = null;
  }

  // Who has no live socket cannot send, so another tab may.
  #linked(link) {
    if (link.state !== "live") {
      this.#quiet();
      if (this.#outbox) {
        this.#outbox.lost();
        this.#turn.give();
        this.#touch();
      }
    }
    this.#options.linked(link);
  }

  #received(frame) {
    switch (frame.t) {
      case "ack": case "nack":
        this.#answered(frame);
        return;
      case "error":
        // Of a frame that could not be read at all there is no cmid in the answer.
        if (!frame.ref && (frame.code === "too_big" || frame.code === "bad_frame") && this.#alarms.size === 1) {
          this.#answered({ t: "nack", cmid: [...this.#alarms.keys()][0], code: frame.code, final: true });
        }
        break;
      default:
    }
    this.#options.received(frame);
    if (frame.t === "welcome") this.#turn?.take();
    if (frame.t === "ping") this.#compare(frame.heads ?? {});
  }

  // The last push of all leaves no hole to see, so the server names the heads.
  #compare(heads) {
    const have = this.#options.have();
    for (const [conv, head] of Object.entries(heads)) if (head > (have[conv] ?? Infinity)) this.#options.behind(conv, head);
  }

  // ---- what is missing ----

  // Asks for a page of the past, one at a time for each conversation. Resolves to null, or to the code of
  // the refusal, by then old enough to be asked again.
  ask(what) {
    const { conv } = what;
    if (!this.#asking.has(conv)) this.#asking.set(conv, this.#ask(what).finally(() => this.#asking.delete(conv)));
    return this.#asking.get(conv);
  }

  async #ask({ conv, limit = PAGE_LINES, ...more }) {
    try {
      await this.wire.request({ t: "history", conv, limit: Math.max(PAGE_LINES, Math.min(MOST_LINES, limit)), ...more });
      return null;
    } catch (error) {
      // What was lost with its socket is asked anew after the next welcome.
      if (error.code !== "lost") await new Promise((done) => this.#env.timers.set(done, ASK_AGAIN_MS));
      return error.code;
    }
  }

  // hole: {from, to}
  fill(conv, { from, to }) {
    return this.ask({ conv, before: to + 1, limit: to - from + 1 });
  }

  // ---- the outbox ----

  // name: whose it is. storage: what the tabs of this browser share, or null. What was written before
  // anybody was known goes along.
  open(name, storage) {
    if (this.#outbox?.name === name) return;
    const left = this.#outbox?.pending(NEW) ?? [];
    this.#part();
    this.#outbox = new Outbox(storage && this.#alone(storage), name, { now: this.#env.now });
    this.#turn = new Turn(this.#outbox.persistent ? this.#env.locks : null, `chatdesk ${name}`, (held) => this.#turned(held));
    for (const entry of left) this.#outbox.take(entry);
    if (this.wire?.live) this.#turn.take();
    this.#touch();
  }

  // Without locks the tabs cannot take turns, so each keeps its messages to itself.
  #alone(storage) {
    if (this.#env.locks) return storage;
    try {
      return this.#env.ownStorage();
    } catch {
      return null;
    }
  }

  // Forgets it and everything in it.
  shut() {
    this.#outbox?.clear();
    this.#logs.clear();
    this.#part();
    this.#touch();
  }

  #part() {
    this.#quiet();
    this.#turn?.give();
    this.#outbox = this.#turn = null;
  }

  get name() {
    return this.#outbox?.name ?? null;
  }

  // Whether this tab is the one that sends.
  get owner() {
    return this.#turn?.held ?? false;
  }

  add(conv, body, extra) {
    const entry = this.#outbox.add(conv, body, extra);
    this.#touch();
    this.#pump(laneOf(entry));
    return entry;
  }

  adopt(conv) {
    this.#outbox?.adopt(NEW, conv);
    this.#touch();
    this.#pump(conv);
  }

  retry(cmid, fields) {
    const entry = this.#outbox.retry(cmid, fields);
    this.#touch();
    if (entry) this.#pump(laneOf(entry));
  }

  // The text of a failed message, which is then nowhere else; null when it is too late.
  edit(cmid) {
    const body = this.#outbox.edit(cmid);
    this.#touch();
    return body;
  }

  remove(cmid) {
    this.#outbox.remove(cmid);
    this.#touch();
  }

  forget(conv) {
    this.#outbox?.forget(conv);
    this.#touch();
  }

  // After each change of a transcript (kit/transcript.js).
  arrived(log) {
    this.#logs.set(log.conv, log);
    if (this.#outbox?.settle(log)) this.#moved();
  }

  // Entries of a conversation in the order of writing; the same array until something changes.
  pending(conv) {
    if (!this.#lists.has(conv)) {
      const found = this.#outbox?.pending(conv) ?? NONE;
      this.#lists.set(conv, found.length ? found : NONE);
    }
    return this.#lists.get(conv);
  }

  count(conv, state) {
    return this.pending(conv).filter((entry) => entry.state === state).length;
  }

  // ---- sending ----

  #pump(lane) {
    if (lane === NEW || !this.wire?.live || !this.#outbox) return;
    const entry = this.#outbox.next(lane, this.owner);
    if (entry) {
      // A tab that did not know that its turn was over may have put it back.
      if (this.#alarms.has(entry.cmid)) return;
      this.wire.send(this.#options.frameOf(entry));
      // A live socket answers: what it leaves unanswered goes again on another, under the same cmid.
      this.#alarms.set(entry.cmid, this.#env.timers.set(() => this.wire?.lost(), ANSWER_MS));
      this.#touch();
    } else if (this.owner && this.#outbox.pauseMs(lane) > 0) {
      this.#env.timers.clear(this.#pauses.get(lane));
      this.#pauses.set(lane, this.#env.timers.set(() => this.#pump(lane), this.#outbox.pauseMs(lane) + 5));
    }
  }

  #pumpAll() {
    for (const lane of this.#outbox?.lanes ?? NONE) this.#pump(lane);
  }

  #answered(frame) {
    this.#env.timers.clear(this.#alarms.get(frame.cmid));
    this.#alarms.delete(frame.cmid);
    const entry = frame.t === "ack" ? this.#outbox?.acked(frame) : this.#outbox?.nacked(frame);
    if (!entry) return;
    this.#touch();
    this.#pump(laneOf(entry));
  }

  // Something is no longer in flight, by another tab's word or by its event.
  #moved() {
    for (const [cmid, timer] of this.#alarms) {
      if (["sending", "waiting"].includes(this.#outbox?.get(cmid)?.state)) continue;
      this.#env.timers.clear(timer);
      this.#alarms.delete(cmid);
    }
    this.#touch();
    this.#pumpAll();
  }

  #quiet() {
    const { timers } = this.#env;
    for (const timer of [...this.#alarms.values(), ...this.#pauses.values(), this.#stuck]) timers.clear(timer);
    this.#alarms.clear();
    this.#pauses.clear();
    this.#stuck = null;
  }

  #touch() {
    this.version += 1;
    this.#lists.clear();
    this.#watch();
    this.#options.changed(this.version);
  }

  // ---- the other tabs ----

  // What the last owner had in flight may or may not be committed: the same cmid settles it.
  #turned(held) {
    if (!held || !this.wire?.live) return;
    this.#outbox.load();
    this.#outbox.lost(true);
    this.#touch();
    this.#pumpAll();
  }

  #heard({ key, newValue, storageArea }) {
    const prefix = this.#outbox?.prefix;
    if (!prefix || (key !== null && !key.startsWith(prefix))) return;
    if (key === null) this.#outbox.load(true);
    else this.#outbox.heard(key.slice(prefix.length), newValue);
    // What was sent elsewhere may be in the transcript already.
    for (const log of this.#logs.values()) this.#outbox.settle(log);
    this.#moved();
  }

  #reload() {
    this.#outbox?.load(true);
    this.#moved();
  }

  // A browser cannot tell that the tab whose turn it is stands still; a message that does not move can.
  #watch() {
    if (this.#stuck !== null || this.owner || !this.wire?.live) return;
    const due = this.#outbox?.due() ?? null;
    if (due === null) return;
    this.#stuck = this.#env.timers.set(() => {
      this.#stuck = null;
      if (this.#outbox?.due() === due && this.wire?.live) this.#turn.take(true);
      else this.#watch();
    }, STUCK_MS * (1 + this.#env.random() / 2));
  }
}
