// Starts the widget in its frame: words, colours, the wire to the loader, and the page itself.
import { effect, html, render, useEffect } from "../kit/preact.js";
import { load, t } from "../kit/i18n.js";
import * as sounds from "../kit/sound.js";
import { derive } from "./colours.js";
import { connect } from "./host.js";
import { Identity } from "./identity.js";
import { storage } from "./kept.js";
import { loaded, more } from "./later.js";
import { Header, Icon, StopRow } from "./parts.js";
import * as scene from "./scene.js";
import { outlook } from "./service.js";
import { isLeft, screen } from "./state.js";
import { Stop } from "./stop.js";
import { Loading, Welcome } from "./welcome.js";

const VOUCH_MS = 1500;

function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

const page = read("page");
load(read("texts") ?? {}, page.lang);
sounds.unlock();

const { store, persistent } = storage(() => window.localStorage);
const identity = new Identity({
  brand: page.brand, lang: page.lang, url: page.session_url, store,
  started: scene.know,
});
const host = connect({ origins: page.origins, heard });
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const minimise = host.alone ? null : () => host.tell({ t: "minimise" });

// The acts of the chat, in their order, once they are here.
const later = (act) => loaded.then(({ chat }) => act(chat));

later((chat) => chat.setUp({
  identity, store, persistent, host, page,
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${page.ws}`,
}));

let begun = false;

// The first screen needs only the session, which is asked for while the rest is on its way.
function begin() {
  if (!begun) {
    begun = true;
    const asked = identity.session();
    asked.catch(() => {}); // the chat says what is wrong
    later((chat) => chat.setUp({ asked }));
  }
  later((chat) => chat.start());
}

const stop = (sentence) => later((chat) => chat.stopGambling(sentence));

// Also while the rest is still missing: then nothing else has begun.
function leave() {
  if (more.value) more.value.chat.logout();
  else identity.logout();
  host.tell({ t: "out" });
}

function colour() {
  const scheme = root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const colours = derive(scene.state.value.brand?.colour ?? page.colour, scheme);
  for (const [name, value] of Object.entries(colours)) root.style.setProperty(`--brand-${name}`, value);
}

function heard(message) {
  switch (message.t) {
    case "start":
      if (message.out) {
        leave();
        return;
      }
      if (message.theme === "light" || message.theme === "dark") root.dataset.theme = message.theme;
      colour();
      later((chat) => chat.setUp({ where: message.page }));
      if (message.token) identity.identify(message.token);
      scene.panel(Boolean(message.open));
      // Where a known player chatted before, the page is likely to vouch for one in a moment.
      if (message.token || !identity.knewSomebody()) begin();
      else setTimeout(begin, VOUCH_MS);
      if (message.text) later((chat) => chat.write(message.text));
      break;
    case "panel":
      scene.panel(message.open);
      if (message.open) begin();
      break;
    case "identify":
      begun = true;
      later((chat) => chat.identify(message.token));
      break;
    case "logout": leave(); break;
    case "prefill": later((chat) => chat.write(message.text)); break;
    case "page": later((chat) => chat.setUp({ where: message.page })); break;
    default:
  }
}

function headOf(name, state) {
  const brand = state.brand?.name ?? page.brand_name;
  const alias = name === "talk" && !state.end ? state.conv?.agent?.alias : null;
  const queued = state.conv?.state === "queued" && !state.end;
  if (name === "stop") return { title: t("Stop gambling"), sub: brand, back: () => scene.view(null) };
  if (name === "leave") return { title: brand, sub: support(state), back: () => scene.choose(null) };
  if (name === "talk" && isLeft(state)) return { title: brand, sub: t("Your message") };
  if (name === "talk" && !state.log) return { title: brand, sub: t("Support"), back: () => scene.choose(null) };
  if (name === "talk" && state.end) return { title: brand, sub: t("This chat has ended"), back: () => scene.view(null) };
  if (alias) return { alias, title: alias, sub: t("{brand} support", { brand }), ending: true };
  if (name === "talk") return { title: brand, sub: queued ? t("In the queue") : t("Support"), ending: true };
  return { title: brand, sub: support(state) };
}

function support(state) {
  return outlook(state.brand?.service) === "closed" ? t("Closed now") : t("Support");
}

function App() {
  const state = scene.state.value;
  const rest = more.value;
  const name = screen(state);
  const help = state.brand?.help ?? page.help;
  const canChat = !state.refusal && state.link.state !== "stopped";
  useEffect(() => {
    if (!state.open) return;
    const touch = matchMedia("(pointer: coarse)").matches;
    if (name === "talk" && !touch) scene.focusWanted.value += 1;
    else document.querySelector("h1, #message")?.focus({ preventScroll: true });
  }, [state.open]);
  return html`<div class=${`app at-${name}`}>
    <${Header} ...${headOf(name, state)} onMinimise=${minimise} />
    ${rest && name !== "refused" && name !== "stopped" && html`<${rest.LostBanner} />`}
    ${!persistent && state.me && !state.me.authenticated && (name === "talk" || name === "welcome") && html`<div class="unkept" role="note">
      <${Icon} name="warn" /><p>${t("Your browser does not let us keep this chat. Leave this page open until you are done.")}</p></div>`}
    <main id="main">${
      name === "welcome" ? html`<${Welcome} brand=${state.brand} />`
      : name === "stop" ? html`<${Stop} help=${help} canChat=${canChat} alias=${state.conv?.agent?.alias} onStop=${stop} />`
      : !rest || name === "loading" ? html`<${Loading} />`
      : name === "leave" ? html`<${rest.Leave} brand=${state.brand} topic=${state.topic} />`
      : name === "talk" ? html`<${rest.Talk} state=${state} help=${help} />`
      : name === "ended" ? html`<${rest.Ended} end=${state.end} />`
      : name === "refused" ? html`<${rest.Refusal} code=${state.refusal} />`
      : html`<${rest.Refusal} code=${state.link.code} />`}</main>
    ${name !== "stop" && html`<${StopRow} />`}
  </div>`;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && minimise && !event.isComposing) minimise();
});
document.addEventListener("visibilitychange", () => more.value?.chat.atEnd());
addEventListener("storage", (event) => {
  if (event.newValue === null && identity.lost(event.key)) later((chat) => chat.signedOutElsewhere());
});
dark.addEventListener("change", colour);
effect(colour);
render(html`<${App} />`, document.getElementById("app"));
