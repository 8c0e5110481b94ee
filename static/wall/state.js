// The wall as state: one pure reducer over the frames of a supervisor's socket. Nothing in here
// knows the page. `now` is always the server's time in milliseconds.

import * as watched from "./watched.js";

export function empty() {
  return { rev: 0, known: false, at: null, queue: null, kpi: null, alarms: [], agents: {}, chats: {}, watched: {} };
}

// Returns the same object when the frame changes nothing, so that nothing is drawn again.
export function reduce(state, frame, now) {
  switch (frame.t) {
    case "wall":
      return wall(state, frame, now);
    case "conv":
    case "ev":
    case "note_ev":
    case "eph":
    case "resumed":
      return onWatched(state, frame, now);
    case "history":
      return onHistory(state, frame);
    case "ack":
    case "nack":
      return onAnswer(state, frame);
    default:
      return state;
  }
}

function wall(state, frame, now) {
  if (!frame.full && (!state.known || frame.rev <= state.rev)) return state.known ? { ...state, at: now } : state;
  const chats = frame.full ? {} : { ...state.chats };
  for (const chat of frame.chats ?? []) {
    if (chat.state === "closed") delete chats[chat.conv];
    else chats[chat.conv] = chat;
  }
  const agents = frame.full ? {} : { ...state.agents };
  for (const agent of frame.agents ?? []) agents[agent.id] = agent;
  let views = state.watched;
  for (const chat of frame.chats ?? []) {
    if (views[chat.conv]) views = { ...views, [chat.conv]: watched.facts(views[chat.conv], chat) };
  }
  return {
    ...state,
    rev: frame.rev,
    known: true,
    at: now,
    queue: frame.queue ?? (frame.full ? null : state.queue),
    kpi: frame.kpi ?? (frame.full ? null : state.kpi),
    alarms: frame.alarms ?? (frame.full ? [] : state.alarms),
    agents,
    chats,
    watched: views,
  };
}

function onWatched(state, frame, now) {
  const view = state.watched[frame.conv];
  if (!view) return state;
  return put(state, frame.conv, watched.apply(view, frame, now));
}

function onHistory(state, frame) {
  const view = state.watched[frame.conv];
  return view ? put(state, frame.conv, watched.earlier(view, frame)) : state;
}

function onAnswer(state, frame) {
  for (const [conv, view] of Object.entries(state.watched)) {
    if (view.outgoing.some((one) => one.cmid === frame.cmid)) {
      return put(state, conv, watched.answered(view, frame));
    }
  }
  return state;
}

function put(state, conv, view) {
  return view === state.watched[conv]
    ? state
    : { ...state, watched: { ...state.watched, [conv]: view } };
}

export const WATCH_LIMIT = 4;

// `ok` of watch: the view starts over, and fills from the events that follow.
export function watching(state, conv, facts) {
  const before = state.watched[conv];
  const known = state.chats[conv] ?? before?.chat ?? null;
  return put(state, conv, watched.begin(conv, known, facts, before));
}

export function unwatched(state, conv) {
  if (!state.watched[conv]) return state;
  const { [conv]: gone, ...rest } = state.watched;
  return { ...state, watched: rest };
}

export function whispered(state, conv, cmid, body) {
  const view = state.watched[conv];
  return view ? put(state, conv, watched.whisper(view, cmid, body)) : state;
}

export function discarded(state, conv, cmid) {
  const view = state.watched[conv];
  return view ? put(state, conv, watched.discard(view, cmid)) : state;
}

// Milliseconds since the wall was last known to be true; null before the first frame.
export function age(state, now) {
  return state.at === null ? null : Math.max(0, now - state.at);
}
