// The desk's view of one conversation's transcript: a thin layer over the shared reducer.
import { apply } from "../kit/transcript.js";

// Always {log, gap|null}, whatever the frame.
export function fold(log, frame) {
  const result = apply(log, frame);
  return result.state ? { log: result.state, gap: result.gap ?? null } : { log: result, gap: null };
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
