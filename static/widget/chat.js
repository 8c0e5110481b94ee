// What the widget does: one state, one socket, one outbox, and the acts of the player.
import { batch, signal } from "../kit/preact.js";
import { masked, previewed } from "../kit/care.js";
import { Delivery } from "../kit/delivery.js";
import { NEW } from "../kit/outbox.js";
import * as sounds from "../kit/sound.js";
import { Refused } from "./identity.js";
import { Opening } from "./opening.js";
import { Rating } from "./rating.js";
import { askEnd, dispatch, focusWanted, state } from "./scene.js";
import { isLeft, isTheirs, unread } from "./state.js";
import { Typing } from "./typing.js";

const SEEN_AFTER_MS = 150;

export * from "./scene.js";

export const version = signal(0); // of the outbox
export const draft = signal("");

let parts = {}; // {identity, store, persistent, host, page, url, where, asked}
let delivery = null;
let head = null; // {conv, seq}: the last line that the server has named
let seenTimer = null;
let resumed = null; // the conversation that the last hello asked to go on with
const rating = new Rating((frame) => delivery.wire.request(frame));

// Also later, for what changes: {where} is the page's own word for where the player is, {asked} the session
// that was asked for before this module was here.
export function setUp(given) {
  parts = { ...parts, ...given };
}

// ---- the socket ----

export function start() {
  delivery ??= new Delivery({
    url: parts.url,
    hello,
    have: () => {
      const { log } = state.value;
      return log ? { [log.conv]: log.last } : {};
    },
    linked: (link) => dispatch({ act: "link", ...link }),
    received: (frame) => batch(() => received(frame)),
    changed: () => {
      version.value += 1;
      // Written in another tab that could not open its conversation any more.
      if (delivery?.owner && !state.value.log) opening.openWhatWaits();
    },
    frameOf: ({ conv, cmid, body }) => ({ t: "send", conv, cmid, body }),
    behind: (conv, seq) => {
      head = { conv, seq };
      catchUp();
    },
  });
  delivery.connect();
}

async function hello({ renew }) {
  const { identity, asked } = parts;
  parts.asked = null;
  let session;
  try {
    session = await ((!renew && asked) || identity.session({ renew }));
  } catch (error) {
    if (error instanceof Refused) refuse(error.refusal);
    throw error;
  }
  useOutbox();
  const frame = { t: "hello", v: 1, session };
  const kept = identity.record()?.conv;
  // What could not be sent before a reload is there at once, not only when there is a connection.
  if (!state.value.log && kept && delivery.pending(kept).length) dispatch({ act: "expect", conv: kept });
  const { log, db } = state.value;
  resumed = null;
  if (log?.last && db) {
    resumed = log.conv;
    frame.resume = { db, conv: log.conv, seq: log.last };
    dispatch({ act: "resuming" });
  }
  return frame;
}

function refuse(code) {
  dispatch({ act: "refused", code });
  if (code === "bad_token") parts.host.tell({ t: "token" });
}

// The outbox belongs to the kept session, so another player's unsent words are never taken along. Before
// there is one, nothing is shared: another tab may become somebody else.
function useOutbox() {
  const { identity, store, persistent } = parts;
  const box = identity.record()?.box ?? null;
  const prefix = `${identity.prefix}${box ?? "page"}`;
  if (delivery.name === prefix) return;
  delivery.open(prefix, box && persistent ? store : null);
  if (!draft.value) draft.value = store.getItem(`${prefix}.draft`) ?? "";
}

function received(frame) {
  if (frame.t === "welcome") welcomed(frame);
  else if (frame.t !== "ping") applied(frame);
  report();
}

function welcomed(frame) {
  dispatch(frame);
  parts.host.tell({ t: "ready" });
  const kept = parts.identity.record()?.conv;
  if (!state.value.log && kept) dispatch({ act: "expect", conv: kept });
  const { log, end } = state.value;
  if (log && log.conv !== resumed) askNewest();
  rating.again();
  if (frame.conv) remember();
  if (frame.conv && !end) delivery.adopt(log.conv);
  else if (!log) opening.openWhatWaits();
}

