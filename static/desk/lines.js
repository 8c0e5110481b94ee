// What one transcript shows, as rows for the screen: groups, sentences, states. Pure.
import { merged } from "./log.js";

const GROUP_MS = 5 * 60 * 1000;
const SILENT = new Set(["survey", "queued", "redacted"]);

// log: transcript; pending: entries of the outbox (replies and notes) in the order written.
// Rows: {key, kind: "in"|"out"|"note"|"event"|"pending", tail, …}; `tail` closes a group and
// carries its time.
export function rows(log, pending) {
  const known = new Set(log.events.map((event) => event.cmid).filter(Boolean));
  for (const note of log.notes) if (note.cmid) known.add(note.cmid);
  const list = [];
  for (const item of merged(log.events, log.notes)) {
    const row = item.note_seq === undefined ? eventRow(item) : noteRow(item);
    if (row) list.push(row);
  }
  for (const entry of pending) if (!known.has(entry.cmid)) list.push(pendingRow(entry));
  list.forEach((row, i) => { row.tail = !sameGroup(row, list[i + 1]); });
  const own = list.filter((row) => row.kind === "out");
  if (own.length) own[own.length - 1].lastOwn = true;
  return list;
}

function eventRow(event) {
  if (event.kind === "message") {
    const role = event.from?.role;
    return {
      key: `e${event.seq}`, kind: role === "player" ? "in" : "out", role, seq: event.seq, ts: event.ts,
      alias: event.from?.alias ?? null, body: event.body ?? "", removed: isRemoved(event),
    };
  }
  if (SILENT.has(event.kind) && event.data?.reason !== "returned") return null;
  return { key: `e${event.seq}`, kind: "event", event, ts: event.ts };
}

function isRemoved(event) {
  return event.redacted === true || event.body === null || event.body === undefined;
}

function noteRow(note) {
  return {
    key: `n${note.note_seq}`, kind: "note", note: note.kind, ts: note.ts, body: note.body ?? "",
    alias: note.from?.alias ?? null, on: note.data?.on !== false, flag: note.kind === "flag" ? flagOf(note.data ?? {}) : null, removed: note.redacted === true,
  };
}

// What a flag of the staff's sequence is about.
function flagOf(facts) {
  if (facts.handover) return "handover";
  if (facts.first_reply) return "first_reply";
  if (facts.identified) return "identified";
  return typeof facts.on === "boolean" ? "help" : "other";
}

function pendingRow(entry) {
  return {
    key: `p${entry.cmid}`, kind: "pending", note: entry.mode === "note", cmid: entry.cmid,
    body: entry.body, state: entry.state, code: entry.code ?? null, final: entry.final === true,
    ts: entry.ts ?? null,
  };
}

// One word under the last of them says it for all that are on their way.
function underWay(row) {
  return !row.note && row.state !== "failed" && row.state !== "sent";
}

function sameGroup(row, next) {
  if (row.kind === "pending") return next?.kind === "pending" && underWay(row) && underWay(next);
  return Boolean(next) && row.kind === next.kind && (row.kind === "in" || row.kind === "out")
    && row.alias === next.alias && next.ts - row.ts < GROUP_MS;
}
