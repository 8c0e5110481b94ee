// The whole widget as one value, changed only by reduce(). No DOM, no socket, no clock: `at` is the local
// time in ms at which the frame or act came.
import { apply, empty, resuming } from "../kit/transcript.js";
import { onlyMessages } from "./service.js";

const BANNER_MS = 1500;

export function initial() {
  return {
    brand: null, me: null, db: null, bodyChars: 4000,
    link: { state: "connecting", since: null, code: null, retryAt: null },
    refusal: null, // why the server will not have this page: blocked, forbidden, bad_token …
    open: false, // whether the panel can be seen
    conv: null, // the server's `conv` frame
    log: null, // transcript (kit/transcript.js)
    gap: null, // {from, to} to ask for
    end: null, // {by, alias} once it is closed
    topic: null, // chosen, but nothing written yet
    channel: "chat", // or "message": how it was asked for
    begun: false, // whether something was written for the chosen topic
    placed: false, // whether the server has named a place in the queue: then it is a chat
    view: null, // "stop", "leave" or "transcript", laid over the screen that would be shown
    asking: null, // "end" while the player is asked whether he means it
    typing: null, // {alias, until}
    seen: 0, // highest seq that was on the screen
    rating: { agent: null, outcome: null, done: null },
  };
}

const FRAMES = { welcome: onWelcome, conv: onConv, ev: onEvent, eph: onEphemeral, history: onHistory, resumed: onResumed, service: onService };

const ACTS = {
  link: (state, act, at) => ({ ...state, link: linked(state.link, act, at) }),
  brand: (state, { brand }) => ({ ...state, brand }),
  refused: (state, { code }) => ({ ...state, refusal: code }),
  panel: (state, { open }) => ({ ...state, open }),
  topic: (state, { topic, channel = "chat" }) => ({ ...state, topic, channel, begun: false, view: null }),
  begun: (state) => ({ ...state, begun: true }),
  leave: (state, { topic }) => ({ ...state, topic, channel: "message", begun: false, view: "leave" }),
  full: onFull,
  view: (state, { view }) => ({ ...state, view, asking: null }),
  asking: (state, { what }) => ({ ...state, asking: what }),
  opened: onOpened,
  resuming: (state) => ({ ...state, log: resuming(state.log) }),
  tick: (state, _, at) => (state.typing && state.typing.until <= at ? { ...state, typing: null } : state),
  expect: (state, { conv }) => ({ ...state, log: resuming(empty(conv)) }),
  seen: (state, { seq }) => (seq > state.seen ? { ...state, seen: seq } : state),
  rating: (state, { fields }) => ({ ...state, rating: { ...state.rating, ...fields } }),
  fresh,
  signed_out: (state) => ({ ...initial(), brand: state.brand, open: state.open }),
};

// frame: from the server ({t: …}) or the widget itself ({act: …}). Unknown ones change nothing.
export function reduce(state, frame, at = 0) {
  const handler = frame.act ? ACTS[frame.act] : FRAMES[frame.t];
  return handler ? handler(state, frame, at) : state;
}

function linked(link, act, at) {
  const lost = act.state !== "live";
  return {
    state: act.state, code: act.code ?? null, retryAt: act.retryAt ?? null,
    since: lost ? (link.state === "live" || link.since === null ? at : link.since) : null,
  };
}

// Leaves a conversation behind; the next one starts from the welcome screen.
function fresh(state) {
  const { conv, log, gap, end, topic, channel, begun, placed, view, asking, typing, seen, rating } = initial();
  return { ...state, conv, log, gap, end, topic, channel, begun, placed, view, asking, typing, seen, rating };
}

function onWelcome(state, frame) {
  const other = state.me !== null && state.me.id !== frame.me.id;
  let next = other ? fresh(state) : state;
  next = {
    ...next, brand: frame.brand, me: frame.me, db: frame.db, refusal: null,
    bodyChars: frame.limits?.body_chars ?? state.bodyChars,
  };
  // Another incarnation of the database: its numbers are not ours.
  if (state.db !== null && state.db !== frame.db && next.log) next.log = resuming(empty(next.log.conv));
  if (!frame.conv) return next;
  return taken(next, frame.conv);
}

// The server's word about a conversation: ours, or the first one, or the one after a closed one.
function taken(state, conv) {
  const ours = state.log?.conv === conv.conv;
  if (state.log && !ours && !state.end && state.log.events.length) return state;
  const base = ours ? state : { ...fresh(state), view: state.view, log: resuming(empty(conv.conv)) };
  const placed = base.placed || Boolean(conv.queue);
  return { ...base, conv, placed, topic: null, seen: Math.max(base.seen, conv.read?.player ?? 0) };
}

function onService(state, { t, ...service }) {
  return state.brand ? { ...state, brand: { ...state.brand, service } } : state;
}