function applied(frame) {
  const before = state.value.log;
  dispatch(frame);
  const { log } = state.value;
  if (log && log !== before) {
    if (parts.identity.record()?.conv !== log.conv) remember();
    // Begun in another tab: its first lines may have come before its name.
    if (frame.t === "conv" && log.conv !== before?.conv) {
      delivery.adopt(log.conv);
      askNewest();
    }
    delivery.arrived(log);
  }
  if (frame.t === "eph" && state.value.typing) setTimeout(() => dispatch({ act: "tick" }), frame.ttl_ms + 50);
  catchUp();
  const looking = state.value.open && document.visibilityState === "visible" && document.hasFocus();
  if (frame.t === "ev" && isTheirs(frame) && log && !log.resuming && !looking) sounds.chime({ name: "chatdesk.widget" });
}

function remember() {
  const { log, db } = state.value;
  parts.identity.remember({ conv: log?.conv ?? null, db });
}

// Every hole is asked for, also those that the answer to an earlier question leaves.
async function catchUp() {
  const hole = missing();
  if (!hole) return;
  await delivery.fill(state.value.log.conv, hole);
  const left = missing();
  if (left && left.from !== hole.from) catchUp();
}

function missing() {
  const { log, gap } = state.value;
  if (!log || log.resuming || !delivery.wire?.live) return null;
  return gap ?? (head?.conv === log.conv && head.seq > log.last ? { from: log.last + 1, to: head.seq } : null);
}

async function askNewest() {
  const { conv } = state.value.log;
  const code = await delivery.ask({ conv });
  const { log } = state.value;
  if (code === null || log?.conv !== conv || log.last) return;
  if (code === "not_found") {
    // One unknown here is not ours any more.
    startAnew();
    opening.openWhatWaits();
  } else if (delivery.wire?.live) askNewest();
}

// ---- the acts of the player ----

export function send(text, channel = "chat") {
  if (!text.trim()) return;
  const { log, end } = state.value;
  const topic = state.value.topic ?? "other";
  const conv = log && !end ? log.conv : NEW;
  start();
  useOutbox();
  delivery.add(conv, masked(text), { topic, channel });
  write("");
  typing.stop();
  if (conv !== NEW) return;
  dispatch({ act: "begun" });
  opening.open(topic, channel);
}

const opening = new Opening({
  delivery: () => delivery,
  frame: ({ topic, channel }) => {
    const frame = { t: "open", topic, lang: parts.page.lang };
    if (channel !== "chat") frame.channel = channel;
    if (parts.where) frame.fields = { page: String(parts.where).slice(0, 200) };
    return frame;
  },
  opened: (conv) => {
    dispatch({ act: "opened", conv });
    remember();
    delivery.adopt(conv);
    askNewest();
  },
  blocked: () => refuse("blocked"),
  full: ({ topic, text }) => {
    write([draft.value.trim() ? draft.value : "", text].filter(Boolean).join("\n"));
    dispatch({ act: "full", topic });
  },
});

// A message for when nobody can chat. The first line of it opens the conversation.
export function leave(topic, text) {
  dispatch({ act: "leave", topic });
  send(text, "message");
}

// The path for a player who wants to stop: at once, without a first message.
export function stopGambling(sentence) {
  const { log, end } = state.value;
  dispatch({ act: "view", view: null });
  // A message that was left waits longer than this may.
  if (log && !end && !isLeft(state.value)) send(sentence);
  else {
    if (log) startAnew();
    dispatch({ act: "topic", topic: "stop_gambling" });
    opening.open("stop_gambling");
  }
  focusWanted.value += 1;
}

export function endChat() {
  const { log } = state.value;
  dispatch({ act: "asking", what: null });
  // Without a connection the question stays open.
  if (log) delivery.wire.request({ t: "close", conv: log.conv }).catch((error) => askEnd(error.code === "lost"));
}

