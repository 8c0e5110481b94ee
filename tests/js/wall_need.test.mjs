import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, duration, emptyLog, level, passed, sane, track } from "../../static/wall/limits.js";
import { focused, hold, reasons, sort } from "../../static/wall/need.js";
import { reduce, empty } from "../../static/wall/state.js";
import { ALL, agentsByName, figures, languagesOf, onDuty } from "../../static/wall/tiles.js";
import { SPAN_MS, STEP_MS, line, sample } from "../../static/wall/trend.js";

const NOW = 1_800_000_000_000;
const ago = (seconds) => NOW - seconds * 1000;

function chat(conv, more = {}) {
  return {
    conv, state: "active", brand: "aurora", lang: "nl", topic: "bonus", player: { id: conv }, agent: { id: "a", alias: "Alva" },
    waiting_since_ts: null, unanswered_since_ts: null, opened_ts: ago(600), help: false, priority: 0, offered: false, why: [], last_seq: 1, ...more,
  };
}
const waiting = (conv, seconds, more = {}) => chat(conv, { state: "queued", agent: null, waiting_since_ts: ago(seconds), why: ["nobody_free"], ...more });
const agents = { a: { id: "a", alias: "Alva", connected: true, status: "available", load: 2, capacity: 3, languages: ["nl"] } };

function wall(chats, more = {}) {
  return reduce(empty(), { t: "wall", rev: 1, full: true, chats, agents: Object.values(agents), queue: null, kpi: null, ...more }, NOW);
}

test("limits turn at their second, and the unknown has no level", () => {
  assert.deepEqual([59, 60, 119, 120].map((s) => level(ago(s), NOW, 60, 120)), ["calm", "soon", "soon", "late"]);
  assert.equal(level(null, NOW, 60, 120), "none");
  assert.equal(level(undefined, NOW, 60, 120), "none");
  assert.equal(level(NOW + 5_000, NOW, 60, 120), "calm");
});

test("a duration that is not known is a dash and never 0", () => {
  assert.deepEqual([duration(null), duration(undefined), duration(NaN)], ["–", "–", "–"]);
  assert.deepEqual([duration(0), duration(42_900), duration(3_725_000)], ["0:00", "0:42", "1:02:05"]);
});

test("the order is by need: stop gambling, nobody on duty, late, help, lost, soon, then oldest first", () => {
  const lost = { ...agents, b: { id: "b", alias: "Bram", connected: false } };
  const chats = [
    chat("quiet"),
    waiting("just", 10),
    waiting("soon", 70),
    chat("silent-soon", { unanswered_since_ts: ago(80) }),
    chat("lost", { agent: { id: "b", alias: "Bram" } }),
    chat("help", { help: true }),
    waiting("late", 130),
    chat("late-2", { unanswered_since_ts: ago(130) }),
    chat("late-1", { unanswered_since_ts: ago(300) }),
    waiting("nobody", 20, { why: ["nobody_on_duty"] }),
    chat("stop", { why: ["stop_gambling"] }),
  ];
  const { needs, quiet } = sort(chats, lost, DEFAULTS, NOW);
  assert.deepEqual(needs.map((row) => row.chat.conv), ["stop", "nobody", "late-1", "late-2", "late", "help", "lost", "silent-soon", "soon", "just"]);
  assert.deepEqual(quiet.map((row) => row.chat.conv), ["quiet"]);
});

test("a chat with several reasons shows the most urgent first and keeps the others", () => {
  const found = reasons(chat("x", { help: true, unanswered_since_ts: ago(200) }), agents, DEFAULTS, NOW);
  assert.deepEqual(found.map((one) => one.code), ["unanswered_late", "help"]);
});

test("a fresh chat on offer needs nobody", () => {
  assert.deepEqual(reasons(waiting("x", 5, { offered: true, why: [] }), agents, DEFAULTS, NOW), []);
});

test("nothing moves while the list is held; what is gone keeps its place and newcomers come last", () => {
  const row = (conv) => ({ chat: chat(conv), reasons: [] });
  const shown = [row("a"), row("b"), row("c")];
  const next = [row("new"), row("c"), row("a")];
  assert.deepEqual(hold(shown, next, true).map((one) => [one.chat.conv, Boolean(one.gone)]),
    [["a", false], ["b", true], ["c", false], ["new", false]]);
  assert.deepEqual(hold(shown, next, false), next);
  const later = hold(hold(shown, next, true), [row("b"), row("a")], true);
  assert.deepEqual(later.map((one) => [one.chat.conv, Boolean(one.gone)]), [["a", false], ["b", false], ["c", true], ["new", true]]);
});

test("a figure leads to exactly its chats", () => {
  const rows = [waiting("1", 5, { offered: true }), waiting("2", 5), waiting("3", 5, { why: ["nobody_on_duty"], lang: "fi" }), chat("4", { unanswered_since_ts: ago(3) })]
    .map((one) => ({ chat: one, reasons: [] }));
  const shows = (focus) => focused(rows, focus).map((row) => row.chat.conv).join("");
  assert.deepEqual([shows(null), shows({ kind: "wait" }), shows({ kind: "offered" }), shows({ kind: "nobody_free" }), shows({ kind: "nobody_on_duty" })],
    ["1234", "123", "1", "2", "3"]);
  assert.deepEqual([shows({ kind: "unanswered" }), shows({ kind: "language", lang: "fi" }), shows({ kind: "agent", agent: "a" })], ["4", "3", "4"]);
});