// A chat was refused; what we know of the others' waits is too old to show.
function onFull(state, { topic }) {
  const next = ACTS.leave(state, { topic });
  const service = state.brand?.service;
  return service ? { ...next, brand: { ...state.brand, service: { ...service, available: false, capped: true } } } : next;
}

function onConv(state, frame) {
  const ours = state.log?.conv === frame.conv;
  if (ours) {
    const placed = state.placed || Boolean(frame.queue);
    return { ...state, conv: frame, placed, asking: frame.state === "closed" ? null : state.asking };
  }
  // One that began in another tab; the frame of one that ended is no reason to show it.
  if (frame.state === "closed") return state;
  const next = taken(state, frame);
  return next === state ? state : { ...next, log: empty(frame.conv) };
}

function onOpened(state, { conv }) {
  if (state.log?.conv === conv) return { ...state, topic: null, view: null };
  return { ...fresh(state), channel: state.channel, log: empty(conv) };
}

function onEvent(state, frame) {
  if (frame.conv !== state.log?.conv) return state;
  const next = folded(state, frame);
  const spoken = frame.kind === "message" && frame.from?.role === "agent";
  return spoken || frame.kind === "left" || frame.kind === "closed" ? { ...next, typing: null } : next;
}

function onHistory(state, frame) {
  if (frame.conv !== state.log?.conv) return state;
  return folded({ ...state, log: { ...state.log, resuming: false } }, frame);
}

function onResumed(state, frame) {
  return frame.conv === state.log?.conv ? folded(state, frame) : state;
}

function folded(state, frame) {
  const { state: log, gap } = apply(state.log, frame);
  const next = { ...state, log, gap: gap ?? null };
  return log.events === state.log.events ? next : { ...next, end: ending(log.events) };
}

// Whether the conversation is closed by its own lines, by whom, and whom the survey asks about.
function ending(events) {
  let end = null;
  for (const event of events) {
    if (event.kind === "closed") end = { by: event.data?.by ?? null, alias: null };
    else if (event.kind === "survey") end = { by: end?.by ?? null, alias: event.data?.agent_alias ?? "" };
    else if (event.kind === "reopened") end = null;
  }
  return end;
}

function onEphemeral(state, frame, at) {
  if (frame.conv !== state.log?.conv) return state;
  if (frame.kind === "typing" && frame.role === "agent") {
    return { ...state, typing: frame.on ? { alias: frame.alias ?? "", until: at + (frame.ttl_ms ?? 6000) } : null };
  }
  if ((frame.kind === "delivered" || frame.kind === "read") && state.conv) {
    const mark = { ...state.conv[frame.kind] };
    mark[frame.role] = Math.max(mark[frame.role] ?? 0, frame.seq ?? 0);
    return { ...state, conv: { ...state.conv, [frame.kind]: mark } };
  }
  return state;
}

// ---- what follows from the state ----

// The one screen to show: stopped, refused, loading, stop, welcome, leave, talk, ended.
export function screen(state) {
  if (state.view === "stop") return "stop";
  if (state.refusal) return "refused";
  if (state.link.state === "stopped") return "stopped";
  if (state.log && state.end) return state.view === "transcript" ? "talk" : "ended";
  if (state.log || state.begun) return "talk";
  if (state.view === "leave" || (state.topic && !mayChat(state))) return "leave";
  if (state.topic) return "talk";
  return state.brand ? "welcome" : "loading";
}

// Whether a chat about the chosen topic would be let in: about stopping it always is.
function mayChat({ brand, topic }) {
  return topic === "stop_gambling" || !onlyMessages(brand?.service);
}

// A message that was left and that nobody has answered yet. It waits without a place in the queue.
export function isLeft(state) {
  if (state.end) return false;
  if (!state.conv || state.conv.conv !== state.log?.conv) return state.channel === "message" && Boolean(state.log || state.begun);
  return state.conv.state === "queued" && state.conv.queue === null && !state.placed;
}

// Short losses heal by themselves; only a longer one is worth a banner.
export function banner(state, now) {
  const { state: link, since } = state.link;
  return link !== "live" && link !== "stopped" && since !== null && now - since >= BANNER_MS;
}

// What the conversation is about: chosen just now, or told by its first line.
export function topicOf(state) {
  return state.topic ?? state.log?.events.find((event) => event.kind === "opened")?.data?.topic ?? null;
}

export function unread(state) {
  if (!state.log) return 0;
  const seen = Math.max(state.seen, state.conv?.read?.player ?? 0);
  return state.log.events.filter((event) => event.seq > seen && isTheirs(event)).length;
}

export function isTheirs(event) {
  return event.kind === "message" && event.from?.role !== "player";
}

// Sent, delivered or seen: how far a line of the player's own has come.
export function progress(seq, conv) {
  if (seq <= (conv?.read?.agent ?? 0)) return "seen";
  if (seq <= (conv?.delivered?.agent ?? 0)) return "delivered";
  return "sent";
}
