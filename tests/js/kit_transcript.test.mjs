import assert from "node:assert/strict";
import test from "node:test";
import { Outbox } from "../../static/kit/outbox.js";
import { apply, empty, lines, resuming } from "../../static/kit/transcript.js";

const CONV = "c1";
const RUNS = 300;

// A small generator with a seed, so that a failing run can be repeated by its number.
function seeded(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

class FakeStorage {
  #map = new Map();
  get length() {
    return this.#map.size;
  }
  key(i) {
    return [...this.#map.keys()][i] ?? null;
  }
  getItem(key) {
    return this.#map.get(key) ?? null;
  }
  setItem(key, value) {
    this.#map.set(key, String(value));
  }
  removeItem(key) {
    this.#map.delete(key);
  }
}

// The server as promised on the wire: one sequence, dedupe by (author, cmid) for ever.
class ModelServer {
  events = [];
  wiped = new Set();
  post(author, cmid, body) {
    const known = this.events.find((event) => event.author === author && event.cmid === cmid);
    if (known) return { t: "ack", cmid, conv: CONV, seq: known.seq, ts: known.ts, dup: true };
    const seq = this.events.length + 1;
    this.events.push({ author, seq, kind: "message", cmid, body, ts: 1000 + seq });
    return { t: "ack", cmid, conv: CONV, seq, ts: 1000 + seq, dup: false };
  }
  redact(seq) {
    this.wiped.add(seq);
    this.events.push({ author: "system", seq: this.events.length + 1, kind: "redacted", data: { seq }, ts: 1001 + this.events.length });
  }
  strange() {
    this.events.push({ author: "system", seq: this.events.length + 1, kind: "from_the_future", ts: 1001 + this.events.length });
  }
  frame(event, reader) {
    const { author, seq, kind, ts, cmid, data } = event;
    const body = kind === "message" ? (this.wiped.has(seq) ? "" : event.body) : undefined;
    return { t: "ev", conv: CONV, seq, kind, ts, from: { role: author }, body, data, cmid: author === reader ? cmid : undefined };
  }
  history(before, limit, reader) {
    const all = this.events.filter((event) => event.seq < before);
    const events = all.slice(-limit).map((event) => this.frame(event, reader));
    return { t: "history", conv: CONV, events, more: all.length > limit };
  }
  resume(from, reader) {
    const missed = this.events.filter((event) => event.seq > from);
    const few = missed.length <= 20;
    const sent = few ? missed : this.events.slice(-10);
    const frames = sent.map((event) => this.frame(event, reader));
    const resumed = { t: "resumed", conv: CONV, from: sent[0]?.seq ?? from + 1, to: this.events.length, mode: few ? "delta" : "snapshot", more: !few };
    return [...frames, resumed];
  }
}

class Reader {
  constructor(role, server, storage) {
    this.role = role;
    this.server = server;
    this.storage = storage;
    this.log = empty(CONV);
    this.outbox = new Outbox(storage, "t");
  }
  reload() {
    this.log = empty(CONV);
    this.outbox = new Outbox(this.storage, "t");
    this.outbox.lost(true);
  }
  receive(frame) {
    if (frame.t === "ack") this.outbox.acked(frame);
    const result = apply(this.log, frame);
    this.log = result.state;
    this.outbox.settle(this.log);
    return result.gap;
  }
  fill() {
    for (let gap = this.hole(); gap; gap = this.hole()) {
      this.receive(this.server.history(gap.to + 1, 7, this.role));
    }
  }
  // A frame that is long known changes nothing and names the hole again.
  hole() {
    return this.receive({ t: "ev", seq: 0 });
  }
}

test("every loss, repeat and swap ends in the server's own order, one line per cmid", () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = seeded(seed);
    const server = new ModelServer();
    const player = new Reader("player", server, new FakeStorage());
    const written = [];
    let air = [];
    const say = (event) => { air.push(server.frame(event, "player")); };
    for (let step = 0; step < 120; step++) {
      const dice = random();
      if (dice < 0.2) {
        written.push(player.outbox.add(CONV, `p${written.length}`).body);
      } else if (dice < 0.4) {
        const entry = player.outbox.next(CONV);
        if (entry && random() < 0.8) {
          const before = server.events.length;
          const ack = server.post("player", entry.cmid, entry.body);
          if (random() < 0.7) air.push(ack);
          if (server.events.length > before) say(server.events.at(-1));
        }
      } else if (dice < 0.55) {
        server.post("agent", `a${step}`, `a${step}`);
        say(server.events.at(-1));
      } else if (dice < 0.58) {
        const messages = server.events.filter((event) => event.kind === "message");
        if (messages.length) {
          server.redact(messages[Math.floor(random() * messages.length)].seq);
          say(server.events.at(-1));
        }
      } else if (dice < 0.6) {
        server.strange();
        say(server.events.at(-1));
      } else if (dice < 0.85 && air.length) {
        const at = Math.floor(random() * air.length);
        const frame = air[at];
        if (random() < 0.75) air.splice(at, 1);
        if (random() < 0.85) player.receive(frame);
      } else if (dice < 0.9) {
        air = [];
        player.outbox.lost();
        if (random() < 0.4) {
          player.reload();
          player.receive(server.history(Infinity, 12, "player"));
        } else {
          player.log = resuming(player.log);
          for (const frame of server.resume(player.log.last, "player")) player.receive(frame);
        }
      } else if (dice < 0.93) {
        player.fill();
      } else if (dice < 0.95 && player.log.events.length) {
        player.receive(server.history(player.log.events[0].seq, 5, "player"));
      }
      const shown = lines(player.log, player.outbox.pending(CONV));
      const keys = shown.map((line) => line.key);
      assert.equal(new Set(keys).size, keys.length, `seed ${seed}: one line per key`);
      const seqs = player.log.events.map((event) => event.seq);
      seqs.forEach((seq, i) => assert.ok(i === 0 || seq === seqs[i - 1] + 1, `seed ${seed}: no hole`));
    }
    // The air is quiet now: the outbox empties and the head is known.
    player.outbox.lost();
    for (let entry = player.outbox.next(CONV); entry; entry = player.outbox.next(CONV)) {
      player.receive(server.post("player", entry.cmid, entry.body));
    }
    player.log = resuming(player.log);
    for (const frame of server.resume(player.log.last, "player")) player.receive(frame);
    player.fill();
    while (player.log.events.length && player.log.events[0].seq > 1) {
      player.receive(server.history(player.log.events[0].seq, 9, "player"));
    }
    assert.deepEqual(
      player.log.events.map((event) => [event.seq, event.kind, event.redacted ? "" : event.body]),
      server.events.map((event) => [event.seq, event.kind, server.wiped.has(event.seq) && event.kind === "message" ? "" : event.body]),
      `seed ${seed}: the whole transcript`,
    );
    const own = server.events.filter((event) => event.author === "player").map((event) => event.body);
    assert.deepEqual(own, written, `seed ${seed}: every message once, in the order of writing`);
    assert.equal(lines(player.log, player.outbox.pending(CONV)).filter((line) => line.entry).length, 0, `seed ${seed}: nothing left over`);
  }
});

