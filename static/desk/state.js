// The whole desk as one value, changed only by reduce(). No DOM, no socket, no clock: `at` is the
// local time in ms at which the frame or act came.
import { empty, resuming } from "../kit/transcript.js";
import { fold, last } from "./log.js";
import { arrange, emptyPlaces, row } from "./slots.js";

const RESULT_MS = 8000;
const TYPING_MS = 6000;

export function initial() {
  return {
    me: null, db: null, rev: null, ready: false, limits: { body_chars: 4000 },
    link: { state: "connecting", since: null, code: null, tries: 0, retryAt: null },
    status: { status: "offline", reason: null, since_ts: null, missed: 0 },
    capacity: 0, load: 0, drains: null, chats: {}, offers: {}, waiting: { count: 0, oldest_ts: null, chats: [] },
    places: emptyPlaces(), results: {},
    logs: {}, gaps: {}, loading: {}, alias: {}, typing: {}, seen: {},
    panes: [], recent: [], focus: null, limit: 1, mode: {}, expect: null, leaving: {}, gone: {},
  };
}

const FRAMES = {
  welcome: onWelcome, desk: onDesk, conv: onConv, ev: onEvent, note_ev: onNote, eph: onEphemeral,
  offer: onOffer, offer_gone: onOfferGone, history: onHistory, resumed: onResumed,
};

const ACTS = {
  link: (state, act, at) => ({ ...state, link: linked(state.link, act, at) }),
  show: (state, { conv }) => show(state, conv),
  focus: (state, { conv }) => (state.panes.includes(conv) ? focused(state, conv) : state),
  hide: (state, { conv }) => hide(state, conv),
  mode: (state, { conv, mode }) => ({ ...state, mode: { ...state.mode, [conv]: mode } }),
  limit: (state, { limit }) => (limit === state.limit ? state : fillPanes(trimmed({ ...state, limit }))),
  loading: (state, { conv, on }) => ({ ...state, loading: on ? { ...state.loading, [conv]: on } : without(state.loading, conv) }),
  // The chat that the agent has just asked for comes to the front when the server gives it.
  expect: (state, { conv }) => (state.chats[conv] ? show(state, conv) : { ...state, expect: conv }),
  leaving: (state, { conv, on }) => ({ ...state, leaving: { ...state.leaving, [conv]: on } }),
  seen: onSeen,
};

// frame: from the server ({t: …}) or the desk itself ({act: …}). Unknown ones change nothing.
export function reduce(state, frame, at = 0) {
  const handler = frame.act ? ACTS[frame.act] : FRAMES[frame.t];
  return handler ? handler(state, frame, at) : state;
}

// What the desk must ask the server for: the newest lines of a chat that has none yet, and holes.
export function needs(state) {
  if (state.link.state !== "live") return [];
  return Object.keys(state.chats).flatMap((conv) => {
    if (state.loading[conv]) return [];
    if (!state.logs[conv]?.last) return [{ conv }];
    const gap = state.gaps[conv];
    return gap ? [{ conv, before: gap.to + 1, limit: gap.to - gap.from + 1 }] : [];
  });
}

function linked(link, act, at) {
  const lost = act.state !== "live";
  return {
    state: act.state, code: act.code ?? null, tries: act.tries ?? 0, retryAt: act.retryAt ?? null,
    since: lost ? (link.state === "live" || link.since === null ? at : link.since) : null,
  };
}

function onWelcome(state, frame) {
  const fresh = state.db !== null && state.db !== frame.db;
  const logs = fresh ? {} : { ...state.logs };
  for (const conv of frame.resumed ?? []) if (logs[conv]) logs[conv] = resuming(logs[conv]);
  return {
    ...state, me: frame.me, db: frame.db, limits: frame.limits ?? state.limits,
    logs, gaps: {}, loading: {},
    capacity: state.capacity || frame.me.capacity || 0,
  };
}

function onDesk(state, frame, at) {
  const chats = {};
  for (const chat of frame.chats ?? []) {
    const before = state.chats[chat.conv];
    chats[chat.conv] = caughtUp(state, { ...chat, help: chat.help ?? before?.help ?? false });
  }
  const offers = Object.fromEntries((frame.offers ?? []).map((offer) => [offer.offer, offer]));
  let next = {
    ...state, ready: true, rev: frame.rev, chats, offers,
    status: { status: frame.status, reason: frame.reason || null, since_ts: frame.status_since_ts ?? null, missed: frame.missed ?? 0 },
    capacity: frame.capacity ?? state.capacity, load: frame.load ?? Object.keys(chats).length,
    drains: frame.draining_since_ts ? { since: frame.draining_since_ts, ends: frame.shift_ends_ts ?? null } : null,
    waiting: frame.waiting ?? state.waiting,
  };
  next = arranged(next);
  for (const conv of Object.keys(state.chats)) if (!chats[conv]) next = dropped(next, conv, state, at);
  for (const conv of Object.keys(chats)) if (next.gone[conv]) next = { ...next, gone: without(next.gone, conv) };
  next = fillPanes(next);
  if (next.expect && chats[next.expect]) next = show({ ...next, expect: null }, next.expect);
  return next;
}

