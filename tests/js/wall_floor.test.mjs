// What the wall says of alarms, idleness, shifts, routing and the shares of the work.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bars, giniText } from "../../static/wall/fairness.js";
import { DEFAULTS, emptyLog, passed, raised, track } from "../../static/wall/limits.js";
import { reasons } from "../../static/wall/need.js";
import { decision, excludedRows, excludedText, whyWaiting } from "../../static/wall/routing.js";
import { empty, reduce } from "../../static/wall/state.js";
import { ALL, figures, onDuty } from "../../static/wall/tiles.js";
import { agentState, alarmText, breachText, idleText, reasonText } from "../../static/wall/words.js";

const NOW = 1_800_000_000_000;
const alarm = (kind, about = "", facts = {}) => ({ kind, about, facts, raised_ts: NOW - 5_000 });
const frame = (more) => ({ t: "wall", rev: 1, full: true, queue: null, kpi: null, agents: [], chats: [], alarms: [], ...more });
const agent = (more = {}) => ({ id: "7", alias: "Vera", status: "available", reason: "", since_ts: NOW, connected: true, idle_min: 0, load: 1, chats: 1,
  capacity: 3, offered: 0, missed: 0, draining_since_ts: null, shift_ends_ts: null, ...more });

test("alarms come whole, stay through deltas that do not name them, and go when the list is empty", () => {
  const known = reduce(empty(), frame({ alarms: [alarm("missed", "7", { alias: "Vera" })] }), NOW);
  const after = reduce(known, { t: "wall", rev: 2, full: false, chats: [] }, NOW);
  assert.equal(after.alarms.length, 1);
  assert.deepEqual(reduce(after, { t: "wall", rev: 3, full: false, alarms: [] }, NOW).alarms, []);
  assert.deepEqual(reduce(after, frame({ rev: 4, alarms: undefined }), NOW).alarms, []);
});

test("an alarm sounds once, stands in the log while it lasts, and clears itself", () => {
  const standing = [alarm("presence_breaker", "", { losing: 4, there: 9 })];
  const first = track(emptyLog(), raised(standing), NOW);
  assert.deepEqual(first.fresh, ["alarm:presence_breaker:"]);
  const second = track(first.log, raised(standing), NOW + 1000);
  assert.deepEqual([second.fresh, second.changed], [[], false]);
  const over = track(second.log, raised([]), NOW + 2000);
  assert.deepEqual([Object.keys(over.log.open), over.log.past[0].until], [[], NOW + 2000]);
  assert.equal(breachText(over.log.past[0], NOW), "4 of 9 agents vanished at once. Their chats stay where they are until that is understood.");
});

test("two agents who missed their offers are two alarms", () => {
  const { fresh } = track(emptyLog(), raised([alarm("missed", "7"), alarm("missed", "8")]), NOW);
  assert.deepEqual(fresh, ["alarm:missed:7", "alarm:missed:8"]);
});

test("each kind of alarm has its sentence, and an unknown one is shown by its name", () => {
  assert.equal(alarmText(alarm("missed", "7", { alias: "Vera" })), "Vera missed three offers and is away now.");
  assert.match(alarmText(alarm("suspicion", "", { because: "redis" })), /not known who is connected/u);
  assert.match(alarmText(alarm("suspicion", "", { because: "start" })), /has just started/u);
  assert.match(alarmText(alarm("coverage_hole", "", { lang: "fi", skill: "player_safety", from_ts: NOW, to_ts: NOW + 3_600_000 })), /^Nobody is planned for Finnish, player_safety from/u);
  assert.equal(alarmText(alarm("later_invention")), "Alarm: later_invention");
});

test("idle is told from five minutes on, and never changes the status", () => {
  assert.deepEqual([4, 5, 6, null, undefined].map((idle_min) => idleText({ idle_min })), [null, "idle 5 min", "idle 6 min", null, null]);
  assert.equal(agentState(agent({ idle_min: 90 }), false).text, "Available");
});

test("whoever drains says until when, and whoever is away says why", () => {
  assert.match(agentState(agent({ draining_since_ts: NOW, shift_ends_ts: NOW + 60_000 }), false).text, /^Shift ends \d\d:\d\d$/u);
  assert.equal(agentState(agent({ draining_since_ts: NOW }), false).text, "Shift ends soon");
  assert.equal(agentState(agent({ status: "away", reason: "coaching" }), false).text, "Away, coaching");
  assert.equal(agentState(agent({ status: "offline", reason: "shift_end" }), false).text, "Offline, shift over");
});

