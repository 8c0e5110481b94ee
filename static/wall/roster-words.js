// What the roster says: days and hours by the clock of the zone that was chosen, names of skills.

import { capital, language, languageName, t } from "../kit/i18n.js";

const formats = new Map();

function format(zone, kind, options) {
  const key = `${zone} ${kind}`;
  if (!formats.has(key)) {
    const region = language() === "en" ? "en-GB" : language();
    formats.set(key, new Intl.DateTimeFormat(region, { ...options, timeZone: zone, hourCycle: "h23" }));
  }
  return formats.get(key);
}

export function dayText(ts, zone) {
  return format(zone, "day", { weekday: "short", day: "numeric", month: "short" }).format(ts);
}

export function weekday(ts, zone) {
  return format(zone, "weekday", { weekday: "short" }).format(ts);
}

export function dayOfMonth(ts, zone) {
  return format(zone, "of-month", { day: "numeric", month: "numeric" }).format(ts);
}

export function timeText(ts, zone) {
  return format(zone, "time", { hour: "2-digit", minute: "2-digit" }).format(ts);
}

// "Tue, 24 Nov 01:00–07:00"; an end at midnight is 24:00 of the day before.
export function spanText(from, to, zone) {
  const ends = timeText(to, zone);
  const last = ends === "00:00" ? to - 1 : to;
  const end = ends === "00:00" ? "24:00" : ends;
  const [first, second] = [dayText(from, zone), dayText(last, zone)];
  return first === second
    ? `${first} ${timeText(from, zone)}–${end}`
    : `${first} ${timeText(from, zone)} – ${second} ${end}`;
}

// Of what began before the first day only the end is told.
export function hoursText(duty, firstTs, zone) {
  const ends = timeText(duty.ends_ts, zone);
  const end = ends === "00:00" ? "24:00" : ends;
  return duty.starts_ts < firstTs ? t("until {when}", { when: end }) : `${timeText(duty.starts_ts, zone)}–${end}`;
}

export function skillName(skill) {
  switch (skill) {
    case "": return t("General");
    case "player_safety": return t("Player safety");
    default: return capital(skill.replaceAll("_", " "));
  }
}

export function languageTitle(code) {
  return capital(languageName(code));
}