// A desk frame may have been made before lines that are here already, and before our `read` arrived.
// counted: up to which seq the unread lines and the wait are counted.
function caughtUp(state, chat) {
  const seen = state.seen[chat.conv] ?? 0;
  let next = { ...chat, unread: seen >= chat.last_seq ? 0 : (chat.unread ?? 0), counted: chat.last_seq };
  for (const event of state.logs[chat.conv]?.events ?? []) next = { ...next, ...counted(next, event, seen) };
  return next;
}

// What a line of the transcript changes of its chat; nothing when it was counted before.
function counted(chat, event, seen) {
  if (event.seq <= chat.counted) return {};
  const change = { counted: event.seq, last_seq: Math.max(chat.last_seq ?? 0, event.seq) };
  if (event.kind !== "message") return change;
  if (event.from?.role === "agent") {
    change.waiting_since_ts = null;
    Object.assign(change, { answered: true, warn_ts: null, reply_due_ts: null });
  }
  if (event.from?.role === "player") {
    change.waiting_since_ts = chat.waiting_since_ts ?? event.ts;
    if (event.seq > seen) change.unread = (chat.unread ?? 0) + 1;
  }
  return change;
}

function dropped(state, conv, before, at) {
  const chat = before.chats[conv];
  const log = state.logs[conv];
  const end = log && last(log, (event) => ["closed", "transferred", "left"].includes(event.kind));
  const why = { chat, at, place: before.places.of[conv], alias: state.alias[conv] ?? end?.data?.to_alias ?? null, closed: end?.kind === "closed" };
  const own = state.leaving[conv];
  const next = { ...state, leaving: without(state.leaving, conv), typing: without(state.typing, conv) };
  if (own || !state.panes.includes(conv)) return hide({ ...next, logs: without(next.logs, conv) }, conv);
  return { ...next, gone: { ...next.gone, [conv]: why } };
}

function onConv(state, frame) {
  const alias = frame.agent?.alias && frame.agent.alias !== state.me?.alias ? frame.agent.alias : null;
  const next = { ...state, alias: { ...state.alias, [frame.conv]: alias } };
  if (state.gone[frame.conv]) {
    const gone = { ...state.gone[frame.conv], alias, closed: frame.state === "closed" };
    next.gone = { ...state.gone, [frame.conv]: gone };
  }
  const chat = state.chats[frame.conv];
  if (!chat) return next;
  const patched = patch(next, frame.conv, {
    last_seq: Math.max(chat.last_seq ?? 0, frame.last_seq ?? 0), help: frame.help ?? chat.help,
    delivered: frame.delivered ?? chat.delivered, read: frame.read ?? chat.read,
  });
  return readUpTo(patched, frame.conv, frame.read?.agent ?? 0);
}

function onEvent(state, frame) {
  const { conv } = frame;
  const chat = state.chats[conv];
  if (!chat && !state.gone[conv]) return state;
  const next = folded(state, conv, frame);
  if (!chat) return next;
  const typing = frame.from?.role === "player" ? without(next.typing, conv) : next.typing;
  return patch({ ...next, typing }, conv, counted(chat, frame, state.seen[conv] ?? 0));
}

function onNote(state, frame) {
  const chat = state.chats[frame.conv];
  if (!chat && !state.gone[frame.conv]) return state;
  const next = folded(state, frame.conv, frame);
  if (!chat) return next;
  const change = { note_seq: Math.max(chat.note_seq ?? 0, frame.note_seq) };
  if (frame.kind === "flag" && typeof frame.data?.on === "boolean") change.help = frame.data.on;
  return patch(next, frame.conv, change);
}

function onEphemeral(state, frame, at) {
  const chat = state.chats[frame.conv];
  if (!chat) return state;
  if (frame.kind === "typing" && (frame.role ?? "player") === "player") {
    if (!frame.on) return { ...state, typing: without(state.typing, frame.conv) };
    const typing = { until: at + (frame.ttl_ms ?? TYPING_MS), text: frame.text ?? "" };
    return { ...state, typing: { ...state.typing, [frame.conv]: typing } };
  }
  if (frame.kind === "delivered" || frame.kind === "read") {
    const mark = { ...chat[frame.kind] };
    mark[frame.role] = Math.max(mark[frame.role] ?? 0, frame.seq ?? 0);
    const next = patch(state, frame.conv, { [frame.kind]: mark });
    // Also what the agent has read in another tab.
    return frame.kind === "read" && frame.role === "agent" ? readUpTo(next, frame.conv, frame.seq) : next;
  }
  return state;
}

function onOffer(state, frame) {
  const { t: _, ...offer } = frame;
  return arranged({ ...state, offers: { ...state.offers, [offer.offer]: offer } });
}

