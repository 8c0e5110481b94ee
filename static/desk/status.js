// What the agent declared, since when, and the menu that changes it: F9 opens it, a digit chooses.
import { html, useState } from "../kit/preact.js";
import { formatTime, t } from "../kit/i18n.js";
import { Icon, Popover, minutes, now } from "./ui.js";
import { AWAY_REASONS, statusName } from "./words.js";

const ICONS = { available: "dot", away: "half", offline: "ring" };
const REASON_CHARS = 60;
const FIELD = "away-text";

// What the digits choose, in their order.
export const CHOICES = [["available", null], ...AWAY_REASONS.map((reason) => ["away", reason]), ["offline", null]];

// The choice that a key means, or null; "field" is the free text.
export function choiceOf(key) {
  if (key === "0") return "field";
  return /^[1-9]$/u.test(key) ? CHOICES[Number(key) - 1] ?? null : null;
}

// What a key does while the menu is open; true when it did something. The page asks, not the menu: right
// after F9 the focus may still be in a composer, and the digit must not become part of a reply.
export function chooseByKey(desk, event) {
  if (!desk.statusOpen.peek() || event.ctrlKey || event.metaKey || event.altKey || event.target.id === FIELD) return false;
  const choice = choiceOf(event.key);
  if (!choice) return false;
  event.preventDefault();
  if (choice === "field") {
    document.getElementById(FIELD)?.focus();
  } else {
    desk.toggleStatus(false);
    desk.setStatus(choice[0], choice[1] ?? undefined);
  }
  return true;
}

export function Status({ desk, status }) {
  const open = desk.statusOpen.value;
  const away = status.status === "away" && status.since_ts ? ` ${minutes(now.value - status.since_ts)}` : "";
  const words = statusName(status.status, status.reason);
  return html`<div class="anchor">
    <button type="button" class="btn lg status-button" aria-expanded=${open} aria-keyshortcuts="F9" title=${status.since_ts ? t("{status} since {time} (F9)", { status: words, time: formatTime(status.since_ts) }) : `${words} (F9)`} onClick=${() => desk.toggleStatus()}>
      <span class=${`status ${status.status}`}><${Icon} name=${ICONS[status.status] ?? "ring"} /><span class="num">${words}${away}</span></span><${Icon} name="chevron" />
    </button>
    ${open && html`<${Menu} desk=${desk} status=${status} words=${words} />`}
  </div>`;
}

function Menu({ desk, status, words }) {
  const [text, setText] = useState("");
  const close = () => desk.toggleStatus(false);
  const set = (next, reason) => { close(); desk.setStatus(next, reason ?? undefined); };
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const box = event.currentTarget;
      const stops = [...box.querySelectorAll("button.menu-item, input")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    }
  };
  // A digit means this menu only as long as the focus is in it.
  const onFocusOut = (event) => {
    if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) close();
  };
  const chosen = (next, reason) => status.status === next && (next !== "away" || (status.reason ?? null) === reason);
  const item = ([next, reason], place) => html`<button type="button" key=${reason ?? next} class="menu-item" data-first=${chosen(next, reason) || undefined} aria-pressed=${chosen(next, reason)} aria-keyshortcuts=${String(place + 1)}
    onClick=${() => set(next, reason)}><span class=${`status grow ${next}`}><${Icon} name=${ICONS[next]} />${reason ? statusName(next, reason) : statusName(next)}</span><span class="key" aria-hidden="true">${place + 1}</span></button>`;
  const submit = (event) => {
    event.preventDefault();
    if (text.trim()) set("away", text.trim());
  };
  return html`<${Popover} label=${t("My status")} class="menu status-menu" onClose=${close}><div onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <p class="menu-head">${status.since_ts ? t("{status} since {time}", { status: words, time: formatTime(status.since_ts) }) : words}</p>
    ${CHOICES.map(item)}
    <form class="menu-form" onSubmit=${submit}><label class="vh" for=${FIELD}>${t("Away for another reason")}</label>
      <input id=${FIELD} class="input" maxlength=${REASON_CHARS} autocomplete="off" placeholder=${t("Away for another reason")} value=${text} onInput=${(event) => setText(event.target.value)} />
      ${text.trim() ? html`<button class="btn primary">${t("Set")}</button>` : html`<span class="key" aria-hidden="true">0</span>`}</form>
    <p class="menu-note">${t("Away and offline keep your chats. New ones go to others.")}</p>
  </div></${Popover}>`;
}
