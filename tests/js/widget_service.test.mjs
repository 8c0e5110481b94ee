import assert from "node:assert/strict";
import test from "node:test";

process.env.TZ = "Europe/Helsinki";
const { load } = await import("../../static/kit/i18n.js");
const { dayOf, onlyMessages, outlook, week } = await import("../../static/widget/service.js");
const { openingText, serviceText, weekRow } = await import("../../static/widget/service-words.js");

const ts = (local) => new Date(local).getTime();
const service = (over = {}) => ({
  open: true, opens_ts: null, closes_ts: null, available: false, spoken: true, eta_s: null, capped: false, hours: [], ...over,
});
const CLOSED = service({ open: false, spoken: false, capped: true, opens_ts: ts("2026-11-26T09:00") });
const NOW = ts("2026-11-25T14:30");

test("available is said only when somebody is free", () => {
  assert.equal(outlook(service({ available: true })), "available");
  for (const one of [service(), service({ eta_s: 240 }), service({ spoken: false }), service({ eta_s: 900, capped: true }), CLOSED]) {
    assert.notEqual(outlook(one), "available");
    assert.doesNotMatch(serviceText(one, NOW).said, /Available/);
  }
  assert.equal(outlook(undefined), null);
});

test("each state has its own words", () => {
  load({}, "en");
  const said = (over) => serviceText(service(over), NOW).said;
  assert.equal(said({ available: true }), "Available now");
  assert.equal(said({}), "Everybody is busy right now");
  assert.equal(said({ eta_s: 240 }), "Expected wait: 4 min");
  assert.equal(said({ eta_s: 900, capped: true }), "Expected wait: 15 min");
  assert.equal(said({ spoken: false }), "Nobody on duty speaks your language right now");
  assert.equal(serviceText(CLOSED, NOW).said, "We open tomorrow at 09:00, your time.");
});

test("an unknown wait is no number", () => {
  for (const over of [{}, { spoken: false }, { spoken: false, capped: true }]) {
    const { said, more } = serviceText(service(over), NOW);
    assert.doesNotMatch(`${said} ${more}`, /\d|null|NaN/);
  }
});

test("where a chat would be refused a message is offered, and elsewhere a place is kept", () => {
  for (const one of [CLOSED, service({ spoken: false, capped: true }), service({ eta_s: 900, capped: true })]) {
    assert.equal(onlyMessages(one), true);
    assert.match(serviceText(one, NOW).more, /Leave a message, and we answer here\./);
  }
  assert.equal(onlyMessages(service()), false);
  assert.equal(onlyMessages(undefined), false);
});

test("the opening is told in the reader's own time", () => {
  load({}, "en");
  assert.equal(openingText(ts("2026-11-25T18:00"), NOW), "We open today at 18:00, your time.");
  assert.equal(openingText(Date.UTC(2026, 10, 26, 7), NOW), "We open tomorrow at 09:00, your time.");
  assert.match(openingText(ts("2026-11-30T09:00"), NOW), /^We open: Monday 30 November(,| at) 09:00, your time\.$/);
  assert.equal(openingText(null, NOW), "We are closed.");
});

test("today and tomorrow end at the reader's own midnight, also when the clocks change", () => {
  assert.equal(dayOf(ts("2026-11-25T23:59"), NOW), "today");
  assert.equal(dayOf(ts("2026-11-26T00:00"), NOW), "tomorrow");
  assert.equal(dayOf(ts("2026-11-27T00:00"), NOW), "later");
  // 25 October has 25 hours in Helsinki.
  const late = ts("2026-10-25T23:30");
  assert.equal(dayOf(late, ts("2026-10-25T00:30")), "today");
  assert.equal(dayOf(late, ts("2026-10-24T12:00")), "tomorrow");
});

test("a closing time is told when it is near", () => {
  load({}, "en");
  const more = (closes_ts) => serviceText(service({ available: true, closes_ts }), NOW).more;
  assert.equal(more(ts("2026-11-25T23:00")), "Open until 23:00, your time.");
  assert.equal(more(ts("2026-11-28T23:00")), null);
  assert.equal(more(null), null);
});

const rows = (spans, now = NOW) => week(spans, now).map((row) => weekRow(row).flat().join(" "));
const daily = (from, days, begins, ends) => Array.from({ length: days }, (_, i) => {
  const date = new Date(ts(`${from}T00:00`));
  const at = (time, more = 0) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + i + more, ...time.split(":")).getTime();
  return [at(begins), at(ends, ends <= begins ? 1 : 0)];
});

test("days that are alike share a row, and today stands alone", () => {
  load({}, "en");
  const hours = [...daily("2026-11-25", 3, "09:00", "23:00"), ...daily("2026-11-28", 1, "10:00", "20:00"), ...daily("2026-11-30", 2, "09:00", "23:00")];
  assert.deepEqual(rows(hours), ["Today 09:00–23:00", "Thu–Fri 09:00–23:00", "Saturday 10:00–20:00", "Sunday Not open", "Mon–Tue 09:00–23:00"]);
});

test("a night stands whole on the day on which it begins", () => {
  load({}, "en");
  const hours = daily("2026-11-24", 8, "18:00", "02:00");
  assert.deepEqual(rows(hours), ["Today 18:00–02:00", "Thu–Tue 18:00–02:00"]);
  // After midnight today has what is left of yesterday's.
  assert.equal(rows(hours, ts("2026-11-25T01:00"))[0], "Today 00:00–02:00 18:00–02:00");
});

test("what is open for days is shown day by day", () => {
  load({}, "en");
  const hours = [[ts("2026-11-24T08:00"), ts("2026-11-27T12:00")]];
  assert.deepEqual(rows(hours), ["Today All day", "Thursday All day", "Friday 00:00–12:00", "Sat–Tue Not open"]);
  assert.deepEqual(rows([[ts("2026-11-20T00:00"), ts("2026-12-20T00:00")]]), ["Today All day", "Thu–Tue All day"]);
});

test("another zone reads the same hours by its own clock", () => {
  process.env.TZ = "Asia/Tokyo";
  try {
    load({}, "en");
    assert.equal(openingText(Date.UTC(2026, 10, 26, 7), Date.UTC(2026, 10, 25, 12)), "We open tomorrow at 16:00, your time.");
    assert.equal(openingText(Date.UTC(2026, 10, 25, 15), Date.UTC(2026, 10, 25, 12)), "We open tomorrow at 00:00, your time.");
  } finally {
    process.env.TZ = "Europe/Helsinki";
  }
});
