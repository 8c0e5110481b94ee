// The chats: those that need a supervisor with the reason first, then the quiet ones.

import { html, signal, useEffect, useRef, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as acts from "./acts.js";
import { clockOf, focused, hold } from "./need.js";
import { Clock, Icon } from "./parts.js";
import * as store from "./store.js";
import { REASON_ICON, language, openFor, playerLabel, reasonText, topicName } from "./words.js";

// On a narrow page the agents come after the chats, so the list starts short.
const FIRST_ROWS = 10;
// With fewer that need somebody there is room for the quiet ones below them.
const ROOM_ROWS = 8;
const small = matchMedia("(max-width: 1199px)");
const narrow = signal(small.matches);
small.addEventListener("change", (event) => { narrow.value = event.matches; });

// True while the pointer or the keyboard is in the list, or something opened from it is open.
function useHeld() {
  const [inside, setInside] = useState(false);
  const [focusInside, setFocusInside] = useState(false);
  const events = {
    onPointerEnter: () => setInside(true),
    onPointerLeave: () => setInside(false),
    onFocusIn: () => setFocusInside(true),
    onFocusOut: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setFocusInside(false);
    },
  };
  const anchored = Boolean(store.popover.value?.conv);
  return [inside || focusInside || anchored, events];
}

function useOrder(rows, held) {
  const shown = useRef([]);
  const list = hold(shown.current, rows, held);
  useEffect(() => {
    shown.current = list;
  });
  return list;
}

function Reason({ row, now }) {
  const first = row.reasons[0];
  if (row.gone) {
    return html`<span class="reason settled"><${Icon} name="check" />
      <span>${store.wall.value.chats[row.chat.conv] ? t("Settled") : t("Ended")}</span></span>`;
  }
  const more = row.reasons.slice(1).map((reason) => reasonText(reason, row.chat, now));
  const text = reasonText(first, row.chat, now);
  const queued = row.chat.state === "queued";
  const words = html`<${Icon} name=${REASON_ICON[first.code]} /><span>${text}</span>
    ${more.length > 0 && html`<span class="more num" aria-label=${more.join(". ")}>+${more.length}</span>`}`;
  const whole = more.length ? [text, ...more].join(". ") : null;
  if (!queued) return html`<span class="reason ${first.tone}" title=${whole}>${words}</span>`;
  return html`<button type="button" class="reason asks ${first.tone}" aria-haspopup="dialog" title=${[whole ?? text, t("Why is it waiting?")].join(". ")}
    onClick=${(event) => store.openPopover("why", event, { conv: row.chat.conv })}>${words}</button>`;
}

function Actions({ row }) {
  const { chat } = row;
  const watched = Boolean(store.wall.value.watched[chat.conv]);
  const player = playerLabel(chat.player, store.revealed.value);
  if (row.gone && !store.wall.value.chats[chat.conv]) return null;
  const open = (kind) => (event) => store.openPopover(kind, event, { conv: chat.conv });
  return html`
    <button type="button" class="btn lg" aria-label=${watched ? t("Watching {player}", { player }) : t("Watch {player}", { player })}
      aria-pressed=${watched} onClick=${() => acts.watch(chat.conv)}>${watched ? t("Watching") : t("Watch")}</button>
    ${chat.state === "queued"
      ? html`<button type="button" class="btn lg" aria-haspopup="dialog" aria-label=${t("Assign {player}", { player })} onClick=${open("assign")}>${t("Assign")}</button>`
      : html`<button type="button" class="btn lg" aria-haspopup="dialog" aria-label=${t("Take over {player}", { player })} onClick=${open("takeover")}>${t("Take over")}</button>`}
    <button type="button" class="btn quiet lg icon-only" aria-haspopup="dialog" aria-label=${t("More for {player}", { player })} title=${t("More")}
      onClick=${open("more")}><${Icon} name="more" /></button>`;
}

function Row({ row, now, withReason }) {
  const { chat } = row;
  const limits = store.limits.value;
  const queued = chat.state === "queued";
  const asking = store.popover.value?.conv === chat.conv;
  return html`<tr class=${`${row.gone ? "gone" : ""} ${asking ? "asking" : ""}`} role="row">
    ${withReason && html`<td role="cell" class="c-reason"><${Reason} row=${row} now=${now} /></td>`}
    <td role="cell" class="c-player truncate">${playerLabel(chat.player, store.revealed.value)}</td>
    <td role="cell" class="c-brand" title=${language(chat.lang)}><span class="two">${chat.lang.toUpperCase()}, ${store.brandName(chat.brand)}</span></td>
    <td role="cell" class="c-topic"><span class="two">${topicName(chat.topic)}</span></td>
    <td role="cell" class="c-agent truncate">${chat.agent?.alias ?? "–"}${chat.weight > 1 && html`<span class="weight" title=${t("Takes {n} places", { n: chat.weight })}>${t("counts {n}", { n: chat.weight })}</span>`}</td>
    <td role="cell" class="c-clock">${row.gone ? "" : html`<${Clock} ts=${clockOf(chat)} now=${now} none=${queued ? "–" : (chat.why ?? []).includes("asleep") ? t("asleep") : t("answered")}
      soon=${queued ? limits.wait_soon_s : limits.unanswered_soon_s} late=${queued ? limits.wait_late_s : limits.unanswered_late_s} />`}</td>
    <td role="cell" class="c-open num">${openFor(chat.opened_ts ? now - chat.opened_ts : null)}</td>
    <td role="cell" class="c-act"><div class="acts"><${Actions} row=${row} /></div></td>
  </tr>`;
}