test("an unknown kind advances seq", () => {
  let state = apply(empty(CONV), { t: "ev", conv: CONV, seq: 1, kind: "from_the_future", ts: 1 }).state;
  const result = apply(state, { t: "ev", conv: CONV, seq: 2, kind: "message", body: "x", ts: 2 });
  assert.equal(result.gap, undefined);
  assert.equal(result.state.last, 2);
});

test("a hole is named until it is filled", () => {
  const early = apply(empty(CONV), { t: "ev", conv: CONV, seq: 4, kind: "message", body: "d", ts: 4 });
  assert.deepEqual(early.gap, { from: 1, to: 3 });
  const filled = apply(early.state, { t: "history", conv: CONV, more: false, events: [1, 2, 3].map((seq) => ({ seq, kind: "message", body: "x", ts: seq })) });
  assert.equal(filled.gap, undefined);
  assert.equal(filled.state.last, 4);
});

test("a redaction wipes what is shown and what is loaded later", () => {
  let { state } = apply(empty(CONV), { t: "history", conv: CONV, more: true, events: [{ seq: 5, kind: "message", body: "card number", ts: 5 }] });
  ({ state } = apply(state, { t: "ev", conv: CONV, seq: 6, kind: "redacted", data: { seq: 5 }, ts: 6 }));
  ({ state } = apply(state, { t: "ev", conv: CONV, seq: 7, kind: "redacted", data: { seq: 4 }, ts: 7 }));
  assert.equal(state.events[0].body, "");
  ({ state } = apply(state, { t: "history", conv: CONV, more: false, events: [{ seq: 4, kind: "message", body: "old copy", ts: 4 }] }));
  assert.equal(state.events[0].body, "");
  assert.equal(state.events[0].redacted, true);
});

test("notes have their own sequence and their own hole", () => {
  const note = (n) => ({ t: "note_ev", conv: CONV, note_seq: n, kind: "note", body: `n${n}`, ts: n });
  let result = apply(empty(CONV), note(2));
  assert.deepEqual(result.noteGap, { from: 1, to: 1 });
  result = apply(result.state, note(1));
  assert.equal(result.noteGap, undefined);
  assert.deepEqual(result.state.notes.map((one) => one.body), ["n1", "n2"]);
  assert.equal(apply(result.state, note(2)).state.notes.length, 2);
});

test("a snapshot replaces the window and says that there is more", () => {
  let { state } = apply(empty(CONV), { t: "ev", conv: CONV, seq: 1, kind: "message", body: "old", ts: 1 });
  state = resuming(state);
  for (let seq = 300; seq <= 349; seq++) {
    const result = apply(state, { t: "ev", conv: CONV, seq, kind: "message", body: "x", ts: seq });
    assert.equal(result.gap, undefined);
    state = result.state;
  }
  ({ state } = apply(state, { t: "resumed", conv: CONV, from: 300, to: 349, mode: "snapshot", more: true }));
  assert.equal(state.last, 349);
  assert.equal(state.events.length, 50);
  assert.equal(state.more, true);
});
