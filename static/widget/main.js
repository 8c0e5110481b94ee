// Starts the widget in its frame: words, colours, the wire to the loader, and the page itself.
import { effect, html, render, useEffect } from "../kit/preact.js";
import { load, t } from "../kit/i18n.js";
import * as sounds from "../kit/sound.js";
import * as chat from "./chat.js";
import { derive } from "./colours.js";
import { connect } from "./host.js";
import { Identity } from "./identity.js";
import { storage } from "./kept.js";
import { EndQuestion, Header, Icon, LostBanner, StopRow } from "./parts.js";
import { Leave, Left } from "./leaving.js";
import { Ended, HelpStrip, Loading, Refusal, Stop, Welcome } from "./screens.js";
import { outlook } from "./service.js";
import { isLeft, screen, topicOf } from "./state.js";
import { Composer, Log, QueueCard } from "./talk.js";

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
  started: (brand) => chat.know(brand),
});
const host = connect({ origins: page.origins, heard });
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const minimise = host.alone ? null : () => host.tell({ t: "minimise" });

chat.setUp({
  identity, store, persistent, host, page,
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${page.ws}`,
});

function colour() {
  const scheme = root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const colours = derive(chat.state.value.brand?.colour ?? page.colour, scheme);
  for (const [name, value] of Object.entries(colours)) root.style.setProperty(`--brand-${name}`, value);
}

function heard(message) {
  switch (message.t) {
    case "start":
      if (message.out) {
        chat.logout();
        host.tell({ t: "out" });
        return;
      }
      if (message.theme === "light" || message.theme === "dark") root.dataset.theme = message.theme;
      colour();
      chat.setUp({ where: message.page });
      if (message.token) identity.identify(message.token);
      chat.panel(Boolean(message.open));
      // Where a known player chatted before, the page is likely to vouch for one in a moment.
      if (message.token || !identity.knewSomebody()) chat.start();
      else setTimeout(() => chat.start(), VOUCH_MS);
      if (message.text) chat.write(message.text);
      break;
    case "panel":
      chat.panel(message.open);
      if (message.open) chat.start();
      break;
    case "identify": chat.identify(message.token); break;
    case "logout":
      chat.logout();
      host.tell({ t: "out" });
      break;
    case "prefill": chat.write(message.text); break;
    case "page": chat.setUp({ where: message.page }); break;
    default:
  }
}

function headOf(name, state) {
  const brand = state.brand?.name ?? page.brand_name;
  const alias = name === "talk" && !state.end ? state.conv?.agent?.alias : null;
  const queued = state.conv?.state === "queued" && !state.end;
  if (name === "stop") return { title: t("Stop gambling"), sub: brand, back: () => chat.view(null) };
  if (name === "leave") return { title: brand, sub: support(state), back: () => chat.choose(null) };
  if (name === "talk" && isLeft(state)) return { title: brand, sub: t("Your message") };
  if (name === "talk" && !state.log) return { title: brand, sub: t("Support"), back: () => chat.choose(null) };
  if (name === "talk" && state.end) return { title: brand, sub: t("This chat has ended"), back: () => chat.view(null) };
  if (alias) return { alias, title: alias, sub: t("{brand} support", { brand }), ending: true };
  if (name === "talk") return { title: brand, sub: queued ? t("In the queue") : t("Support"), ending: true };
  return { title: brand, sub: support(state) };
}

function support(state) {
  return outlook(state.brand?.service) === "closed" ? t("Closed now") : t("Support");
}

function Talk({ state, help }) {
  const left = isLeft(state);
  const queued = state.conv?.state === "queued" && !state.end && !left;
  return html`<div class="talk">
    ${state.log && html`<h1 class="vh">${left ? t("Your message") : t("Chat")}</h1>`}
    ${state.asking === "end" && html`<${EndQuestion} queued=${queued} left=${left} />`}
    ${left && state.asking !== "end" && html`<${Left} service=${state.brand?.service} known=${state.me?.authenticated ?? true} />`}
    ${topicOf(state) === "stop_gambling" && html`<${HelpStrip} help=${help} />`}
    ${queued && state.asking !== "end" && html`<${QueueCard} queue=${state.conv.queue} />`}
    <${Log} key=${state.log?.conv ?? "new"} />
    ${!state.end && html`<${Composer} />`}
  </div>`;
}

function App() {
  const state = chat.state.value;
  const name = screen(state);
  const help = state.brand?.help ?? page.help;
  const canChat = !state.refusal && state.link.state !== "stopped";
  useEffect(() => {
    if (!state.open) return;
    const touch = matchMedia("(pointer: coarse)").matches;
    if (name === "talk" && !touch) chat.focusWanted.value += 1;
    else document.querySelector("h1, #message")?.focus({ preventScroll: true });
  }, [state.open]);
  return html`<div class=${`app at-${name}`}>
    <${Header} ...${headOf(name, state)} onMinimise=${minimise} />
    ${name !== "refused" && name !== "stopped" && html`<${LostBanner} />`}
    ${!persistent && state.me && !state.me.authenticated && (name === "talk" || name === "welcome") && html`<div class="unkept" role="note">
      <${Icon} name="warn" /><p>${t("Your browser does not let us keep this chat. Leave this page open until you are done.")}</p></div>`}
    <main id="main">${
      name === "welcome" ? html`<${Welcome} brand=${state.brand} />`
      : name === "leave" ? html`<${Leave} brand=${state.brand} topic=${state.topic} />`
      : name === "talk" ? html`<${Talk} state=${state} help=${help} />`
      : name === "ended" ? html`<${Ended} end=${state.end} />`
      : name === "stop" ? html`<${Stop} help=${help} canChat=${canChat} alias=${state.conv?.agent?.alias} />`
      : name === "refused" ? html`<${Refusal} code=${state.refusal} />`
      : name === "stopped" ? html`<${Refusal} code=${state.link.code} />`
      : html`<${Loading} />`}</main>
    ${name !== "stop" && html`<${StopRow} />`}
  </div>`;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && minimise && !event.isComposing) minimise();
});
document.addEventListener("visibilitychange", () => chat.atEnd());
addEventListener("storage", (event) => {
  if (event.newValue === null && identity.lost(event.key)) chat.signedOutElsewhere();
});
dark.addEventListener("change", colour);
effect(colour);
render(html`<${App} />`, document.getElementById("app"));
