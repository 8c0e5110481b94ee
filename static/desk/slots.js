// Places in the rail. A chat keeps its place for its life; an offer shows in the place that it
// would fill; a place that becomes free stays where it is.

export function emptyPlaces(capacity = 0) {
  return { of: {}, count: capacity };
}

// places: {of: {conv: index}, count}; convs: chats and offers in the order they should be given
// places. Whoever has one keeps it, leavers free theirs, newcomers get the first free one. More
// than `capacity` (a supervisor may force that) adds places at the end.
export function arrange(places, convs, capacity) {
  const of = {};
  const taken = new Set();
  for (const conv of convs) {
    const index = places.of[conv];
    if (index === undefined || taken.has(index)) continue;
    of[conv] = index;
    taken.add(index);
  }
  for (const conv of convs) {
    if (of[conv] !== undefined) continue;
    let index = 0;
    while (taken.has(index)) index += 1;
    of[conv] = index;
    taken.add(index);
  }
  const highest = Math.max(-1, ...taken);
  const count = Math.max(capacity, highest + 1);
  return same(places, of, count) ? places : { of, count };
}

// [conv|null] by index.
export function row(places) {
  const list = new Array(places.count).fill(null);
  for (const [conv, index] of Object.entries(places.of)) list[index] = conv;
  return list;
}

// The next chat up or down in place order, round the end; null when there is none.
export function neighbour(places, conv, step, isChat = () => true) {
  const order = row(places).filter((other) => other && isChat(other));
  if (!order.length) return null;
  const at = order.indexOf(conv);
  if (at < 0) return order[step > 0 ? 0 : order.length - 1];
  return order[(at + step + order.length) % order.length];
}

// How many transcripts fit side by side, in CSS pixels.
export function paneCount(width, panelOpen) {
  const rail = width >= 1920 ? 296 : 288;
  const panel = panelOpen ? (width >= 1920 ? 320 : 300) : 0;
  return width < 1000 ? 1 : Math.max(1, Math.min(3, Math.floor((width - rail - panel) / 380)));
}

function same(places, of, count) {
  const keys = Object.keys(of);
  return places.count === count
    && keys.length === Object.keys(places.of).length
    && keys.every((key) => places.of[key] === of[key]);
}
