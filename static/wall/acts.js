// The supervisor's socket and everything a supervisor can do through it.

import { t } from "../kit/i18n.js";
import { follow } from "../kit/life.js";
import { Wire } from "../kit/wire.js";
import { playerLabel, refusal } from "./words.js";
import * as reducer from "./state.js";
import * as store from "./store.js";

const ASK_AGAIN_MS = 8_000;

let wire = null;
let page = null;
let asked = 0;

export function serverNow() {
  return wire ? wire.serverNow() : Date.now();
}

async function ticket() {
  const answer = await fetch(page.ticket_url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRFToken": page.csrf, "Content-Type": "application/json" },
    body: "{}",
  });
  if (answer.status === 401 || answer.status === 403) {
    throw Object.assign(new Error("signed out"), { code: 4401 });
  }
  if (!answer.ok) throw new Error(`ticket refused with ${answer.status}`);
  return (await answer.json()).ticket;
}

export function connect(settings) {
  page = settings;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  wire = new Wire({
    url: new URL(page.ws, `${scheme}//${location.host}`).href,
    hello: async () => ({ t: "hello", v: 1, ticket: await ticket() }),
    // A watcher confirms nothing: `have` would count as delivered to the agents' side.
    have: () => ({}),
    onFrame,
    onState: (next) => {
      store.link.value = next;
    },
  });
  follow(window, wire);
}

function update(next) {
  if (next !== store.wall.value) store.wall.value = next;
}

function onFrame(frame) {
  if (frame.t === "welcome") {
    begin();
    return;
  }
  update(reducer.reduce(store.wall.value, frame, serverNow()));
  const view = frame.conv ? store.wall.value.watched[frame.conv] : null;
  if (view?.gap && view.phase === "live") rewatch(frame.conv);
}

// After every connection: the whole wall anew, every watched chat anew, every unsent whisper again.
function begin() {
  askForWall();
  for (const conv of Object.keys(store.wall.value.watched)) rewatch(conv);
}

function askForWall() {
  asked = Date.now();
  wire.request({ t: "wall", on: true }).then(
    () => {},
    (error) => {
      if (error?.code === "forbidden") store.say(t("Only supervisors may see the wall."), "danger");
    },
  );
}

// The server sends every few seconds, also when nothing changed; after a silence we ask anew. Only a
// frame makes the figures young again: an `ok` says that the socket lives, not that they are true.
export function keepFresh() {
  if (store.link.value.state !== "live") return;
  const age = reducer.age(store.wall.value, serverNow());
  if ((age === null || age >= ASK_AGAIN_MS) && Date.now() - asked >= ASK_AGAIN_MS) askForWall();
}

export function tryNow() {
  wire.tryNow();
}

function rewatch(conv) {
  return wire.request({ t: "watch", conv }).then(
    (answer) => {
      update(reducer.watching(store.wall.value, conv, answer.state));
      const view = store.wall.value.watched[conv];
      for (const one of view.outgoing) if (one.state === "sending") sendWhisper(conv, one.cmid, one.body);
    },
    (error) => {
      if (error?.code === "lost" || error?.code === "unavailable") return;
      update(reducer.unwatched(store.wall.value, conv));
      store.say(refusal(error.code), "danger");
    },
  );
}

export async function watch(conv) {
  if (!store.wall.value.watched[conv]) {
    if (store.watchedCount.value >= reducer.WATCH_LIMIT) {
      store.say(t("Four chats are watched already. Stop watching one first."), "warn");
      store.view.value = "watch";
      return;
    }
    await rewatch(conv);
  }
  if (store.wall.value.watched[conv]) store.view.value = "watch";
}

export function unwatch(conv) {
  update(reducer.unwatched(store.wall.value, conv));
  wire.request({ t: "unwatch", conv }).catch(() => {});
  if (store.watchedCount.value === 0) store.showWall();
}

export function earlier(conv) {
  const view = store.wall.value.watched[conv];
  const before = view?.events[0]?.seq;
  if (!before) return;
  const before_note = view.notes[0]?.note_seq;
  wire
    .request({ t: "history", conv, before, limit: 50, notes: true, ...(before_note ? { before_note } : {}) })
    .catch((error) => store.say(refusal(error?.code), "danger"));
}

function sendWhisper(conv, cmid, body) {
  wire.send({ t: "whisper", conv, cmid, body });
}

// crypto.randomUUID exists in secure contexts only; a house may run its desk on plain HTTP inside.
function freshCmid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function whisper(conv, body) {
  const cmid = freshCmid();
  update(reducer.whispered(store.wall.value, conv, cmid, body));
  sendWhisper(conv, cmid, body);
}

export function retryWhisper(conv, one) {
  update(reducer.whispered(store.wall.value, conv, one.cmid, one.body));
  sendWhisper(conv, one.cmid, one.body);
}

export function discardWhisper(conv, cmid) {
  update(reducer.discarded(store.wall.value, conv, cmid));
}

function label(conv) {
  return playerLabel(store.wall.value.chats[conv]?.player, store.revealed.value);
}

async function command(frame, said, to = null) {
  store.closePopover();
  try {
    await wire.request(frame);
    store.say(said, "ok", to);
  } catch (error) {
    store.say(`${t("Not done.")} ${refusal(error?.code)}`, "danger");
  }
}

export function takeover(conv) {
  return command(
    { t: "takeover", conv },
    t("{player} is yours now.", { player: label(conv) }),
    page.desk_url ? { href: page.desk_url, text: t("Answer on the desk") } : null,
  );
}

export function assign(conv, agent) {
  return command(
    { t: "assign", conv, agent: agent.id },
    t("{player} now belongs to {alias}.", { player: label(conv), alias: agent.alias }),
  );
}

export function forceClose(conv, reason) {
  return command({ t: "force_close", conv, reason }, t("The chat with {player} is closed.", { player: label(conv) }));
}

export function clearHelp(conv) {
  return command(
    { t: "help", conv, on: false },
    t("The call for help about {player} is answered.", { player: label(conv) }),
  );
}

export function forceState(agent, status, reason) {
  return command(
    { t: "force_state", agent: agent.id, status, reason },
    t("The status of {alias} is changed.", { alias: agent.alias }),
  );
}

async function ask(url, values) {
  const answer = await fetch(`${url}?${new URLSearchParams(values)}`, { credentials: "same-origin", headers: { Accept: "application/json" }, cache: "no-store" });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { code: body?.error?.code });
  return body;
}

export function askRouting(conv) {
  return ask(page.routing_url, { conv });
}

export function askFairShare(from_ts) {
  return ask(page.fair_share_url, { from_ts: Math.round(from_ts) });
}

export async function loadRoster() {
  try {
    const answer = await fetch(page.roster_url, { credentials: "same-origin" });
    if (answer.ok) store.roster.value = { agents: [], skills: [], brands: [], ...(await answer.json()) };
  } catch {
    // The wall's own agents serve as the list until the next try.
  }
}
