// The countdown of a chat that owes a first reply. Pure.

const NEAR_MS = 10_000;

// null, or {left, tone}: milliseconds until it goes back to the queue; tone "" | "warn" (the agent is
// warned) | "danger" (it goes back in a moment).
export function replyDue(chat, now) {
  // Whoever is handed over and has been answered waits for nothing.
  if (!chat?.reply_due_ts || (chat.answered && chat.waiting_since_ts === null)) return null;
  const left = Math.max(0, chat.reply_due_ts - now);
  return { left, tone: left <= NEAR_MS ? "danger" : chat.warn_ts !== null && chat.warn_ts <= now ? "warn" : "" };
}

// What must be said aloud: the chats whose tone has just become worse. `before`: {conv: tone}.
export function crossed(before, chats, now) {
  const tones = {};
  const worse = [];
  for (const chat of Object.values(chats)) {
    const due = replyDue(chat, now);
    if (!due) continue;
    tones[chat.conv] = due.tone;
    if (due.tone && due.tone !== (before[chat.conv] ?? "")) worse.push({ chat, ...due });
  }
  return { tones, worse };
}

// What the places hold that no chat or offer stands in: {free, taken}. A heavy chat takes several places
// and a wrap-up keeps one for a while.
export function emptyPlaces(state, empty) {
  const free = Math.max(0, Math.min(empty, state.capacity - state.load));
  return { free, taken: empty - free };
}

// The chat that takes more than one place, if there is one.
export function heaviest(chats) {
  const heavy = Object.values(chats).filter((chat) => chat.weight > 1 && !chat.sleeping);
  return heavy.sort((a, b) => b.weight - a.weight)[0] ?? null;
}
