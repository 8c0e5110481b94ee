// Which chats need a supervisor, why, and in what order. Pure.

import { level } from "./limits.js";
import { waitsFor } from "./tiles.js";

// Rank: lower is more urgent. tone: danger | warn | plain.
const RANKS = ["stop_gambling", "nobody_on_duty", "unanswered_late", "wait_late", "help", "first_reply_late", "agent_lost", "unanswered_soon", "wait_soon", "nobody_free"];
const TONES = {
  stop_gambling: "danger",
  nobody_on_duty: "danger",
  unanswered_late: "danger",
  wait_late: "danger",
  help: "warn",
  first_reply_late: "warn",
  agent_lost: "warn",
  unanswered_soon: "warn",
  wait_soon: "warn",
  nobody_free: "plain",
};

// Every reason of a chat, the most urgent first: {code, rank, tone, ts, waits?}.
export function reasons(chat, agents, limits, now) {
  const codes = new Map();
  const why = new Set(chat.why ?? []);
  if (why.has("stop_gambling")) codes.set("stop_gambling", chat.waiting_since_ts ?? chat.unanswered_since_ts ?? chat.opened_ts);
  if (chat.help || why.has("help")) codes.set("help", null);
  if (chat.state === "queued") {
    const waits = waitsFor(chat);
    const late = level(chat.waiting_since_ts, now, limits.wait_soon_s, limits.wait_late_s);
    if (waits === "nobody_on_duty") codes.set("nobody_on_duty", chat.waiting_since_ts);
    else if (late === "late") codes.set("wait_late", chat.waiting_since_ts);
    else if (late === "soon") codes.set("wait_soon", chat.waiting_since_ts);
    else if (waits === "nobody_free") codes.set("nobody_free", chat.waiting_since_ts);
  } else {
    const late = level(chat.unanswered_since_ts, now, limits.unanswered_soon_s, limits.unanswered_late_s);
    if (late === "late") codes.set("unanswered_late", chat.unanswered_since_ts);
    else if (late === "soon") codes.set("unanswered_soon", chat.unanswered_since_ts);
    const agent = chat.agent ? agents[chat.agent.id] : null;
    if (why.has("first_reply_late")) codes.set("first_reply_late", chat.due_ts ?? null);
    if (why.has("agent_lost") || agent?.connected === false) codes.set("agent_lost", null);
  }
  return RANKS.filter((code) => codes.has(code)).map((code) => ({
    code,
    rank: RANKS.indexOf(code),
    tone: TONES[code],
    ts: codes.get(code),
    waits: chat.state === "queued" ? waitsFor(chat) : null,
  }));
}

const oldestFirst = (a, b) => (a ?? Infinity) - (b ?? Infinity) || 0;

export function clockOf(chat) {
  return chat.state === "queued" ? chat.waiting_since_ts ?? null : chat.unanswered_since_ts ?? null;
}

// {needs: [{chat, reasons}], quiet: [{chat, reasons: []}]}
export function sort(chats, agents, limits, now) {
  const needs = [];
  const quiet = [];
  for (const chat of chats) {
    const found = reasons(chat, agents, limits, now);
    (found.length ? needs : quiet).push({ chat, reasons: found });
  }
  const order = (a, b) =>
    oldestFirst(clockOf(a.chat), clockOf(b.chat)) ||
    oldestFirst(a.chat.opened_ts, b.chat.opened_ts) ||
    (a.chat.conv < b.chat.conv ? -1 : 1);
  needs.sort((a, b) => a.reasons[0].rank - b.reasons[0].rank || order(a, b));
  quiet.sort(order);
  return { needs, quiet };
}

// Nothing moves under the pointer: while the list is held, every row keeps its place, a chat that
// is gone stays as a mark of its place, and newcomers stand at the end.
export function hold(shown, rows, held) {
  if (!held) return rows;
  const fresh = new Map(rows.map((row) => [row.chat.conv, row]));
  const kept = shown.map((row) => {
    const current = fresh.get(row.chat.conv);
    fresh.delete(row.chat.conv);
    return current ?? { ...row, gone: true };
  });
  return [...kept, ...fresh.values()];
}

// What a click on a figure shows: the same rows, narrowed.
export function focused(rows, focus) {
  if (!focus) return rows;
  return rows.filter(({ chat }) => {
    switch (focus.kind) {
      case "wait":
        return chat.state === "queued";
      case "offered":
      case "nobody_free":
      case "nobody_on_duty":
        return chat.state === "queued" && waitsFor(chat) === focus.kind;
      case "unanswered":
        return chat.state !== "queued" && chat.unanswered_since_ts !== null && chat.unanswered_since_ts !== undefined;
      case "stop_gambling":
        return chat.topic === "stop_gambling" || (chat.why ?? []).includes("stop_gambling");
      case "language":
        return chat.lang === focus.lang && chat.state === "queued";
      case "agent":
        return chat.agent?.id === focus.agent;
      default:
        return true;
    }
  });
}
