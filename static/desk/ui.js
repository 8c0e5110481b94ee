// Small shared parts of the desk's screen.
import { html, signal, useLayoutEffect, useRef } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { waited } from "../kit/clock.js";

const SPRITE = new URL("../kit/icons.svg", import.meta.url).href;

// Server time in ms, once a second. Clocks are computed from it and from the server's stamps, so a
// throttled tab is late but never wrong.
export const now = signal(Date.now());

export function runClock(serverNow) {
  const tick = () => { now.value = serverNow(); };
  tick();
  document.addEventListener("visibilitychange", tick);
  return setInterval(tick, 1000);
}

// label: for an icon that stands without a word.
export function Icon({ name, label, class: extra = "" }) {
  return html`<svg class=${`icon ${extra}`} role=${label ? "img" : undefined} aria-label=${label}
    aria-hidden=${label ? undefined : "true"} focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>`;
}

// A button without words: its label is also its tooltip.
export function IconButton({ icon, label, class: extra = "", ...rest }) {
  return html`<button type="button" class=${`btn quiet icon-only ${extra}`} aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /></button>`;
}

export function minutes(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(total / 3600);
  const pad = (n) => String(n).padStart(2, "0");
  const rest = `${Math.floor((total % 3600) / 60)}`;
  return hours ? `${hours}:${pad(rest)}:${pad(total % 60)}` : `${rest}:${pad(total % 60)}`;
}

// The wait of the player's oldest unanswered line; once answered, how long ago.
export function Clock({ chat, answered, limits }) {
  const since = chat.waiting_since_ts;
  const { state, text } = waited(since ?? null, now.value, limits ?? { soon: 60, late: 120 });
  if (since == null) {
    if (chat.sleeping) {
      return html`<span class="clock silent"><${Icon} name="zz" />${t("silent {time}", { time: answered ? minutes(now.value - answered) : "–" })}</span>`;
    }
    if (!answered) return html`<span class="clock none"><${Icon} name="clock" />–</span>`;
    return html`<span class="clock answered"><${Icon} name="check" />${t("answered {time}", { time: minutes(now.value - answered) })}</span>`;
  }
  if (state === "late") return html`<span class="clock late"><${Icon} name="late" />${t("{time} late", { time: text })}</span>`;
  if (state === "soon") return html`<span class="clock soon"><${Icon} name="half" />${t("{time} soon late", { time: text })}</span>`;
  return html`<span class="clock"><${Icon} name="clock" />${text}</span>`;
}

// A sentence with one of its values in bold, wherever the language puts it.
export function Bold({ text, value }) {
  const at = text.indexOf(value);
  return at < 0 ? text : html`${text.slice(0, at)}<b>${value}</b>${text.slice(at + value.length)}`;
}

export function Unread({ n, class: extra = "" }) {
  return html`<span class=${`unread ${extra}`}><span aria-hidden="true">${n}</span><span class="vh">${tn("{n} unread message", "{n} unread messages", n)}</span></span>`;
}

export function Wait({ since }) {
  return html`<span class="clock"><${Icon} name="clock" />${since ? minutes(now.value - since) : "–"}</span>`;
}

// seconds: left; total: of the whole countdown. Moves in whole seconds.
export function Bar({ left, total, warn }) {
  const share = total > 0 ? Math.max(0, Math.min(1, left / total)) : 0;
  return html`<div class=${`bar ${warn ? "warn" : ""}`} aria-hidden="true"><i style=${{ width: `${Math.round(share * 100)}%` }}></i></div>`;
}

// An inline panel that takes the focus when it opens and gives it back when it closes.
export function Popover({ label, onClose, class: extra = "", children }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    (box.current.querySelector("[data-first]") ?? box.current.querySelector("button, input, select, textarea"))?.focus();
    const outside = (event) => { if (!box.current?.contains(event.target) && !before?.contains(event.target)) onClose(); };
    document.addEventListener("pointerdown", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      if (before?.isConnected && (document.activeElement === document.body || document.activeElement === null)) before.focus();
    };
  }, []);
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  return html`<div ref=${box} class=${`popover ${extra}`} role="dialog" aria-label=${label} onKeyDown=${escape}>${children}</div>`;
}