// The place says for a while how the offer ended, so that it does not just vanish.
function onOfferGone(state, frame, at) {
  const offer = state.offers[frame.offer];
  if (!offer) return state;
  const place = state.places.of[offer.conv];
  const mine = frame.why === "accepted";
  const result = { why: frame.why, alias: frame.alias ?? null, offer, until: at + RESULT_MS };
  const next = { ...state, offers: without(state.offers, frame.offer) };
  if (!mine && frame.why !== "declined" && place !== undefined) {
    next.results = { ...state.results, [place]: result };
  }
  // An accepted chat keeps the place of its offer until the desk frame brings it.
  return mine ? next : arranged(next);
}

function onHistory(state, frame) {
  if (!frame.conv || (!state.chats[frame.conv] && !state.gone[frame.conv])) return state;
  return folded(state, frame.conv, frame);
}

function onResumed(state, frame) {
  return state.logs[frame.conv] ? folded(state, frame.conv, frame) : state;
}

function onSeen(state, { conv, seq }) {
  return readUpTo(state, conv, seq);
}

function readUpTo(state, conv, seq) {
  const chat = state.chats[conv];
  if (!chat || seq <= (state.seen[conv] ?? 0)) return state;
  const next = { ...state, seen: { ...state.seen, [conv]: seq } };
  if (!chat.unread) return next;
  const left = (state.logs[conv]?.events ?? []).filter((event) => event.seq > seq && event.kind === "message" && event.from?.role === "player");
  return patch(next, conv, { unread: seq >= chat.counted ? 0 : Math.min(chat.unread, left.length) });
}

function folded(state, conv, frame) {
  const { log, gap } = fold(state.logs[conv] ?? empty(conv), frame);
  const gaps = gap ? { ...state.gaps, [conv]: gap } : without(state.gaps, conv);
  return { ...state, logs: { ...state.logs, [conv]: log }, gaps };
}

function arranged(state) {
  const held = state.expect && state.places.of[state.expect] !== undefined ? [state.expect] : [];
  const offers = Object.values(state.offers).map((offer) => offer.conv);
  const convs = [...new Set([...Object.keys(state.chats), ...held, ...offers])];
  // Who sleeps takes no place, but stays in the row.
  const asleep = Object.values(state.chats).filter((chat) => chat.sleeping).length;
  const places = arrange(state.places, convs, state.capacity + asleep);
  return places === state.places ? state : { ...state, places };
}

// ---- panes ----

function show(state, conv) {
  if (!state.chats[conv] && !state.gone[conv]) return state;
  if (state.panes.includes(conv)) return focused(state, conv);
  const panes = [...state.panes];
  if (panes.length < state.limit) panes.push(conv);
  else panes[panes.indexOf(oldest(state, panes))] = conv;
  return focused({ ...state, panes }, conv);
}

function focused(state, conv) {
  return { ...state, focus: conv, recent: [conv, ...state.recent.filter((other) => other !== conv)] };
}

// The pane that becomes free takes a chat that nobody is looking at, so that the others stay where
// they are.
function hide(state, conv) {
  const at = state.panes.indexOf(conv);
  if (at < 0) return state;
  const waiting = row(state.places).find((other) => other && other !== conv && state.chats[other] && !state.panes.includes(other));
  const panes = [...state.panes];
  panes.splice(at, 1, ...(waiting ? [waiting] : []));
  const recent = state.recent.filter((other) => other !== conv);
  const focus = state.focus === conv ? (recent.find((other) => panes.includes(other)) ?? panes[0] ?? null) : state.focus;
  return { ...state, panes, recent, focus, gone: without(state.gone, conv) };
}

// A narrower window closes the panes that were used longest ago.
function trimmed(state) {
  const panes = [...state.panes];
  while (panes.length > state.limit) panes.splice(panes.indexOf(oldest(state, panes)), 1);
  return panes.length === state.panes.length ? state : { ...state, panes };
}

// Empty panes take the chats that nobody is looking at, in place order; nothing on screen moves.
function fillPanes(state) {
  const panes = [...state.panes];
  for (const conv of row(state.places)) {
    if (panes.length >= state.limit) break;
    if (conv && state.chats[conv] && !panes.includes(conv)) panes.push(conv);
  }
  const focus = state.focus && panes.includes(state.focus) ? state.focus : (panes[0] ?? null);
  const changed = panes.length !== state.panes.length || focus !== state.focus;
  return changed ? { ...state, panes, focus, recent: focus ? [focus, ...state.recent.filter((c) => c !== focus)] : [] } : state;
}

function oldest(state, panes) {
  const age = (conv) => { const at = state.recent.indexOf(conv); return at < 0 ? Infinity : at; };
  return panes.reduce((old, conv) => (age(conv) > age(old) ? conv : old));
}

function patch(state, conv, change) {
  return { ...state, chats: { ...state.chats, [conv]: { ...state.chats[conv], ...change } } };
}

function without(map, key) {
  if (!(key in map)) return map;
  const { [key]: _, ...rest } = map;
  return rest;
}
