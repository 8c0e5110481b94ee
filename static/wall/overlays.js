// What opens beside a button: choose an agent, confirm a take-over, close with a reason, change a
// status, set limits, read the log. One at a time; Escape or a click elsewhere closes it.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as acts from "./acts.js";
import { DEFAULTS, duration } from "./limits.js";
import { Icon, Load, codes } from "./parts.js";
import * as store from "./store.js";
import { Share, Why } from "./why.js";
import { breachName, clockTime, language, playerLabel, statusReason } from "./words.js";

function chatOf(conv) {
  return store.wall.value.chats[conv] ?? store.wall.value.watched[conv]?.chat ?? null;
}

function Assign({ conv }) {
  const chat = chatOf(conv);
  const [query, setQuery] = useState("");
  if (!chat) return html`<p>${t("The chat has ended.")}</p>`;
  const live = store.wall.value.agents;
  const known = new Map(store.roster.value.agents.map((agent) => [agent.id, agent]));
  for (const agent of Object.values(live)) if (!known.has(agent.id)) known.set(agent.id, agent);
  const wanted = query.trim().toLocaleLowerCase();
  const people = [...known.values()]
    .map((agent) => ({ ...agent, now: live[agent.id] ?? null }))
    .filter((agent) => agent.id !== chat.agent?.id)
    .filter((agent) => !wanted || agent.alias.toLocaleLowerCase().includes(wanted))
    .map((agent) => ({
      ...agent,
      speaks: (agent.languages ?? []).includes(chat.lang),
      ready: agent.now?.status === "available" && agent.now.connected !== false,
      free: agent.now ? agent.now.capacity - agent.now.load : 0,
    }))
    .sort((a, b) => Number(b.speaks && b.ready) - Number(a.speaks && a.ready) || Number(b.speaks) - Number(a.speaks)
      || Number(b.ready) - Number(a.ready) || a.alias.localeCompare(b.alias));
  const player = playerLabel(chat.player, store.revealed.value);
  return html`<h2 id="overlay-title">${t("Assign {player} to", { player })}</h2>
    <p class="quiet-text">${t("Speaks {language}, needs a free place. Above capacity counts as forced and is recorded.", { language: language(chat.lang) })}</p>
    <label class="field"><span class="label">${t("Find an agent")}</span>
      <input class="input" type="search" value=${query} onInput=${(event) => setQuery(event.currentTarget.value)} /></label>
    <ul class="choices">${people.map((agent) => html`<li key=${agent.id}>
      <button type="button" onClick=${() => acts.assign(conv, agent)}>
        <b class="truncate">${agent.alias}</b>
        <span class=${agent.speaks ? "" : "warn-words"}>${agent.speaks ? codes(agent.languages) : t("no {language}", { language: language(chat.lang) })}</span>
        ${agent.now ? html`<${Load} load=${agent.now.load} capacity=${agent.now.capacity} />` : html`<span class="quiet-text">–</span>`}
        <span class="quiet-text">${!agent.now || agent.now.status === "offline" ? t("Offline") : agent.now.connected === false ? t("No connection")
          : agent.now.status === "away" ? t("Away") : agent.free > 0 ? t("Available") : t("Full, would be forced")}</span>
      </button></li>`)}</ul>
    ${people.length === 0 && html`<p class="quiet-text">${t("No other agent.")}</p>`}`;
}

function Takeover({ conv }) {
  const chat = chatOf(conv);
  const player = playerLabel(chat?.player, store.revealed.value);
  return html`<h2 id="overlay-title">${chat?.agent ? t("Take {player} over from {alias}", { player, alias: chat.agent.alias }) : t("Take {player}", { player })}</h2>
    <p>${chat?.agent
      ? t("The chat moves to your desk at once. {alias} is told, the player sees that you join. It is recorded.", { alias: chat.agent.alias })
      : t("The chat moves to your desk at once. It is recorded.")}</p>
    <div class="buttons"><button type="button" class="btn lg primary" onClick=${() => acts.takeover(conv)}>${t("Take over {player}", { player })}</button>
      <button type="button" class="btn lg quiet" onClick=${store.closePopover}>${t("Cancel")}</button></div>`;
}