test("without the server's figures nothing is 0", () => {
  const drawn = figures(empty(), ALL);
  assert.deepEqual([drawn.waiting, drawn.parts.offered.count, drawn.first_reply_ms, drawn.abandoned, drawn.places.taken, drawn.places.free],
    [null, null, null, null, null, null]);
});

test("unfiltered figures are the server's, filtered ones come from the chats", () => {
  const queue = { waiting: 7, offered: 2, nobody_free: 4, nobody_on_duty: 1, oldest_ts: ago(222), by_lang: { nl: { waiting: 6, oldest_ts: ago(90), reachable: 3 }, fi: { waiting: 1, oldest_ts: ago(222), reachable: 0 } } };
  const state = wall([waiting("1", 90), waiting("2", 50, { brand: "north" }), chat("3", { unanswered_since_ts: ago(40) })], { queue });
  const all = figures(state, ALL);
  assert.deepEqual([all.waiting, all.parts.offered.count, all.wait.ts], [7, 2, ago(222)]);
  const north = figures(state, { brand: "north", lang: "" });
  assert.deepEqual([north.waiting, north.parts.nobody_free.count, north.wait.ts, north.unanswered.ts], [1, 1, ago(50), null]);
  assert.deepEqual(figures(state, { brand: "", lang: "fi" }).languages.map((one) => one.lang), ["fi"]);
});

test("agents stand by name and are never ranked; off duty means offline without chats", () => {
  const state = wall([], { agents: [{ id: "2", alias: "Rasa", load: 9, status: "offline" }, { id: "1", alias: "Alva", load: 0, status: "offline" }, { id: "3", alias: "Elin", load: 1, status: "away" }] });
  const named = agentsByName(state, ALL, "en");
  assert.deepEqual(named.map((one) => one.alias), ["Alva", "Elin", "Rasa"]);
  assert.deepEqual(onDuty(named).map((one) => one.alias), ["Elin", "Rasa"]);
});

test("every passed limit is named, and none is invented", () => {
  const queue = { waiting: 11, offered: 0, nobody_free: 10, nobody_on_duty: 1, oldest_ts: ago(121), by_lang: { fi: { waiting: 1, oldest_ts: ago(121), reachable: 0 } } };
  const kpi = { first_reply_median_ms: 61_000, abandoned_30min: 4, places: 3, places_taken: 3 };
  const state = wall([waiting("1", 121), chat("2", { unanswered_since_ts: ago(121) })], { queue, kpi });
  const lost = [{ ...agents.a, connected: false }];
  assert.deepEqual(passed(figures(state, ALL), lost, DEFAULTS, NOW).map((one) => one.kind),
    ["wait", "language", "unanswered", "lost", "waiting", "first_reply", "abandoned", "places"]);
  assert.deepEqual(passed(figures(empty(), ALL), [], DEFAULTS, NOW), []);
  const unknown = [{ ...agents.a, connected: null }];
  assert.deepEqual(passed(figures(wall([]), ALL), unknown, DEFAULTS, NOW), []);
});

test("the log sounds once per breach, keeps its start, and remembers when it cleared", () => {
  const breach = { id: "wait", kind: "wait", since: ago(5) };
  const first = track(emptyLog(), [breach], NOW);
  assert.deepEqual(first.fresh, ["wait"]);
  const second = track(first.log, [{ ...breach, since: ago(1) }], NOW + 1_000);
  assert.deepEqual([second.fresh, second.log.open.wait.since], [[], ago(5)]);
  const third = track(second.log, [], NOW + 9_000);
  assert.deepEqual([third.log.open, third.log.past.map((one) => [one.id, one.since, one.until])], [{}, [["wait", ago(5), NOW + 9_000]]]);
});

test("limits from storage are believed only as far as they make sense", () => {
  assert.deepEqual(sane(null), { ...DEFAULTS });
  const odd = sane({ wait_soon_s: 500, wait_late_s: 90, unanswered_late_s: "90", waiting: -1, abandoned: 7, other: 1 });
  assert.deepEqual([odd.wait_soon_s, odd.wait_late_s, odd.unanswered_late_s, odd.waiting, odd.abandoned, "other" in odd], [90, 90, 120, 10, 7, false]);
});

test("an hour of samples stays an hour, keeps the peak of a step, and leaves holes where nothing is known", () => {
  let samples = [];
  for (let at = 0; at < 2 * SPAN_MS; at += STEP_MS / 2) samples = sample(samples, NOW + at, at % STEP_MS ? 1 : 2);
  assert.ok(samples.length <= SPAN_MS / STEP_MS);
  assert.ok(samples.every(([, value]) => value === 2));
  const slot = Math.floor(NOW / STEP_MS);
  const drawn = line([[slot - 3, 1], [slot - 2, null], [slot - 1, 1], [slot, 2]], NOW, 4, 100, 20);
  assert.equal(drawn.paths.length, 2);
  assert.ok(drawn.limit > 0 && drawn.limit < 20);
  assert.deepEqual(line([], NOW, null, 100, 20), { paths: [], limit: null, minutes: 0 });
});

test("a language of the house that nobody names has nobody on duty, in the house's own order", () => {
  const rows = [{ lang: "et", waiting: 1, oldest_ts: NOW, reachable: 0 }, { lang: "nl", waiting: 0, oldest_ts: null, reachable: 2 }];
  assert.deepEqual(languagesOf(rows, ["fi", "nl"], "").map((row) => [row.lang, row.reachable]), [["fi", 0], ["nl", 2], ["et", 0]]);
  assert.deepEqual(languagesOf(rows, [], "").map((row) => row.lang), ["et", "nl"]);
});
