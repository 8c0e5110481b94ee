// Small parts that every screen of the widget uses.
import { html, signal, useLayoutEffect, useRef } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as sounds from "../kit/sound.js";
import { askEnd, state, view } from "./scene.js";

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
    if (!quiet && state.value.open) ref.current.focus({ preventScroll: true });
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
    ${ending && html`<${IconButton} class="end" icon="logout" label=${t("End chat")} onClick=${() => askEnd(true)} />`}
    <${SoundSwitch} />
    ${onMinimise && html`<${IconButton} class="minimise" icon="chevron" label=${t("Minimise the chat")} onClick=${onMinimise} />`}
  </header>`;
}

// The same row at the same edge of every screen.
export function StopRow() {
  return html`<footer class="stop-row"><button type="button" class="stop" onClick=${() => view("stop")}>
    <${Icon} name="pause" />${t("I want to stop gambling")}</button></footer>`;
}
