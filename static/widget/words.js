// What the widget says about events, states and refusals, in whole sentences.
import { formatDayTime, formatNumber, formatTime, formatWeekday, t } from "../kit/i18n.js";
import { dayOf, outlook } from "./service.js";

export function toldText(event, brand) {
  const alias = event.from?.alias ?? "";
  const { data } = event;
  switch (event.kind) {
    case "opened": return openedText(data?.topic, brand);
    case "joined": return t("You are talking to {alias}, a person.", { alias });
    case "left": return leftText(data?.reason, alias);
    case "queued": return t("You are back at the front of the queue. You need not repeat anything.");
    case "transferred": return data?.to_alias
      ? t("{alias} hands this chat over to {other}.", { alias, other: data.to_alias })
      : t("{alias} hands this chat over to a specialist.", { alias });
    case "closed": return closedText(data?.by, alias);
    case "reopened": return t("The chat goes on.");
    default: return event.body ?? "";
  }
}

function leftText(reason, alias) {
  if (!alias) return t("Your contact had to leave this chat.");
  switch (reason) {
    case "no_reply": return t("{alias} did not answer in time. Somebody else will.", { alias });
    case "full": return t("{alias} is with other players at the moment. Somebody else will answer.", { alias });
    case "shift_end": return t("The shift of {alias} has ended. Somebody else will answer.", { alias });
    default: return t("{alias} had to leave this chat.", { alias });
  }
}

function openedText(topic, brand) {
  const label = topicLabel(topic, brand);
  return label ? t("About: {topic}", { topic: label }) : t("The chat has begun.");
}

function closedText(by, alias) {
  if (by === "player") return t("You ended this chat.");
  if (by === "system") return t("We closed this chat because we did not hear from you. You can start another one at any time.");
  return alias ? t("{alias} ended this chat.", { alias }) : t("This chat has ended.");
}

export function topicLabel(id, brand) {
  return brand?.topics?.find((topic) => topic.id === id)?.label ?? "";
}

// The state of the player's own line: [word, icon].
export function stateWord(state, live) {
  switch (state) {
    case "waiting": return live ? [t("Sending"), "clock"] : [t("Waiting for connection"), "clock"];
    case "delivered": return [t("Delivered"), "checks"];
    case "seen": return [t("Seen"), "checks"];
    default: return [t("Sent"), "check"];
  }
}

// Whether the same text may be taken another time; else only another text helps.
export function mayHelp(code) {
  return !["bad_field", "bad_frame", "too_big", "cmid_reused"].includes(code);
}

export function failureText(code) {
  switch (code) {
    case "closed": return t("Not sent. The chat had already ended.");
    case "blocked": return t("Not sent. This account cannot use the chat.");
    case "bad_field": return t("Not sent. The text holds signs that cannot be sent.");
    default: return t("Not sent. The server refused it.");
  }
}

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

// Why there is no chat, and what to do: {title, text, act: "reload" | "again" | null, label}.
export function refusalText(code) {
  const reload = { act: "reload", label: t("Reload the chat") };
  switch (code) {
    case "blocked":
      return { title: t("The chat is closed for this account"), text: t("Please use another way to reach us. The contact page of this site names them."), act: null };
    case "forbidden":
      return { title: t("Sign in to chat"), text: t("This chat is for players who have signed in. Sign in on this site, then open the chat again."), act: null };
    case "bad_token":
      return { title: t("We could not check who you are"), text: t("Reload this page and open the chat again. If that does not help, sign in once more."), act: null };
    case 4409:
      return { title: t("The chat is open in another window"), text: t("Go on there, or continue here."), act: "again", label: t("Continue here") };
    case 4401:
      return { title: t("You have been signed out"), text: t("This chat was ended on this device for your safety."), act: "again", label: t("Start again") };
    case 4410:
      return { title: t("There is a newer version of this chat"), text: t("Reload it to go on. Nothing you wrote is lost."), ...reload };
    default:
      return { title: t("The chat is not available here"), text: t("Reload it, or try again later."), ...reload };
  }
}
