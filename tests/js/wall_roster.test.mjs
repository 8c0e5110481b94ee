// The roster's page: days by the clock of a zone, cells, holes in the span, and who is there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, byDay, grid, HOUR_MS, holesByLanguage, hoursOf, localTime, moved, names, startOfDay } from "../../static/wall/roster-plan.js";

const AMSTERDAM = "Europe/Amsterdam";
const at = (text) => Date.parse(text);

test("a day starts at the midnight of its zone", () => {
  assert.equal(startOfDay(at("2026-03-02T12:34:56Z"), AMSTERDAM), at("2026-03-01T23:00Z"));
  assert.equal(startOfDay(at("2026-03-02T23:30Z"), AMSTERDAM), at("2026-03-02T23:00Z"));
  assert.equal(startOfDay(at("2026-03-02T12:00Z"), "UTC"), at("2026-03-02T00:00Z"));
  assert.equal(startOfDay(at("2026-03-02T12:00Z"), "Asia/Kolkata"), at("2026-03-01T19:00Z"));
});

test("a week lasts as many hours as its days have", () => {
  const spring = startOfDay(at("2026-03-23T12:00Z"), AMSTERDAM);
  assert.equal((addDays(spring, 7, AMSTERDAM) - spring) / HOUR_MS, 167);
  const autumn = startOfDay(at("2026-10-19T12:00Z"), AMSTERDAM);
  assert.equal((addDays(autumn, 7, AMSTERDAM) - autumn) / HOUR_MS, 169);
  assert.equal(addDays(addDays(autumn, 7, AMSTERDAM), -7, AMSTERDAM), autumn);
});

test("an hour that the clock leaves out has no cell, one that comes twice shows the fewer", () => {
  const cellsOf = (day, planned) => {
    const from = startOfDay(at(`${day}T12:00Z`), AMSTERDAM);
    return grid({ from_ts: from, planned }, from, addDays(from, 1, AMSTERDAM), AMSTERDAM)[0].cells;
  };
  const spring = cellsOf("2026-03-29", Array(24).fill(1));
  assert.equal(spring[2], null);
  assert.equal(spring.filter(Boolean).length, 23);
  const autumn = cellsOf("2026-10-25", [1, 1, 2, 0, ...Array(21).fill(1)]);
  assert.equal(autumn[2].many, 0);
  assert.equal((autumn[2].until - autumn[2].ts) / HOUR_MS, 2);
});

test("cells outside the span are left out", () => {
  const from = at("2026-03-02T00:00Z");
  const days = grid({ from_ts: from, planned: Array(48).fill(0) }, from, from + 24 * HOUR_MS, "UTC");
  assert.deepEqual(days.map((day) => day.day), ["2026-03-02"]);
});

test("holes are cut to the span and told by language", () => {
  const hole = (lang, skill, first, last) => ({ lang, skill, from_ts: first, to_ts: last });
  const found = holesByLanguage(
    [hole("fi", "player_safety", 0, 5), hole("fi", "", 0, 9), hole("fi", "player_safety", 8, 20), hole("nl", "player_safety", 12, 20)],
    "player_safety", 2, 10);
  assert.deepEqual(found, [["fi", [{ from_ts: 2, to_ts: 5 }, { from_ts: 8, to_ts: 10 }]]]);
  assert.equal(hoursOf([{ from_ts: 0, to_ts: 3 * HOUR_MS }]), 3);
});

test("whoever is there for the whole hour, with a certificate that outlasts it, is named", () => {
  const person = (alias, starts, ends, more = {}) => ({
    alias, languages: ["fi"], skills: ["player_safety"], skills_until: {},
    duties: [{ starts_ts: starts * HOUR_MS, ends_ts: ends * HOUR_MS }], ...more,
  });
  const people = [
    person("Aino", 0, 8), person("Bente", 0.5, 8), person("Carla", 0, 8, { languages: ["nl"] }),
    person("Dora", 0, 8, { skills_until: { player_safety: HOUR_MS } }), person("Ebba", 0, 8, { skills: [] }),
    person("Fia", 0, 0, { duties: [{ starts_ts: 0, ends_ts: HOUR_MS / 2 }, { starts_ts: HOUR_MS / 2, ends_ts: HOUR_MS }] }),
  ];
  assert.deepEqual(names(people, "fi", "player_safety", 0, HOUR_MS), ["Aino", "Dora", "Fia"]);
  assert.deepEqual(names(people, "fi", "player_safety", HOUR_MS, 2 * HOUR_MS), ["Aino", "Bente"]);
  assert.deepEqual(names(people, "fi", "", HOUR_MS, 2 * HOUR_MS), ["Aino", "Bente", "Dora", "Ebba"]);
});

test("a duty stands on the local day on which it begins", () => {
  const from = at("2026-03-01T23:00Z");
  const days = [{ day: "2026-03-02", ts: from }, { day: "2026-03-03", ts: from + 24 * HOUR_MS }];
  const night = { starts_ts: from - 2 * HOUR_MS, ends_ts: from + 6 * HOUR_MS };
  const next = { starts_ts: from + 23 * HOUR_MS, ends_ts: from + 31 * HOUR_MS };
  const over = { starts_ts: from - 9 * HOUR_MS, ends_ts: from };
  const found = byDay([over, night, next], days, AMSTERDAM);
  assert.deepEqual([...found.values()], [[night, next], []]);
  assert.equal(localTime(next.starts_ts, AMSTERDAM).hour, 23);
});

test("arrow keys lead to the next cell that there is and never out of the table", () => {
  const rows = [[1, null, 1], [1, 1, 1]];
  assert.deepEqual(moved("ArrowRight", 0, 0, rows), [0, 2]);
  assert.deepEqual(moved("ArrowRight", 0, 2, rows), [0, 2]);
  assert.deepEqual(moved("ArrowUp", 1, 1, rows), [1, 1]);
  assert.deepEqual(moved("ArrowDown", 0, 2, rows), [1, 2]);
  assert.deepEqual(moved("End", 0, 0, rows), [0, 2]);
  assert.deepEqual(moved("Home", 1, 2, rows), [1, 0]);
  assert.equal(moved("Tab", 0, 0, rows), null);
});
