// Two panels that ask the server: why a chat waits, and how the work was shared out.

import { html, useEffect, useState } from "../kit/preact.js";
import { formatNumber, t, tn } from "../kit/i18n.js";
import * as acts from "./acts.js";
import { bars, giniText } from "./fairness.js";
import { Icon } from "./parts.js";
import { decision, excludedRows, whyWaiting } from "./routing.js";
import * as store from "./store.js";
import { clockTime, openFor, playerLabel, refusal } from "./words.js";

const ASK_AGAIN_MS = 3_000;
const HOUR_MS = 3_600_000;

// The newest answer, asked for again while the panel is open; {answer, error}.
function useAnswer(ask, every, key) {
  const [state, setState] = useState({ answer: null, error: null });
  useEffect(() => {
    let over = false;
    let timer = 0;
    const run = async () => {
      try {
        const answer = await ask();
        if (!over) setState({ answer, error: null });
      } catch (error) {
        if (!over) setState((before) => ({ ...before, error: refusal(error?.code) }));
      }
      if (!over && every) timer = setTimeout(run, every);
    };
    setState({ answer: null, error: null });
    run();
    return () => { over = true; clearTimeout(timer); };
  }, [key]);
  return state;
}

function Waiting({ state }) {
  if (state.error && !state.answer) return html`<p class="danger-words" role="alert">${state.error}</p>`;
  return html`<p class="quiet-text" role="status">${t("Asking the server")}</p>`;
}

export function Why({ conv }) {
  const chat = store.wall.value.chats[conv] ?? store.wall.value.watched[conv]?.chat ?? { lang: "" };
  const state = useAnswer(() => acts.askRouting(conv), ASK_AGAIN_MS, conv);
  const { answer } = state;
  const player = playerLabel(chat.player, store.revealed.value);
  const title = !answer || answer.waiting ? t("Why is {player} waiting?", { player }) : t("Who was asked for {player}?", { player });
  if (!answer) return html`<h2 id="overlay-title">${title}</h2><${Waiting} state=${state} />`;
  const rows = answer.waiting ? excludedRows(answer.waiting.excluded, chat) : [];
  return html`<h2 id="overlay-title">${title}</h2>
    <p class="answer">${whyWaiting(answer, chat)}</p>
    ${rows.length > 0 && html`<dl class="excluded">${rows.map((row) => html`<div key=${row.reason}><dt>${row.text}</dt><dd>${row.names.join(", ")}</dd></div>`)}</dl>`}
    <h3>${t("Who was asked")}</h3>
    ${answer.decisions.length === 0 && html`<p class="quiet-text">${t("Nobody yet.")}</p>`}
    <ol class="decisions">${answer.decisions.map((one) => {
      const told = decision(one);
      return html`<li key=${one.offer}><time class="num">${clockTime(one.offered_ts, true)}</time><${Icon} name=${told.icon} />
        <span><b>${told.text}</b>${told.because && html`<span class="quiet-text"> ${told.because}</span>`}</span></li>`;
    })}</ol>
    <div class="buttons">${answer.state === "queued" && html`<button type="button" class="btn lg" onClick=${() => { store.popover.value = { ...store.popover.value, kind: "assign" }; }}>${t("Assign")}</button>`}
      <button type="button" class="btn lg quiet" onClick=${store.closePopover}>${t("Close")}</button></div>`;
}

export function Share() {
  const [hours, setHours] = useState(8);
  const state = useAnswer(() => acts.askFairShare(acts.serverNow() - hours * HOUR_MS), 0, hours);
  const { answer } = state;
  const spans = [[1, t("1 hour")], [8, t("8 hours")], [24, t("24 hours")]];
  const show = (one) => () => {
    store.focus.value = { kind: "agent", agent: one.id, alias: one.alias };
    store.view.value = "wall";
    store.closePopover();
  };
  return html`<div class="share-head"><h2 id="overlay-title">${t("Fair share")}</h2>
      <div class="tabs" role="group" aria-label=${t("Span")}>${spans.map(([value, name]) => html`<button key=${value} type="button" class="btn" aria-pressed=${hours === value} onClick=${() => setHours(value)}>${name}</button>`)}</div></div>
    ${!answer ? html`<${Waiting} state=${state} />` : html`
      <p class="answer">${giniText(answer.gini)}${answer.gini !== null && html` <span class="quiet-text num">${t("Gini {n}: 0 is the same for all, 1 is one for all.", { n: formatNumber(answer.gini) })}</span>`}</p>
      ${answer.agents.length === 0 ? html`<p class="quiet-text">${t("No offers and no chats in this time.")}</p>` : html`<ul class="shares">
        ${bars(answer, document.documentElement.lang).map((one) => html`<li key=${one.id}>
          <button type="button" class="alias truncate" title=${t("Chats of {alias}", { alias: one.alias })} onClick=${show(one)}>${one.alias}</button>
          <span class="share-bar" aria-hidden="true"><i style=${{ width: `${one.width}%` }}></i></span>
          <span class="num share-part">${one.share === null ? "–" : t("{n} %", { n: Math.round(one.share * 100) })}</span>
          <span class="share-facts num">${[
            tn("{n} chat", "{n} chats", one.handled),
            t("{time} of places", { time: openFor(one.place_min * 60_000) }),
            one.offers > 0 && t("{taken} of {n} offers taken", { taken: one.accepted, n: one.offers }),
            one.missed > 0 && t("{n} missed", { n: one.missed }),
            one.declined > 0 && t("{n} declined", { n: one.declined }),
            one.claimed > 0 && t("{n} claimed", { n: one.claimed }),
            one.forced > 0 && t("{n} by force", { n: one.forced }),
            one.back > 0 && t("{n} given back", { n: one.back }),
          ].filter(Boolean).join(" · ")}</span></li>`)}</ul>`}
      <p class="quiet-text">${t("Places times minutes, by name and not ranked. From {from} to {to}.", { from: clockTime(answer.from_ts), to: clockTime(answer.to_ts) })}</p>`}
    <div class="buttons"><button type="button" class="btn lg quiet" onClick=${store.closePopover}>${t("Close")}</button></div>`;
}
