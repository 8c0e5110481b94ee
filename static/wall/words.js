// What the wall says. Every sentence stands here or in a view as a literal, for the catalogue.

import { language as pageLanguage, languageName, t, tn } from "../kit/i18n.js";
import { duration, since } from "./limits.js";

let clocks = null;

// A wall has one clock, of 24 hours in every language: "23:12", with seconds "23:12:05".
export function clockTime(ts, seconds = false) {
  if (clocks === null) {
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    clocks = [new Intl.DateTimeFormat(pageLanguage(), parts), new Intl.DateTimeFormat(pageLanguage(), { ...parts, second: "2-digit" })];
  }
  return clocks[Number(seconds)].format(ts);
}

export function language(code) {
  return code ? languageName(code) : t("an unknown language");
}

export function topicName(topic) {
  switch (topic) {
    case "withdrawal": return t("Withdrawal");
    case "deposit": return t("Deposit");
    case "bonus": return t("Bonus");
    case "verification": return t("Verification");
    case "login": return t("Signing in");
    case "technical": return t("Technical problem");
    case "account": return t("Account");
    case "complaint": return t("Complaint");
    case "stop_gambling": return t("Stop gambling");
    case "other": return t("Something else");
    default: return topic || "–";
  }
}

// Player ids are opaque and may be long; the end tells two of them apart.
export function shortId(id) {
  const text = String(id ?? "");
  if (!text) return "–";
  return text.length <= 10 ? text : `…${text.slice(-5)}`;
}

export function playerLabel(player, revealed) {
  if (!player) return "–";
  return revealed && player.name ? player.name : shortId(player.id);
}

export function reasonText(reason, chat, now) {
  const alias = chat.agent?.alias ?? t("The agent");
  const time = since(reason.ts, now);
  switch (reason.code) {
    case "stop_gambling": return t("Asks to stop gambling");
    case "nobody_on_duty": return t("Nobody on duty speaks {language}", { language: language(chat.lang) });
    case "unanswered_late": return t("No answer for {time}", { time });
    case "unanswered_soon": return t("Answer due soon");
    case "wait_late":
      return reason.waits === "offered"
        ? t("Waiting {time}, on offer", { time })
        : t("Waiting {time}, nobody free", { time });
    case "wait_soon": return reason.waits === "offered" ? t("Waiting, on offer") : t("Waiting, nobody free");
    case "help": return t("{alias} asks for help", { alias });
    case "first_reply_late":
      return reason.ts === null ? t("First reply late") : t("First reply late, back to the queue in {time}", { time: duration(reason.ts - now) });
    case "agent_lost": return t("{alias} has no connection", { alias });
    case "nobody_free": return t("Waiting, nobody free");
    default: return "";
  }
}

export const REASON_ICON = {
  stop_gambling: "pause",
  nobody_on_duty: "globe",
  unanswered_late: "late",
  wait_late: "late",
  help: "lifebuoy",
  first_reply_late: "half",
  agent_lost: "no-wifi",
  unanswered_soon: "half",
  wait_soon: "half",
  nobody_free: "clock",
};

export function breachText(breach, now) {
  switch (breach.kind) {
    case "stop_gambling":
      return tn("{n} waiting asks to stop gambling", "{n} waiting ask to stop gambling", breach.count);
    case "wait":
      return t("Longest wait {time}, limit {limit}", { time: since(breach.from, now), limit: duration(breach.limit_s * 1000) });
    case "language":
      return t("{language}: {n} waiting, nobody on duty", { language: language(breach.lang), n: breach.count });
    case "unanswered":
      return t("No answer for {time}, limit {limit}", { time: since(breach.from, now), limit: duration(breach.limit_s * 1000) });
    case "lost":
      return tn("{alias} without connection, {n} chat", "{alias} without connection, {n} chats", breach.count, { alias: breach.alias });
    case "waiting":
      return t("{n} waiting, limit {limit}", { n: breach.count, limit: breach.limit });
    case "first_reply":
      return t("First reply {time}, limit {limit}", { time: duration(breach.ms), limit: duration(breach.limit_s * 1000) });
    case "abandoned":
      return t("{n} gave up waiting, limit {limit}", { n: breach.count, limit: breach.limit });
    case "places":
      return t("No free place");
    case "alarm":
      return alarmText(breach.alarm);
    default:
      return "";
  }
}

// The same breach without its running figures, for the log.
export function breachName(breach) {
  switch (breach.kind) {
    case "stop_gambling": return t("asks to stop gambling");
    case "wait": return t("longest wait");
    case "language": return t("nobody on duty speaks {language}", { language: language(breach.lang) });
    case "unanswered": return t("longest unanswered");
    case "lost": return t("{alias} without connection", { alias: breach.alias });
    case "waiting": return t("length of the queue");
    case "first_reply": return t("first reply");
    case "abandoned": return t("gave up waiting");
    case "places": return t("no free place");
    case "alarm": return alarmText(breach.alarm);
    default: return "";
  }
}

