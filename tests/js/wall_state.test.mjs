import assert from "node:assert/strict";
import { test } from "node:test";

import * as state from "../../static/wall/state.js";
import * as watched from "../../static/wall/watched.js";

const NOW = 1_800_000_000_000;

function chat(conv, more = {}) {
  return {
    conv, state: "queued", brand: "aurora", lang: "nl", topic: "bonus", player: { id: `p-${conv}`, name: "Sanne" },
    agent: null, waiting_since_ts: NOW - 5_000, unanswered_since_ts: null, opened_ts: NOW - 9_000, help: false,
    priority: 0, offered: false, why: ["nobody_free"], last_seq: 2, ...more,
  };
}

function agent(id, more = {}) {
  return {
    id, alias: id.toUpperCase(), role: "agent", status: "available", reason: null, since_ts: NOW, connected: true,
    load: 1, capacity: 3, languages: ["nl"], oldest_unanswered_ts: null, offered: 0, ...more,
  };
}

const queue = (waiting) => ({ waiting, offered: 0, nobody_free: waiting, nobody_on_duty: 0, oldest_ts: null, by_lang: {} });
const kpi = (open) => ({ first_reply_median_ms: null, first_reply_within_60_pct: null, abandoned_30min: 0, open, places: 6, places_taken: 2, sessions_today: 4 });
const full = (rev, agents, chats) => ({ t: "wall", rev, full: true, queue: queue(chats.length), agents, chats, kpi: kpi(chats.length) });

const facts = ({ rev, known, at, watched: views, ...rest }) => rest;

test("deltas lead to the same wall as a fresh full frame", () => {
  const frames = [
    full(1, [agent("a"), agent("b")], [chat("1"), chat("2")]),
    { t: "wall", rev: 2, full: false, agents: [agent("b", { status: "away", reason: "break" })] },
    { t: "wall", rev: 5, full: false, chats: [chat("2", { state: "active", agent: { id: "a", alias: "A" } }), chat("3")], queue: queue(2) },
    { t: "wall", rev: 6, full: false, chats: [{ conv: "1", state: "closed" }], kpi: kpi(2), queue: queue(1) },
  ];
  const walked = frames.reduce((wall, frame) => state.reduce(wall, frame, NOW), state.empty());
  const fresh = state.reduce(state.empty(), {
    t: "wall", rev: 6, full: true, queue: queue(1), kpi: kpi(2),
    agents: [agent("a"), agent("b", { status: "away", reason: "break" })],
    chats: [chat("2", { state: "active", agent: { id: "a", alias: "A" } }), chat("3")],
  }, NOW);
  assert.deepEqual(facts(walked), facts(fresh));
  assert.equal(walked.rev, fresh.rev);
});

test("a hundred random walks of deltas agree with the full frame", () => {
  let seed = 7;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  for (let walk = 0; walk < 100; walk++) {
    const agents = { a: agent("a"), b: agent("b") };
    const chats = {};
    let wall = state.reduce(state.empty(), full(1, Object.values(agents), []), NOW);
    let rev = 1;
    for (let step = 0; step < 20; step++) {
      const id = String(random(6));
      const frame = { t: "wall", rev: ++rev, full: false };
      if (random(4) === 0) {
        const who = random(2) ? "a" : "b";
        agents[who] = agent(who, { load: random(4), status: random(2) ? "away" : "available" });
        frame.agents = [agents[who]];
      } else if (chats[id] && random(2)) {
        delete chats[id];
        frame.chats = [{ conv: id, state: "closed" }];
      } else {
        chats[id] = chat(id, { last_seq: random(50) });
        frame.chats = [chats[id]];
      }
      frame.queue = queue(Object.keys(chats).length);
      frame.kpi = kpi(Object.keys(chats).length);
      wall = state.reduce(wall, frame, NOW);
    }
    const fresh = state.reduce(state.empty(), full(rev, Object.values(agents), Object.values(chats)), NOW);
    assert.deepEqual(facts(wall), facts(fresh));
  }
});