test("a sleeping chat needs nobody; a late first reply does, and says when it goes back", () => {
  const chat = (more) => ({ conv: "c", state: "active", lang: "nl", topic: "bonus", agent: { id: "7", alias: "Vera" }, unanswered_since_ts: null, opened_ts: NOW, why: [], ...more });
  const agents = { 7: agent() };
  assert.deepEqual(reasons(chat({ why: ["asleep"] }), agents, DEFAULTS, NOW), []);
  const late = chat({ why: ["first_reply_late"], due: "return", due_ts: NOW + 25_000 });
  const [first] = reasons(late, agents, DEFAULTS, NOW);
  assert.deepEqual([first.code, first.tone], ["first_reply_late", "warn"]);
  assert.equal(reasonText(first, late, NOW), "First reply late, back to the queue in 0:25");
});

test("who vanished is counted by his chats, not by their places", () => {
  const gone = [agent({ connected: false, load: 0, chats: 2 })];
  const found = passed(figures(empty(), ALL), gone, DEFAULTS, NOW);
  assert.deepEqual(found.map((one) => [one.kind, one.count]), [["lost", 2]]);
  assert.equal(onDuty([agent({ status: "offline", load: 0, chats: 1 })]).length, 1);
});

const who = (...aliases) => aliases.map((alias) => ({ id: alias, alias }));
const finnish = { conv: "c", state: "queued", lang: "fi" };
const answer = (more) => ({ conv: "c", state: "queued", decisions: [], waiting: { free: [], excluded: [] }, ...more });

test("why one waits is said by what rules each out, those first about whom something can be done", () => {
  const waiting = { free: [], excluded: [
    { reason: "away", agents: who("Noor") }, { reason: "full", agents: who("Iris", "Rasa") }, { reason: "language", agents: who("Vera", "Bram", "Elin") },
  ] };
  assert.equal(whyWaiting(answer({ waiting }), finnish), "Nobody can be rung. 3 speak no Finnish, 2 are full, 1 is away.");
  assert.deepEqual(excludedRows(waiting.excluded, finnish).map((row) => row.names), [["Vera", "Bram", "Elin"], ["Iris", "Rasa"], ["Noor"]]);
});

test("every reason that the dispatcher knows has words", () => {
  for (const reason of ["brand", "language", "skill", "team", "asked", "full", "away", "offline", "lost", "draining"]) {
    for (const n of [1, 2]) assert.ok(!excludedText(reason, n, finnish).includes(`: ${reason}`), reason);
  }
  assert.equal(excludedText("later_invention", 2, finnish), "2: later_invention");
});

test("who rings now, who is rung next, and that nobody is there, are said as such", () => {
  const offered = { agent: who("Iris")[0], state: "offered", why: {} };
  assert.equal(whyWaiting(answer({ decisions: [offered] }), finnish), "It rings at Iris now.");
  assert.equal(whyWaiting(answer({ waiting: { free: who("Iris"), excluded: [] } }), finnish), "Iris can take it, and is rung in a moment.");
  assert.equal(whyWaiting(answer({}), finnish), "Nobody works for this brand now.");
  assert.equal(whyWaiting(answer({ state: "active", waiting: null }), finnish), "It waits no more: somebody has it.");
});

test("what became of each offer is told with why it was made", () => {
  const told = (more) => decision({ agent: who("Iris")[0], reason: "", why: {}, ...more });
  assert.equal(told({ state: "timed_out", why: { candidates: 3 } }).because, "carried the least of 3 who were free");
  assert.equal(told({ state: "declined", reason: "busy" }).text, "Iris declined: too much at once");
  assert.equal(told({ state: "declined", reason: "my own words" }).text, "Iris declined: my own words");
  assert.equal(told({ state: "accepted", why: { returning: true, candidates: 2 } }).because, "served this player before");
  assert.deepEqual(["timed_out", "withdrawn", "offered", "declined"].map((state) => told({ state }).text),
    ["Iris did not answer", "Taken back from Iris", "Rings at Iris", "Iris declined"]);
});

test("shares stand by name with bars against the longest, and the coefficient has words", () => {
  const one = (alias, place_min, more = {}) => ({ id: alias, alias, place_min, returned: {}, ...more });
  const found = bars({ agents: [one("Vera", 50), one("Iris", 100, { returned: { lost: 1, no_reply: 2 } }), one("Noor", 0)] }, "en");
  assert.deepEqual(found.map((row) => [row.alias, row.width, row.back]), [["Iris", 100, 3], ["Noor", 0, 0], ["Vera", 50, 0]]);
  assert.deepEqual(bars({ agents: [one("Vera", 0)] }, "en").map((row) => row.width), [0]);
  assert.deepEqual([null, 0, 0.1, 0.25, 0.4].map(giniText),
    ["There was nothing to share out.", "Shared out evenly.", "Shared out fairly evenly.", "Shared out unevenly.", "Shared out very unevenly."]);
});
