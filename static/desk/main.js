// Starts the desk: words, storage, socket, keys, the second hand, and the page itself.
import { effect, html, render } from "../kit/preact.js";
import { load, t } from "../kit/i18n.js";
import * as sound from "../kit/sound.js";
import { stillRinging, unreadTotal } from "./alerts.js";
import { App } from "./app.js";
import { Desk } from "./desk.js";
import { commandOf, isTyping } from "./keys.js";
import { paneCount } from "./slots.js";
import { chooseByKey } from "./status.js";
import { now, runClock } from "./ui.js";

const RING_AGAIN_MS = 30_000;

function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

const page = read("page");
load(read("texts") ?? {}, page.lang);
sound.unlock();

const desk = new Desk(page, storage());

const commands = {
  palette: () => desk.openPalette(),
  previous: () => desk.step(-1),
  next: () => desk.step(1),
  note: () => desk.switchMode(),
  accept: () => desk.acceptNext(),
  waiting: () => desk.nextWaiting(),
  status: () => desk.toggleStatus(),
  help: () => desk.singleKeys.peek() && desk.toggleHelp(),
};

document.addEventListener("keydown", (event) => {
  if (chooseByKey(desk, event)) return;
  const command = commandOf(event, isTyping(event.target));
  // An open palette keeps the keys to itself; a held key is one command.
  if (!commands[command] || desk.palette.peek()) return;
  if (command === "help" && !desk.singleKeys.peek()) return;
  event.preventDefault();
  if (!event.repeat) commands[command]();
});

function fit() {
  desk.dispatch({ act: "limit", limit: paneCount(innerWidth, desk.panelOpen.value) });
}
addEventListener("resize", fit);
effect(fit);

const watched = () => desk.visible.peek() && document.hasFocus();
document.addEventListener("visibilitychange", () => { desk.visible.value = !document.hidden; });
setInterval(() => { if (stillRinging(desk.state.peek(), watched())) sound.chime(); }, RING_AGAIN_MS);

effect(() => {
  const unread = unreadTotal(desk.state.value);
  document.title = `${unread ? `(${unread}) ` : ""}${t("Desk")} - chatdesk`;
});

effect(() => desk.followDeadlines(now.value));

desk.start();
runClock(() => desk.now());
render(html`<${App} desk=${desk} />`, document.getElementById("app"));
