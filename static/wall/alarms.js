// The bar under the head: what is past its limit, or when that was last so.

import { html } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { Icon } from "./parts.js";
import * as store from "./store.js";
import { alarmText, breachName, breachText, clockTime } from "./words.js";

const MUTE_MS = 5 * 60_000;

function target(breach) {
  switch (breach.kind) {
    case "wait":
    case "waiting":
    case "places": return { kind: "wait" };
    case "language": return { kind: "language", lang: breach.lang };
    case "unanswered": return { kind: "unanswered" };
    case "lost": return { kind: "agent", agent: breach.agent, alias: breach.alias };
    case "stop_gambling": return { kind: "stop_gambling" };
    default: return null;
  }
}

function show(breach) {
  store.focus.value = target(breach);
  store.view.value = "wall";
}

function Item({ breach, now }) {
  const text = breachText(breach, now);
  return target(breach)
    ? html`<li><button type="button" onClick=${() => show(breach)}>${text}</button></li>`
    : html`<li><span>${text}</span></li>`;
}

// What the server itself raised. It goes when it is over.
function Raised() {
  const alarms = store.wall.value.alarms;
  if (!alarms.length) return null;
  const show = (alarm) => {
    const agent = store.wall.value.agents[alarm.about];
    store.focus.value = { kind: "agent", agent: alarm.about, alias: agent?.alias ?? alarm.facts.alias };
    store.view.value = "wall";
  };
  return html`<ul class="raised" aria-label=${t("Alarms")}>${alarms.map((alarm) => html`<li key=${`${alarm.kind}:${alarm.about}`} class=${alarm.kind}>
    <${Icon} name=${ALARM_ICONS[alarm.kind] ?? "warn"} /><span class="grow">${alarmText(alarm)}</span>
    ${alarm.kind === "missed" && store.wall.value.agents[alarm.about] && html`<button type="button" class="btn lg" onClick=${() => show(alarm)}>${t("Show the chats")}</button>`}
    <span class="num since">${t("since {time}", { time: clockTime(alarm.raised_ts) })}</span></li>`)}</ul>`;
}

const ALARM_ICONS = { missed: "bell", suspicion: "wait", presence_breaker: "no-wifi", coverage_hole: "people" };

export function Alarms() {
  return html`<div class="bars"><${Raised} /><${Limits} /></div>`;
}

function Limits() {
  const open = Object.values(store.log.value.open).filter((breach) => breach.kind !== "alarm");
  const now = store.now.value;
  const last = store.log.value.past[0];
  const limitsButton = html`<button type="button" class="btn quiet lg" onClick=${(event) => store.openPopover("limits", event)}>${t("Limits")}</button>`;
  if (!store.wall.value.known) {
    return html`<div class="alarms calm" role="status"><${Icon} name="wait" /><span>${t("Waiting for the first figures.")}</span></div>`;
  }
  if (!open.length) {
    return html`<section class="alarms calm" aria-label=${t("Limits")}>
      <span class="tick"><${Icon} name="check" /></span><b>${t("All within limits")}</b>
      ${last && html`<span class="last truncate">${t("Last passed {from}, {what}, cleared {until}", {
        from: clockTime(last.since), what: breachName(last), until: clockTime(last.until) })}</span>`}
      <span class="grow"></span>
      ${last && html`<button type="button" class="btn quiet lg" onClick=${(event) => store.openPopover("log", event)}>${t("Log")}</button>`}
      ${limitsButton}
    </section>`;
  }
  const muted = store.mutedUntil.value > now;
  return html`<section class="alarms" aria-label=${t("Limits passed")}>
    <span class="count"><${Icon} name="late" />${tn("{n} limit passed", "{n} limits passed", open.length)}</span>
    <ul class="grow">${open.map((breach) => html`<${Item} key=${breach.id} breach=${breach} now=${now} />`)}</ul>
    <button type="button" class="btn quiet lg" aria-pressed=${muted} title=${t("No sound for new limits for five minutes")} onClick=${() => { store.mutedUntil.value = muted ? 0 : now + MUTE_MS; }}>
      ${muted ? t("Muted until {time}", { time: clockTime(store.mutedUntil.value) }) : t("Mute 5 min")}
    </button>
    <button type="button" class="btn quiet lg" onClick=${(event) => store.openPopover("log", event)}>${t("Log")}</button>
    ${limitsButton}
  </section>`;
}
