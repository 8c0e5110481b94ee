// The desk's view of one conversation's transcript: a thin layer over the shared reducer.
import { apply } from "../kit/transcript.js";

// {log, gap|null}: the hole to ask for. A page of the past always brings the newest notes as well, so
// a hole in the notes is asked for like one before the first line that is still to come.
export function fold(log, frame) {
  const { state, gap, noteGap } = apply(log, frame);
  return { log: state, gap: gap ?? (noteGap ? { from: Math.max(1, state.last - 1), to: state.last } : null) };
}

export function last(log, test) {
  for (let i = log.events.length - 1; i >= 0; i--) if (test(log.events[i])) return log.events[i];
  return null;
}

export const lastMessage = (log) => last(log, (event) => event.kind === "message");

export function lastFrom(log, role) {
  return last(log, (event) => event.kind === "message" && event.from?.role === role);
}

// "sent" | "delivered" | "seen" of an own message, by the marks of the player's side.
export function reached(seq, chat) {
  if (seq <= (chat?.read?.player ?? 0)) return "seen";
  return seq <= (chat?.delivered?.player ?? 0) ? "delivered" : "sent";
}

// Events and notes in the order in which they happened. Within either sequence the numbers decide,
// never the clock; between the two only the clock can.
export function merged(events, notes) {
  const all = [];
  let n = 0;
  for (const event of events) {
    while (n < notes.length && notes[n].ts < event.ts) all.push(notes[n++]);
    all.push(event);
  }
  return all.concat(notes.slice(n));
}