function Close({ conv }) {
  const chat = chatOf(conv);
  const player = playerLabel(chat?.player, store.revealed.value);
  const [reason, setReason] = useState("");
  const [words, setWords] = useState("");
  const kinds = [
    ["resolved", t("The matter is settled")],
    ["no_reply", t("The player does not answer")],
    ["duplicate", t("The same matter is in another chat")],
    ["abuse", t("Threats or abuse")],
    ["other", t("Another reason")],
  ];
  const text = reason === "other" ? words.trim() : reason;
  const submit = (event) => {
    event.preventDefault();
    if (text) acts.forceClose(conv, text);
  };
  return html`<form onSubmit=${submit}><h2 id="overlay-title">${t("Close the chat with {player}", { player })}</h2>
    <p>${t("The player sees that the chat has ended. The reason is for staff only and is recorded.")}</p>
    <fieldset><legend class="label">${t("Reason")}</legend>
      ${kinds.map(([value, name]) => html`<label key=${value} class="radio"><input type="radio" name="close-reason" value=${value} checked=${reason === value} onChange=${() => setReason(value)} />${name}</label>`)}
    </fieldset>
    ${reason === "other" && html`<label class="field"><span class="label">${t("In your words")}</span>
      <input class="input" maxlength="200" value=${words} onInput=${(event) => setWords(event.currentTarget.value)} /></label>`}
    <div class="buttons"><button type="submit" class="btn lg danger" disabled=${!text}>${t("Close {player}", { player })}</button>
      <button type="button" class="btn lg quiet" onClick=${store.closePopover}>${t("Cancel")}</button></div></form>`;
}

function Status({ agent: id }) {
  const agent = store.wall.value.agents[id];
  const [status, setStatus] = useState(agent?.status ?? "away");
  const [reason, setReason] = useState("");
  if (!agent) return html`<p>${t("This agent is no longer there.")}</p>`;
  const kinds = [["available", "dot", t("Available")], ["away", "half", t("Away")], ["offline", "ring", t("Offline")]];
  const submit = (event) => {
    event.preventDefault();
    acts.forceState(agent, status, reason.trim() || "supervisor");
  };
  const said = statusReason(agent.reason);
  return html`<form onSubmit=${submit}><h2 id="overlay-title">${t("Status of {alias}", { alias: agent.alias })}</h2>
    <p class="quiet-text">${said ? t("Now: {status}, {reason}", { status: kinds.find(([value]) => value === agent.status)?.[2] ?? "–", reason: said })
      : t("Now: {status}", { status: kinds.find(([value]) => value === agent.status)?.[2] ?? "–" })}</p>
    <fieldset><legend class="label">${t("Change to")}</legend>
      ${kinds.map(([value, icon, name]) => html`<label key=${value} class="radio status ${value}"><input type="radio" name="status" value=${value} checked=${status === value} onChange=${() => setStatus(value)} />
        <${Icon} name=${icon} />${name}</label>`)}</fieldset>
    <label class="field"><span class="label">${t("Reason, {alias} sees it", { alias: agent.alias })}</span>
      <input class="input" maxlength="100" value=${reason} onInput=${(event) => setReason(event.currentTarget.value)} /></label>
    <p class="quiet-text">${t("Chats stay where they are. The change is recorded.")}</p>
    <div class="buttons"><button type="submit" class="btn lg primary" disabled=${status === agent.status}>${t("Set for {alias}", { alias: agent.alias })}</button>
      <button type="button" class="btn lg quiet" onClick=${store.closePopover}>${t("Cancel")}</button></div></form>`;
}

function More({ conv, button }) {
  const chat = chatOf(conv);
  const go = (kind) => () => { store.popover.value = { kind, button, conv }; };
  return html`<h2 class="vh" id="overlay-title">${t("More")}</h2><ul class="menu">
    ${chat?.help && html`<li><button type="button" onClick=${() => acts.clearHelp(conv)}><${Icon} name="lifebuoy" />${t("Help given, end the call")}</button></li>`}
    <li><button type="button" onClick=${go("why")}><${Icon} name="help" />${chat?.state === "queued" ? t("Why is it waiting?") : t("Who was asked?")}</button></li>
    <li><button type="button" onClick=${go("takeover")}><${Icon} name="takeover" />${t("Take over")}</button></li>
    <li><button type="button" onClick=${go("assign")}><${Icon} name="person" />${chat?.agent ? t("Assign to another agent") : t("Assign")}</button></li>
    <li><button type="button" onClick=${go("close")}><${Icon} name="close" />${t("Close with a reason")}</button></li>
  </ul>`;
}

