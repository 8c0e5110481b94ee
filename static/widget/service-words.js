// What the widget says of how one can be served, and when, in whole sentences.
import { formatDayTime, formatNumber, formatTime, formatWeekday, t } from "../kit/i18n.js";
import { dayOf, outlook } from "./service.js";

export function waitText(seconds) {
  return seconds < 60 ? t("under 1 min") : t("{n} min", { n: formatNumber(Math.ceil(seconds / 60)) });
}

// When we open, in the time of whoever reads it.
export function openingText(ts, now) {
  if (ts === null) return t("We are closed.");
  switch (dayOf(ts, now)) {
    case "today": return t("We open today at {time}, your time.", { time: formatTime(ts) });
    case "tomorrow": return t("We open tomorrow at {time}, your time.", { time: formatTime(ts) });
    default: return t("We open: {when}, your time.", { when: formatDayTime(ts) });
  }
}

// How one can be served now: {kind, icon, said, more}.
export function serviceText(service, now) {
  const kind = outlook(service);
  const { eta_s, capped } = service;
  const instead = t("Leave a message, and we answer here.");
  switch (kind) {
    case "available": return { kind, icon: "check", said: t("Available now"), more: untilText(service, now) };
    case "closed": return { kind, icon: "closed", said: openingText(service.opens_ts, now), more: instead };
    case "unspoken":
      return { kind, icon: "clock", said: t("Nobody on duty speaks your language right now"), more: capped ? instead : t("You can wait in the queue, or leave a message.") };
    case "long":
      return { kind, icon: "clock", said: t("Expected wait: {wait}", { wait: waitText(eta_s) }), more: `${t("That is too long to let you wait.")} ${instead}` };
    default:
      return eta_s === null
        ? { kind, icon: "clock", said: t("Everybody is busy right now"), more: t("We cannot say honestly how long it takes right now. You keep your place, also if you close this window.") }
        : { kind, icon: "clock", said: t("Expected wait: {wait}", { wait: waitText(eta_s) }), more: t("You keep your place, also if you close this window.") };
  }
}

// A closing time that is near enough to matter.
function untilText({ closes_ts }, now) {
  if (closes_ts === null || closes_ts - now > 24 * 60 * 60 * 1000) return null;
  return t("Open until {time}, your time.", { time: formatTime(closes_ts) });
}

// A row of the week (service.js): [days, times].
export function weekRow({ from, to, today, allDay, spans }) {
  const names = [from, to].map((ts) => formatWeekday(ts, "short"));
  const days = today ? t("Today") : from === to ? formatWeekday(from) : names.join("–");
  if (!spans.length) return [days, [t("Not open")]];
  return [days, allDay ? [t("All day")] : spans.map((span) => span.map(formatTime).join("–"))];
}
