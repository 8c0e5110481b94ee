// Small parts that every screen of the widget uses.
import { html, signal, useEffect, useLayoutEffect, useRef } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as sounds from "../kit/sound.js";
import * as chat from "./chat.js";
import { banner } from "./state.js";

const SPRITE = new URL("./icons.svg", import.meta.url).href;
const muted = signal(sounds.muted());

export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>`;
}

// An icon without a word: its name is also its tooltip.
export function IconButton({ icon, label, class: extra = "", ...rest }) {
  return html`<button type="button" class=${`tool ${extra}`} aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /></button>`;
}

// The heading that takes the focus when its screen appears, so that it is read out first.
export function Title({ children, quiet = false }) {
  const ref = useRef(null);
  useLayoutEffect(() => {
    if (!quiet && chat.state.value.open) ref.current.focus({ preventScroll: true });
  }, []);
  return html`<h1 ref=${ref} tabindex="-1">${children}</h1>`;
}

function SoundSwitch() {
  const toggle = () => {
    muted.value = sounds.mute(!muted.value);
    if (!muted.value) sounds.chime({ force: true });
  };
  return html`<${IconButton} class="sound" icon=${muted.value ? "mute" : "sound"} aria-pressed=${!muted.value}
    label=${muted.value ? t("Sound is off") : t("Sound is on")} onClick=${toggle} />`;
}

// back: what the arrow does, if there is one; ending: whether the chat can be ended here.
export function Header({ alias, title, sub, back, ending, onMinimise }) {
  return html`<header class="head">
    ${back && html`<${IconButton} class="back" icon="back" label=${t("Back")} onClick=${back} />`}
    ${alias && html`<span class="avatar" aria-hidden="true">${[...alias][0]}</span>`}
    <div class="who"><p class=${alias || back ? "name" : "name brand"}>${title}</p><p class="sub">${sub}</p></div>
    ${ending && html`<${IconButton} class="end" icon="logout" label=${t("End chat")} onClick=${() => chat.askEnd(true)} />`}
    <${SoundSwitch} />
    ${onMinimise && html`<${IconButton} class="minimise" icon="chevron" label=${t("Minimise the chat")} onClick=${onMinimise} />`}
  </header>`;
}

// The same row at the same edge of every screen.
export function StopRow() {
  return html`<footer class="stop-row"><button type="button" class="stop" onClick=${() => chat.view("stop")}>
    <${Icon} name="pause" />${t("I want to stop gambling")}</button></footer>`;
}

const clock = signal(Date.now());

export function LostBanner() {
  const { link, db } = chat.state.value;
  const down = link.state !== "live" && link.state !== "stopped";
  useEffect(() => {
    if (!down) return undefined;
    const tick = () => { clock.value = Date.now(); };
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [down]);
  if (!down || !banner(chat.state.value, clock.value)) return null;
  const left = link.retryAt === null ? 0 : Math.ceil((link.retryAt - clock.value) / 1000);
  return html`<div class="banner lost" role="status">
    <${Icon} name="no-wifi" />
    <p class="grow">${db ? t("The connection is lost. Your text is safe.") : t("The chat cannot be reached right now.")} <span class="num" aria-live="off">${
      left > 0 ? t("We try again in {n} s.", { n: left }) : t("We are trying again now.")}</span></p>
    <button type="button" class="btn small" onClick=${() => chat.tryNow()}>${t("Try now")}</button>
  </div>`;
}

// Asks in place, not in a window of its own.
export function EndQuestion({ queued, left }) {
  const [question, stay, go] = left
    ? [t("Take your message back? Then nobody answers it."), t("Leave it with us"), t("Take it back")]
    : queued
      ? [t("Leave the queue? You lose your place in it."), t("Stay in the queue"), t("Leave the queue")]
      : [t("End this chat?"), t("Go on chatting"), t("End chat")];
  const keep = useRef(null);
  useLayoutEffect(() => keep.current.focus(), []);
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    chat.askEnd(false);
  };
  return html`<div class="ask" role="group" aria-labelledby="ask-text" onKeyDown=${escape}>
    <p id="ask-text">${question}</p>
    <div class="pair">
      <button type="button" class="btn small" ref=${keep} onClick=${() => chat.askEnd(false)}>${stay}</button>
      <button type="button" class="btn small end-now" onClick=${() => chat.endChat()}>${go}</button>
    </div>
  </div>`;
}