// What the server itself raised, as a sentence.
export function alarmText({ kind, facts = {} }) {
  switch (kind) {
    case "missed": return t("{alias} missed three offers and is away now.", { alias: facts.alias ?? "–" });
    case "suspicion":
      return facts.because === "redis"
        ? t("No chat is moved for now: it is not known who is connected.")
        : t("No chat is moved for now: the dispatcher has just started and looks who is there.");
    case "presence_breaker":
      return t("{n} of {all} agents vanished at once. Their chats stay where they are until that is understood.", { n: facts.losing ?? "–", all: facts.there ?? "–" });
    case "coverage_hole": return holeText(facts);
    default: return t("Alarm: {kind}", { kind });
  }
}

function holeText({ lang, skill, from_ts, to_ts }) {
  const what = [lang && language(lang), skill].filter(Boolean).join(", ") || "–";
  return from_ts && to_ts
    ? t("Nobody is planned for {what} from {from} to {to}.", { what, from: clockTime(from_ts), to: clockTime(to_ts) })
    : t("Nobody is planned for {what}.", { what });
}

// Idle is told from five minutes on; it is a fact beside the status and changes none.
export const IDLE_MIN = 5;

export function idleText(agent) {
  const idle = agent.idle_min;
  return idle !== null && idle !== undefined && idle >= IDLE_MIN ? t("idle {n} min", { n: idle }) : null;
}

export function statusReason(reason) {
  switch (reason) {
    case null:
    case undefined:
    case "": return "";
    case "lunch": return t("lunch");
    case "break": return t("break");
    case "training": return t("training");
    case "phone": return t("on the phone");
    case "email": return t("e-mail");
    case "meeting": return t("meeting");
    case "coaching": return t("coaching");
    case "shift_end": return t("shift over");
    case "wrap_up": return t("wrap-up");
    case "missed": return t("offers missed");
    case "supervisor": return t("set by a supervisor");
    default: return reason;
  }
}

// {icon, tone, text, ts}: what stands beside an agent's name, the most telling fact first.
export function agentState(agent, asksForHelp) {
  if (agent.connected === false && agent.status !== "offline") {
    return { icon: "no-wifi", tone: "danger", text: t("No connection"), ts: agent.lost_ts ?? null };
  }
  if (asksForHelp) return { icon: "lifebuoy", tone: "warn strong", text: t("Asks for help"), ts: null };
  if (agent.offered > 0) {
    return { icon: "bell", tone: "plain", text: tn("{n} offer", "{n} offers", agent.offered), ts: null };
  }
  const reason = statusReason(agent.reason);
  if (agent.draining_since_ts && agent.status !== "offline") {
    const ends = agent.shift_ends_ts;
    return { icon: "clock", tone: "warn", text: ends ? t("Shift ends {time}", { time: clockTime(ends) }) : t("Shift ends soon"), ts: null };
  }
  switch (agent.status) {
    case "available": return { icon: "dot", tone: "ok", text: t("Available"), ts: agent.since_ts };
    case "away":
      return { icon: "half", tone: "warn", text: reason ? t("Away, {reason}", { reason }) : t("Away"), ts: agent.since_ts };
    case "offline":
      return { icon: "ring", tone: "plain", text: reason ? t("Offline, {reason}", { reason }) : t("Offline"), ts: agent.since_ts };
    default: return { icon: "ring", tone: "plain", text: "–", ts: null };
  }
}

export function connection(agent) {
  if (agent.connected === true) return t("Connected");
  if (agent.connected === false) return t("No connection");
  return t("Connection unknown");
}

// "12 min", "2 h 05 min"; from milliseconds.
export function openFor(ms) {
  if (ms === null || Number.isNaN(ms)) return "–";
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return t("{n} min", { n: minutes });
  return t("{h} h {m} min", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

// Short enough for a name's line: "4:05", "36 min", "2:10 h".
export function forHow(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "";
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 10) return duration(ms);
  if (minutes < 60) return t("{n} min", { n: minutes });
  return t("{time} h", { time: `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}` });
}

export function refusal(code) {
  switch (code) {
    case "closed": return t("The chat has ended.");
    case "not_found": return t("There is no such chat any more.");
    case "forbidden": return t("You may not do this.");
    case "already_taken": return t("Somebody else took it.");
    case "at_capacity": return t("That agent has no free place.");
    case "blocked": return t("That agent may not take this chat.");
    case "rate": return t("Too many commands at once. Wait a moment.");
    case "unavailable": return t("The server cannot do this now. Try again in a moment.");
    case "too_big":
    case "bad_field": return t("The server did not accept the text.");
    default: return t("No answer from the server.");
  }
}
