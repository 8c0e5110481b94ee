// What the transcript shows, row by row: days, sentences about what happened, and bubbles in groups.
import { hidden } from "../kit/care.js";
import { lines } from "../kit/transcript.js";
import { progress } from "./state.js";

const GROUP_MS = 5 * 60_000;
const TOLD = new Set(["opened", "queued", "joined", "left", "transferred", "closed", "reopened"]);

// Rows: {key, type: "day", ts} · {key, type: "told", event} ·
//   {key, type: "bubble", own, body, hidden, redacted, ts, alias, first, last, state, entry}
// first, last: of a group by one writer. state: of the player's own lines where it is worth saying.
// hidden: what was hidden in his own line (kit/care.js).
export function rows(log, pending, conv) {
  const out = [];
  let day = null;
  const began = new Date();
  for (const { key, event, entry } of lines(log, pending)) {
    const ts = event?.ts ?? entry.sent_ts ?? entry.ts;
    if (event && event.kind !== "message" && !told(event)) continue;
    const today = new Date(ts).toDateString();
    if (day !== today && (day !== null || today !== began.toDateString())) out.push({ key: `d${today}`, type: "day", ts });
    day = today;
    if (event && (event.kind !== "message" || event.from?.role === "system")) out.push({ key, type: "told", event, ts });
    else out.push(bubble(key, event, entry, ts));
  }
  return marked(grouped(out), conv);
}

// That a conversation was put into the queue is told only when it comes back there.
function told(event) {
  return TOLD.has(event.kind) && !(event.kind === "queued" && (event.data?.reason ?? "new") === "new");
}

function bubble(key, event, entry, ts) {
  const own = !event || event.from?.role === "player";
  const body = event?.body ?? entry?.body ?? "";
  return {
    key, type: "bubble", own, ts, entry, seq: event?.seq ?? entry?.seq ?? null, body, hidden: own ? hidden(body) : null,
    redacted: Boolean(event?.redacted), alias: own ? null : (event.from?.alias ?? ""), first: true, last: true, state: null,
  };
}

function grouped(list) {
  list.forEach((row, i) => {
    const before = list[i - 1];
    if (row.type !== "bubble" || before?.type !== "bubble") return;
    const same = row.own === before.own && row.alias === before.alias && row.ts - before.ts < GROUP_MS;
    const apart = [row, before].some((one) => one.entry && one.entry.state === "failed");
    if (same) row.first = false;
    if (same && !apart) before.last = false;
  });
  return list;
}

// One state under the last own line; under an earlier one only where it differs from what follows.
function marked(list, conv) {
  let following = null;
  for (let i = list.length - 1; i >= 0; i--) {
    const row = list[i];
    if (row.type !== "bubble" || !row.own) continue;
    const state = stateOf(row, conv);
    if (state !== following || state === "failed") row.state = state;
    if (row.state) row.last = true;
    following = state;
  }
  return list;
}

function stateOf(row, conv) {
  // In flight or behind one that is: for the player it is all one.
  if (row.entry && row.entry.state !== "sent") return row.entry.state === "failed" ? "failed" : "waiting";
  return progress(row.seq ?? Infinity, conv);
}
