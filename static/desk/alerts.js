// What must be heard and what the tab's title says. Pure.

// "offer" | "chat" | "message" | null: why the change from `before` to `after` makes a sound.
// watched: the page is visible and has the focus.
export function soundFor(before, after, watched) {
  if (!before.ready) return Object.keys(after.offers).length ? "offer" : null;
  if (Object.keys(after.offers).some((offer) => !before.offers[offer])) return "offer";
  for (const [conv, chat] of Object.entries(after.chats)) {
    const known = before.chats[conv];
    // A chat that was not asked for came by assignment or take-over.
    if (!known && before.expect !== conv) return "chat";
    if (!known || (chat.unread ?? 0) <= (known.unread ?? 0)) continue;
    if ((known.unread ?? 0) === 0 && !(watched && after.focus === conv)) return "message";
  }
  return null;
}

export function unreadTotal(state) {
  return Object.values(state.chats).reduce((sum, chat) => sum + (chat.unread ?? 0), 0)
    + Object.keys(state.offers).length;
}

// Something still rings: an offer, or an unread line in a page that nobody looks at.
export function stillRinging(state, watched) {
  if (Object.keys(state.offers).length) return true;
  return !watched && Object.values(state.chats).some((chat) => chat.unread > 0 && chat.waiting_since_ts != null);
}

// The chat whose player has waited longest, another one than the focused if there is one.
export function longestWaiting(state) {
  const waiting = Object.values(state.chats).filter((chat) => chat.waiting_since_ts != null)
    .sort((a, b) => a.waiting_since_ts - b.waiting_since_ts);
  const others = waiting.filter((chat) => chat.conv !== state.focus);
  return (others[0] ?? waiting[0])?.conv ?? null;
}
