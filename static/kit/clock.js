// How long somebody has waited, as a state with a word and a shape, never a colour alone.
const SECOND_MS = 1000;

function clockText(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// ts: server time of the oldest unanswered line in ms; null: everything is answered; undefined: unknown.
// now: server time in ms. limits: seconds.
export function waited(ts, now, limits = {}) {
  const { soon = 60, late = 120 } = limits;
  if (ts === null) return { state: "answered", text: "", seconds: null };
  if (ts === undefined || !Number.isFinite(ts) || !Number.isFinite(now)) return { state: "none", text: "–", seconds: null };
  const seconds = Math.max(0, Math.floor((now - ts) / SECOND_MS));
  const state = seconds >= late ? "late" : seconds >= soon ? "soon" : "calm";
  return { state, text: clockText(seconds), seconds };
}