// Up and down go to the same button of the next row.
function onArrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const cell = event.target.closest("button")?.closest("tr");
  if (!cell) return;
  const rows = [...event.currentTarget.querySelectorAll("tr")].filter((row) => row.querySelector("button"));
  const next = rows[rows.indexOf(cell) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  const at = [...cell.querySelectorAll("button")].indexOf(event.target.closest("button"));
  const buttons = next.querySelectorAll("button");
  event.preventDefault();
  buttons[Math.min(at, buttons.length - 1)].focus();
}

function Table({ rows: all, now, withReason, label, events }) {
  const [whole, setWhole] = useState(false);
  const short = narrow.value && !whole && all.length > FIRST_ROWS;
  const rows = short ? all.slice(0, FIRST_ROWS) : all;
  return html`<div class="scroll" ...${events} onKeyDown=${onArrows}>
    <table class=${withReason ? "chats needs" : "chats"} role="table" aria-label=${label}>
      <thead role="rowgroup"><tr role="row">
        ${withReason && html`<th role="columnheader" scope="col" class="c-reason">${t("Reason")}</th>`}
        <th role="columnheader" scope="col" class="c-player">${t("Player")}</th>
        <th role="columnheader" scope="col" class="c-brand">${t("Language, brand")}</th>
        <th role="columnheader" scope="col" class="c-topic">${t("Topic")}</th>
        <th role="columnheader" scope="col" class="c-agent">${t("Agent")}</th>
        <th role="columnheader" scope="col" class="c-clock">${t("Waiting")}</th>
        <th role="columnheader" scope="col" class="c-open">${t("Open for")}</th>
        <th role="columnheader" scope="col" class="c-act"><span class="vh">${t("Actions")}</span></th>
      </tr></thead>
      <tbody role="rowgroup">${rows.map((row) => html`<${Row} key=${row.chat.conv} row=${row} now=${now} withReason=${withReason} />`)}</tbody>
    </table>
    ${short && html`<p class="further"><button type="button" class="btn lg" onClick=${() => setWhole(true)}>${t("Show {n} more", { n: all.length - FIRST_ROWS })}</button></p>`}
  </div>`;
}

function focusName(focus) {
  switch (focus.kind) {
    case "wait": return t("waiting");
    case "offered": return t("on offer");
    case "nobody_free": return t("waiting, nobody free");
    case "nobody_on_duty": return t("waiting, nobody on duty");
    case "unanswered": return t("without an answer");
    case "stop_gambling": return t("asking to stop gambling");
    case "language": return t("waiting in {language}", { language: language(focus.lang) });
    case "agent": return t("chats of {alias}", { alias: focus.alias });
    default: return "";
  }
}

export function Sessions() {
  const now = store.now.value;
  const { needs, quiet } = store.sorted.value;
  const focus = store.focus.value;
  const [asked, setAsked] = useState(null);
  const [held, events] = useHeld();
  const narrowedNeeds = focused(needs, focus);
  const narrowedQuiet = focused(quiet, focus);
  const needRows = useOrder(narrowedNeeds, held);
  const quietRows = useOrder(narrowedQuiet, held);
  const room = useRef(false);
  if (!held) room.current = needs.length <= ROOM_ROWS && !narrow.value;
  const showQuiet = asked ?? room.current;
  const open = showQuiet || Boolean(focus) || needs.length === 0;
  const known = store.wall.value.known;
  return html`<section class="card sessions" aria-labelledby="needs-title">
    <header class="card-head">
      <h2 id="needs-title">${t("Needs you")} <span class="num quiet-text">${known ? narrowedNeeds.length : "–"}</span></h2>
      ${focus
        ? html`<span class="badge accent">${t("Only {what}", { what: focusName(focus) })}</span>
          <button type="button" class="btn quiet" onClick=${() => { store.focus.value = null; }}>${t("Show all")}</button>`
        : html`<span class="quiet-text">${held && needs.length > 1 ? t("order held while you are here") : t("most urgent first")}</span>`}
      <span class="grow"></span>
      ${needs.length > 0 && !focus && html`<span class="quiet-text">${t("Nothing to report")} <b class="num">${quiet.length}</b></span>
        <button type="button" class="btn quiet" aria-expanded=${open} onClick=${() => setAsked(!showQuiet)}>${showQuiet ? t("Hide") : t("Show")}</button>`}
    </header>
    ${known && needRows.length === 0 && html`<p class="calm-line"><${Icon} name="check" />
      <span>${focus
        ? html`<b>${t("None of these needs a supervisor.")}</b>`
        : html`<b>${t("No chat needs a supervisor.")}</b> ${t("Chats appear here with a reason: no answer, a call for help, a language nobody speaks, a wish to stop gambling.")}`}</span></p>`}
    ${!known && html`<p class="calm-line"><span class="quiet-text">${t("The chats appear here as soon as the server answers.")}</span></p>`}
    <div class="lists">
      ${needRows.length > 0 && html`<${Table} rows=${needRows} now=${now} withReason label=${t("Needs you")} events=${events} />`}
      ${open && known && !(focus && narrowedQuiet.length === 0 && quietRows.length === 0) && html`
        <div class="card-head sub"><h3>${needs.length ? t("Nothing to report") : t("Open chats")} <span class="num quiet-text">${narrowedQuiet.length}</span></h3>
          <span class="quiet-text">${t("longest without answer first")}</span></div>
        ${quietRows.length > 0
          ? html`<${Table} rows=${quietRows} now=${now} label=${t("Open chats")} events=${events} />`
          : html`<p class="calm-line"><span class="quiet-text">${t("No open chat.")}</span></p>`}`}
    </div>
  </section>`;
}
