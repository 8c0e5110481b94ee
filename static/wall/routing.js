// Why a chat waits and what became of each offer, as sentences. Pure: the server's answer in, words out.

import { capital, t, tn } from "../kit/i18n.js";
import { language } from "./words.js";

// Those first about whom something can be done.
const ORDER = ["language", "skill", "team", "brand", "full", "asked", "draining", "away", "lost", "offline"];

// "3 speak no Finnish", without a full stop; n people.
export function excludedText(reason, n, chat) {
  switch (reason) {
    case "language": return tn("{n} speaks no {language}", "{n} speak no {language}", n, { language: language(chat.lang) });
    case "skill": return tn("{n} lacks the skill", "{n} lack the skill", n);
    case "team": return tn("{n} is in another team", "{n} are in other teams", n);
    case "brand": return tn("{n} does not serve this brand", "{n} do not serve this brand", n);
    case "full": return tn("{n} is full", "{n} are full", n);
    case "asked": return tn("{n} was asked already", "{n} were asked already", n);
    case "draining": return tn("{n} ends the shift soon", "{n} end the shift soon", n);
    case "away": return tn("{n} is away", "{n} are away", n);
    case "lost": return tn("{n} has no connection", "{n} have no connection", n);
    case "offline": return tn("{n} is offline", "{n} are offline", n);
    default: return `${n}: ${reason}`;
  }
}

// [{reason, text, names}] in the order of ORDER.
export function excludedRows(excluded, chat) {
  const place = (reason) => { const at = ORDER.indexOf(reason); return at < 0 ? ORDER.length : at; };
  return (excluded ?? []).filter((one) => one.agents.length > 0)
    .sort((a, b) => place(a.reason) - place(b.reason))
    .map((one) => ({ reason: one.reason, text: excludedText(one.reason, one.agents.length, chat), names: one.agents.map((agent) => agent.alias) }));
}

// The answer to "why is this one waiting?" in one or two sentences.
export function whyWaiting(answer, chat) {
  const ringing = answer.decisions.find((one) => one.state === "offered");
  if (ringing) return t("It rings at {alias} now.", { alias: ringing.agent.alias });
  if (!answer.waiting) return answer.state === "closed" ? t("The chat has ended.") : t("It waits no more: somebody has it.");
  const free = answer.waiting.free.map((agent) => agent.alias);
  if (free.length) return t("{alias} can take it, and is rung in a moment.", { alias: free[0] });
  const rows = excludedRows(answer.waiting.excluded, chat);
  if (!rows.length) return t("Nobody works for this brand now.");
  return `${t("Nobody can be rung.")} ${capital(rows.map((row) => row.text).join(", "))}.`;
}

export function declineText(reason) {
  switch (reason) {
    case "busy": return t("too much at once");
    case "language": return t("not the own language");
    case "topic": return t("not the own field");
    case "break": return t("going on a break");
    default: return reason;
  }
}

// What became of one offer: {icon, text, because}.
export function decision(one) {
  const { alias } = one.agent;
  const why = one.why ?? {};
  const because = why.returning ? t("served this player before")
    : why.candidates > 1 ? t("carried the least of {n} who were free", { n: why.candidates })
    : why.candidates === 1 ? t("the only one who was free") : "";
  switch (one.state) {
    case "accepted": return { icon: "check", text: t("{alias} took it", { alias }), because };
    case "declined":
      return { icon: "close", text: one.reason ? t("{alias} declined: {reason}", { alias, reason: declineText(one.reason) }) : t("{alias} declined", { alias }), because };
    case "timed_out": return { icon: "late", text: t("{alias} did not answer", { alias }), because };
    case "withdrawn": return { icon: "back", text: t("Taken back from {alias}", { alias }), because };
    case "offered": return { icon: "bell", text: t("Rings at {alias}", { alias }), because };
    default: return { icon: "dot", text: alias, because };
  }
}