test("a delta before the first full frame and an old one change nothing that is shown", () => {
  const early = state.reduce(state.empty(), { t: "wall", rev: 3, full: false, chats: [chat("1")] }, NOW);
  assert.deepEqual(early.chats, {});
  const wall = state.reduce(state.empty(), full(4, [], [chat("1")]), NOW);
  const after = state.reduce(wall, { t: "wall", rev: 4, full: false, chats: [{ conv: "1", state: "closed" }] }, NOW);
  assert.deepEqual(Object.keys(after.chats), ["1"]);
});

test("a full frame forgets chats and agents that it does not name", () => {
  const wall = state.reduce(state.empty(), full(4, [agent("a")], [chat("1")]), NOW);
  const next = state.reduce(wall, full(9, [agent("b")], []), NOW);
  assert.deepEqual([Object.keys(next.agents), Object.keys(next.chats)], [["b"], []]);
});

test("a server that starts over with a low rev is believed when the frame is full", () => {
  const wall = state.reduce(state.empty(), full(900, [], [chat("1")]), NOW);
  const next = state.reduce(wall, full(1, [], [chat("2")]), NOW);
  assert.deepEqual([next.rev, Object.keys(next.chats)], [1, ["2"]]);
});

test("the age of the figures is unknown before the first frame and is renewed by every frame", () => {
  const delta = { t: "wall", rev: 2, full: false };
  assert.equal(state.age(state.empty(), NOW), null);
  assert.equal(state.age(state.reduce(state.empty(), delta, NOW), NOW), null);
  const wall = state.reduce(state.empty(), full(1, [], []), NOW);
  assert.equal(state.age(wall, NOW + 4_000), 4_000);
  assert.equal(state.age(state.reduce(wall, delta, NOW + 4_000), NOW + 4_000), 0);
  assert.equal(state.age(wall, NOW - 1_000), 0);
});

const ev = (seq, more = {}) => ({ t: "ev", conv: "1", seq, kind: "message", ts: NOW + seq, from: { role: "player" }, body: `b${seq}`, ...more });
const note = (note_seq, more = {}) => ({ t: "note_ev", conv: "1", note_seq, kind: "whisper", ts: NOW + note_seq, from: { role: "supervisor", alias: "Marit" }, body: `w${note_seq}`, ...more });
const resumed = { t: "resumed", conv: "1", from: 1, to: 9, mode: "snapshot", more: false };

function watching(frames, before = state.empty()) {
  const start = state.watching(state.reduce(before, full(1, [], [chat("1")]), NOW), "1", { conv: "1", state: "active" });
  return frames.reduce((wall, frame) => state.reduce(wall, frame, NOW), start);
}

test("a watched snapshot may start anywhere; after it the sequence has no holes", () => {
  const wall = watching([ev(41), ev(42), note(7), resumed, ev(43)]);
  const view = wall.watched["1"];
  assert.deepEqual([view.events.map((one) => one.seq), view.last, view.lastNote, view.gap], [[41, 42, 43], 43, 7, false]);
  assert.equal(view.more, true);
  assert.equal(state.reduce(wall, ev(42), NOW), wall);
  const holed = state.reduce(wall, ev(45), NOW).watched["1"];
  assert.deepEqual([holed.gap, holed.last], [true, 43]);
});

test("watching anew after a lost socket starts over and keeps what was being whispered", () => {
  let wall = watching([ev(1), ev(2), resumed]);
  wall = state.whispered(wall, "1", "cm-1", "help");
  wall = state.watching(wall, "1", { conv: "1", state: "active" });
  const view = [ev(1), ev(2), ev(3), resumed].reduce((next, frame) => state.reduce(next, frame, NOW), wall).watched["1"];
  assert.deepEqual([view.last, view.outgoing.map((one) => one.cmid)], [3, ["cm-1"]]);
});

