// What the roster's page works out of the answers: days by the clock of a zone, cells, holes, names. Pure.

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const clocks = new Map();

function clockOf(zone) {
  if (!clocks.has(zone)) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    clocks.set(zone, new Intl.DateTimeFormat("en-CA", { ...parts, timeZone: zone, hourCycle: "h23" }));
  }
  return clocks.get(zone);
}

// The local date and hour: {day: "2026-03-29", hour: 3, minute: 0}.
export function localTime(ts, zone) {
  const found = Object.fromEntries(clockOf(zone).formatToParts(ts).map((part) => [part.type, part.value]));
  return { day: `${found.year}-${found.month}-${found.day}`, hour: Number(found.hour), minute: Number(found.minute) };
}

// The first hour of UTC that lies wholly in the local day of `ts`.
export function startOfDay(ts, zone) {
  const { day } = localTime(ts, zone);
  let first = ts - (ts % HOUR_MS);
  while (localTime(first - HOUR_MS, zone).day === day) first -= HOUR_MS;
  while (localTime(first, zone).day !== day) first += HOUR_MS;
  return first;
}

// From the start of a day so many days on or back; a day may have 23 or 25 hours.
export function addDays(start, days, zone) {
  return startOfDay(start + days * DAY_MS + DAY_MS / 2, zone);
}

// Days of 24 cells: null where the clock leaves the hour out; where it comes twice, the fewer.
export function grid(line, from, to, zone) {
  const days = [];
  line.planned.forEach((many, at) => {
    const ts = line.from_ts + at * HOUR_MS;
    if (ts < from || ts >= to) return;
    const { day, hour } = localTime(ts, zone);
    if (days.at(-1)?.day !== day) days.push({ day, ts, cells: Array(24).fill(null) });
    const { cells } = days.at(-1);
    const before = cells[hour];
    if (before === null) cells[hour] = { ts, many, until: ts + HOUR_MS };
    else cells[hour] = { ts: before.ts, many: Math.min(before.many, many), until: ts + HOUR_MS };
  });
  return days;
}

// The holes of a skill as far as they lie in the span, by language: [[lang, [{from_ts, to_ts}]]].
export function holesByLanguage(holes, skill, from, to) {
  const found = new Map();
  for (const hole of holes) {
    const from_ts = Math.max(hole.from_ts, from);
    const to_ts = Math.min(hole.to_ts, to);
    if (hole.skill !== skill || from_ts >= to_ts) continue;
    if (!found.has(hole.lang)) found.set(hole.lang, []);
    found.get(hole.lang).push({ from_ts, to_ts });
  }
  return [...found];
}

export function hoursOf(spans) {
  return spans.reduce((sum, span) => sum + (span.to_ts - span.from_ts) / HOUR_MS, 0);
}

function presence(duties) {
  const joined = [];
  for (const duty of [...duties].sort((a, b) => a.starts_ts - b.starts_ts)) {
    const last = joined.at(-1);
    if (last && duty.starts_ts <= last.ends_ts) last.ends_ts = Math.max(last.ends_ts, duty.ends_ts);
    else joined.push({ starts_ts: duty.starts_ts, ends_ts: duty.ends_ts });
  }
  return joined;
}

// Who is there from `ts` to `until`, speaks the language and has the skill for all of it.
export function names(people, lang, skill, ts, until) {
  const able = people.filter((person) => person.languages.includes(lang)
    && (!skill || (person.skills.includes(skill) && (person.skills_until[skill] ?? Infinity) >= until)));
  return able.filter((person) => presence(person.duties).some((one) => one.starts_ts <= ts && one.ends_ts >= until))
    .map((person) => person.alias);
}

// A person's duties by the local day on which each begins; what began before is on the first day.
export function byDay(duties, days, zone) {
  const found = new Map(days.map((day) => [day.day, []]));
  for (const duty of duties) {
    if (!days.length || duty.ends_ts <= days[0].ts) continue;
    const { day } = localTime(Math.max(duty.starts_ts, days[0].ts), zone);
    found.get(day)?.push(duty);
  }
  return found;
}

// Where an arrow key leads among rows of cells, over cells that there are not; null: the key is no move.
export function moved(key, row, column, rows) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const last = rows[row].length - 1;
  if (key === "Home") return [row, rows[row].findIndex(Boolean)];
  if (key === "End") return [row, rows[row].findLastIndex(Boolean)];
  if (!steps[key]) return null;
  const [down, right] = steps[key];
  let [at, to] = [row + down, column + right];
  while (rows[at] && to >= 0 && to <= last) {
    if (rows[at][to]) return [at, to];
    [at, to] = [at + down, to + right];
  }
  return [row, column];
}