export function rate(said, done = null) {
  const { log } = state.value;
  const fields = said.comment ? { ...said, comment: masked(said.comment) } : said;
  dispatch({ act: "rating", fields: { ...fields, done } });
  rating.give(log.conv, { ...state.value.rating, ...fields, done });
  if (done) parts.identity.remember({ conv: null });
}

export function startAnew(text = "") {
  const { log } = state.value;
  if (log) delivery.forget(log.conv);
  parts.identity.remember({ conv: null });
  dispatch({ act: "fresh" });
  if (text) write(text);
  report();
}

export const retry = (cmid) => delivery.retry(cmid);
export const drop = (cmid) => delivery.remove(cmid);

export function edit(cmid) {
  const body = delivery.edit(cmid);
  if (body === null) return;
  write(draft.value.trim() ? `${draft.value}\n${body}` : body);
  focusWanted.value += 1;
}

export function tryNow() {
  delivery?.wire?.tryNow();
}

export function older() {
  const { log } = state.value;
  if (!log?.more || !log.events.length || !delivery.wire?.live) return null;
  return delivery.ask({ conv: log.conv, before: log.events[0].seq });
}

// Messages of this conversation that are not in its transcript yet.
export function pending() {
  if (version.value < 0 || !delivery) return [];
  const { log, end } = state.value;
  return [...(log ? delivery.pending(log.conv) : []), ...(end ? [] : delivery.pending(NEW))];
}

// ---- the composer ----

export function write(text) {
  draft.value = masked(text);
  keep(draft.value);
}

function keep(text) {
  if (!delivery?.name) return;
  const key = `${delivery.name}.draft`;
  try {
    if (text) parts.store.setItem(key, text);
    else parts.store.removeItem(key);
  } catch {
    // Full: it stays in the field.
  }
}

// What is typed stays as it is in the field only: nothing is taken from under the player's hands.
export function type(text) {
  draft.value = text;
  keep(masked(text));
  typing.changed(text);
}

const typing = new Typing((on, text) => {
  const { log, end, brand } = state.value;
  if (!log || end) return;
  const frame = { t: "typing", conv: log.conv, on };
  if (on && brand?.previews) frame.text = previewed(text).slice(0, 2000);
  delivery?.wire?.send(frame);
});

// ---- what the player has seen ----

export function atEnd() {
  const { log, open } = state.value;
  if (!log || !open || document.visibilityState !== "visible" || log.last <= state.value.seen) return;
  clearTimeout(seenTimer);
  seenTimer = setTimeout(() => {
    const now = state.value;
    if (!now.log || !now.open || document.visibilityState !== "visible") return;
    const news = now.log.events.some((event) => event.seq > now.seen && event.from?.role !== "player");
    dispatch({ act: "seen", seq: now.log.last });
    if (news) delivery.wire?.send({ t: "read", conv: now.log.conv, seq: now.log.last });
    report();
  }, SEEN_AFTER_MS);
}

function report() {
  parts.host.tell({ t: "unread", n: unread(state.value) });
}

// ---- who it is ----

// The page vouches for a player, before or after the chat began.
export function identify(token) {
  const { identity } = parts;
  const before = identity.token;
  const other = identity.identify(token);
  parts.asked = null;
  if (!delivery?.wire) start();
  else if (before === null || other || state.value.refusal) restart(other);
}

function restart(forget) {
  delivery?.disconnect();
  if (forget) forgetAll();
  dispatch({ act: "refused", code: null });
  start();
}

function forgetAll() {
  typing.stop();
  rating.forget();
  opening.forget();
  delivery?.shut();
  draft.value = "";
  dispatch({ act: "signed_out" });
  report();
}

export function logout() {
  delivery?.disconnect();
  forgetAll();
  parts.identity.logout();
}

// Another tab of this browser signed out.
export function signedOutElsewhere() {
  if (!delivery?.wire) return;
  delivery.disconnect();
  forgetAll();
  parts.identity.leave();
  parts.host.tell({ t: "minimise" });
}

// After a close code that stops: the player asked for it.
export function again() {
  restart(false);
}