test("a whisper is shown once, whichever of its ack and its event comes first", () => {
  for (const order of [["ack", "event"], ["event", "ack"]]) {
    let wall = state.whispered(watching([ev(1), resumed]), "1", "cm-1", "w1");
    for (const what of order) {
      wall = state.reduce(wall, what === "ack" ? { t: "ack", cmid: "cm-1", conv: "1", note_seq: 1, ts: NOW } : note(1), NOW);
    }
    assert.deepEqual([wall.watched["1"].outgoing, wall.watched["1"].notes.length], [[], 1]);
  }
});

test("a whisper whose event comes before its ack is not shown twice meanwhile", () => {
  const wall = state.reduce(state.whispered(watching([ev(1), resumed]), "1", "cm-1", "w1"), note(1, { cmid: "cm-1" }), NOW);
  assert.deepEqual([wall.watched["1"].outgoing, wall.watched["1"].notes.length], [[], 1]);
});

test("a refused whisper stays with its reason until it is put away", () => {
  let wall = state.whispered(watching([ev(1), resumed]), "1", "cm-1", "w1");
  wall = state.reduce(wall, { t: "nack", cmid: "cm-1", code: "closed", final: true }, NOW);
  assert.deepEqual(wall.watched["1"].outgoing.map((one) => [one.state, one.code, one.body]), [["refused", "closed", "w1"]]);
  assert.deepEqual(state.discarded(wall, "1", "cm-1").watched["1"].outgoing, []);
});

test("a redacted message keeps its place and loses its words, in what comes and in what is fetched", () => {
  const wall = watching([ev(5), resumed, ev(6, { kind: "redacted", body: null, data: { seq: 5 } })]);
  assert.deepEqual([wall.watched["1"].events[0].body, wall.watched["1"].events[0].removed], [null, true]);
  const more = state.reduce(wall, { t: "history", conv: "1", ref: "r", more: false, notes: [],
    events: [ev(3), ev(4, { kind: "redacted", body: null, data: { seq: 3 } }), ev(5)] }, NOW).watched["1"];
  assert.deepEqual(more.events.map((one) => [one.seq, Boolean(one.removed)]), [[3, true], [4, false], [5, true], [6, false]]);
});

test("an unknown kind of event still advances the sequence", () => {
  const wall = watching([ev(1), resumed, ev(2, { kind: "later_invention" }), ev(3)]);
  assert.deepEqual([wall.watched["1"].last, wall.watched["1"].gap], [3, false]);
});

test("frames of chats that nobody watches change nothing", () => {
  const wall = state.reduce(state.empty(), full(1, [], [chat("1")]), NOW);
  assert.equal(state.reduce(wall, ev(1), NOW), wall);
  assert.equal(state.reduce(wall, note(1), NOW), wall);
  assert.equal(state.reduce(wall, resumed, NOW), wall);
  assert.equal(state.reduce(wall, { t: "later_invention" }, NOW), wall);
});

test("typing ends with its time to live, and with the message", () => {
  const typing = { t: "eph", conv: "1", kind: "typing", on: true, role: "player", ttl_ms: 5_000 };
  const wall = watching([ev(1), resumed, typing]);
  assert.equal(watched.typingNow(wall.watched["1"], NOW + 4_000).role, "player");
  assert.equal(watched.typingNow(wall.watched["1"], NOW + 5_001), null);
  assert.equal(state.reduce(wall, ev(2), NOW).watched["1"].typing, null);
});

test("lines stand in the order of time, notes after events of the same moment", () => {
  const wall = watching([ev(1, { ts: NOW }), ev(2, { ts: NOW + 10 }), note(1, { ts: NOW }), resumed]);
  assert.deepEqual(watched.lines(wall.watched["1"]).map((one) => one.key), ["e1", "n1", "e2"]);
});