function Limits() {
  const [draft, setDraft] = useState(store.limits.value);
  const rows = [
    ["wait_soon_s", t("Waiting, soon late, seconds")], ["wait_late_s", t("Waiting, late, seconds")],
    ["unanswered_soon_s", t("Unanswered, soon late, seconds")], ["unanswered_late_s", t("Unanswered, late, seconds")],
    ["first_reply_s", t("First reply, median, seconds")], ["waiting", t("Players in the queue")], ["abandoned", t("Gave up waiting, in 30 min")],
  ];
  const submit = (event) => {
    event.preventDefault();
    store.setLimits(draft);
    store.closePopover();
  };
  return html`<form onSubmit=${submit}><h2 id="overlay-title">${t("Limits of this wall")}</h2>
    <p class="quiet-text">${t("Kept in this browser. A figure past its limit turns red, says so, and sounds once.")}</p>
    ${rows.map(([name, label]) => html`<label key=${name} class="limit-row"><span>${label}</span>
      <input class="input num" type="number" min="1" max="86400" required value=${draft[name]}
        onInput=${(event) => setDraft({ ...draft, [name]: Number.parseInt(event.currentTarget.value, 10) })} /></label>`)}
    <div class="buttons"><button type="submit" class="btn lg primary">${t("Save the limits")}</button>
      <button type="button" class="btn lg quiet" onClick=${() => setDraft({ ...DEFAULTS })}>${t("Defaults")}</button></div></form>`;
}

function Log() {
  const { open, past } = store.log.value;
  return html`<h2 id="overlay-title">${t("Limits passed")}</h2>
    <p class="quiet-text">${t("Since this page was opened.")}</p>
    <ul class="log">
      ${Object.values(open).map((one) => html`<li key=${one.id}><span class="num">${clockTime(one.since)}</span><span>${breachName(one)}</span><b class="danger-words">${t("still passed")}</b></li>`)}
      ${past.map((one, at) => html`<li key=${`${one.id}${at}`}><span class="num">${clockTime(one.since)}</span><span>${breachName(one)}</span><span class="quiet-text num">${duration(one.until - one.since)}</span></li>`)}
    </ul>`;
}

const KINDS = { assign: Assign, takeover: Takeover, close: Close, status: Status, more: More, why: Why, share: Share, limits: Limits, log: Log };
const MARGIN_PX = 8;

// Below the button when there is room, else above; never outside the window.
function place(box, button) {
  const near = button.isConnected ? button.getBoundingClientRect() : { left: 0, right: innerWidth, top: innerHeight / 3, bottom: innerHeight / 3 };
  const { width, height } = box.getBoundingClientRect();
  const left = Math.min(Math.max(MARGIN_PX, near.right - width), innerWidth - width - MARGIN_PX);
  const below = near.bottom + 4;
  const top = below + height <= innerHeight - MARGIN_PX ? below : Math.max(MARGIN_PX, near.top - 4 - height);
  box.style.left = `${Math.max(0, left)}px`;
  box.style.top = `${Math.max(MARGIN_PX, Math.min(top, innerHeight - height - MARGIN_PX))}px`;
}

export function Overlay() {
  const open = store.popover.value;
  const box = useRef(null);
  useLayoutEffect(() => {
    if (open && box.current) place(box.current, open.button);
  });
  useEffect(() => {
    if (!open) return undefined;
    // What is asked for comes later and makes it higher.
    const watcher = new ResizeObserver(() => box.current && place(box.current, open.button));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [open]);
  useEffect(() => {
    if (!open) return undefined;
    (box.current.querySelector("input, button.primary, button, select") ?? box.current).focus({ preventScroll: true });
    const outside = (event) => {
      if (box.current && !box.current.contains(event.target) && !open.button.contains(event.target)) store.closePopover();
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open]);
  if (!open) return null;
  const View = KINDS[open.kind];
  const onKeyDown = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      store.closePopover();
    } else if (event.key === "Tab") {
      wrapFocus(event, box.current);
    }
  };
  return html`<div class="popover overlay ${open.kind}" role="dialog" aria-modal="true" aria-labelledby="overlay-title" tabindex="-1" ref=${box} onKeyDown=${onKeyDown}>
    <${View} key=${`${open.kind}${open.conv ?? open.agent ?? ""}`} ...${open} />
  </div>`;
}

function wrapFocus(event, box) {
  const stops = [...box.querySelectorAll("input, button:not(:disabled), select, a[href]")];
  if (!stops.length) return;
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement === edge || document.activeElement === box) {
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}

const NOTICE_MS = 12_000;

export function Notice() {
  const notice = store.notice.value;
  useEffect(() => {
    if (!notice || notice.tone === "danger") return undefined;
    const timer = setTimeout(() => { if (store.notice.value?.id === notice.id) store.notice.value = null; }, NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return html`<div class="notices" role="status" aria-live="polite">${notice && html`<p class="notice ${notice.tone}">
    <${Icon} name=${notice.tone === "danger" || notice.tone === "warn" ? "warn" : "check"} /><span>${notice.text}</span>
    ${notice.to && html`<a class="btn lg" href=${notice.to.href}>${notice.to.text}</a>`}
    <button type="button" class="btn quiet lg icon-only" aria-label=${t("Put this message away")} onClick=${() => { store.notice.value = null; }}><${Icon} name="close" /></button></p>`}</div>`;
}
