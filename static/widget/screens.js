// The end with its survey, and the states in which there is no chat.
import { html, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { Icon, Title } from "./parts.js";
import { failureText, refusalText } from "./words.js";

const SCORES = [1, 2, 3, 4, 5];

export function Refusal({ code }) {
  const { title, text, act, label } = refusalText(code);
  return html`<div class="page refusal" data-code=${code}>
    <${Title}>${title}<//>
    <p class="lead">${text}</p>
    ${act && html`<button type="button" class="btn primary" onClick=${() => (act === "reload" ? location.reload() : chat.again())}>${label}</button>`}
  </div>`;
}

function Score({ name, question, low, high, value, onChoose }) {
  return html`<fieldset class="score" data-question=${name}>
    <legend>${question}</legend>
    <div class="scores">${SCORES.map((score) => html`<label key=${score} class=${score === value ? "chosen" : ""}>
      <input type="radio" class="vh" name=${name} value=${score} checked=${score === value} onChange=${() => onChoose(score)} />
      ${score === value && html`<${Icon} name="check" />`}<span class="num">${score}</span>
      ${score === 1 && html`<span class="vh">, ${low}</span>`}${score === 5 && html`<span class="vh">, ${high}</span>`}</label>`)}</div>
    <p class="ends" aria-hidden="true"><span>${low}</span><span>${high}</span></p>
  </fieldset>`;
}

function Survey({ alias }) {
  const { rating } = chat.state.value;
  const [comment, setComment] = useState("");
  const finish = (event) => {
    event.preventDefault();
    chat.rate({ comment: comment.trim() || null }, "sent");
  };
  const ready = rating.agent || rating.outcome || comment.trim();
  return html`<form class="survey" onSubmit=${finish}>
    <${Score} name="outcome" question=${t("Is your question solved?")} low=${t("Not at all")} high=${t("Completely")}
      value=${rating.outcome} onChoose=${(outcome) => chat.rate({ outcome })} />
    <${Score} name="agent" question=${t("How was the help of {alias}?", { alias })} low=${t("Very poor")} high=${t("Very good")}
      value=${rating.agent} onChoose=${(agent) => chat.rate({ agent })} />
    <div class="field"><label for="comment">${t("Anything to add? (optional)")}</label>
      <textarea id="comment" rows="2" maxlength="2000" value=${comment} onInput=${(event) => setComment(event.currentTarget.value)}></textarea></div>
    <div class="pair">
      <button type="submit" class=${`btn ${ready ? "primary" : ""} survey-send`} disabled=${!ready}>${t("Send")}</button>
      <button type="button" class="btn survey-skip" onClick=${() => chat.rate({}, "skipped")}>${t("Skip")}</button>
    </div>
  </form>`;
}

// Written, but the chat was closed first: it stays, and can begin a new chat.
function Unsent({ entries }) {
  return entries.map((entry) => html`<div class="unsent" key=${entry.cmid}>
    <p class="meta bad"><${Icon} name="warn" />${failureText(entry.code ?? "closed")}</p>
    <p class="quote" dir="auto">${entry.body}</p>
    <button type="button" class="btn small" onClick=${() => { chat.drop(entry.cmid); chat.startAnew(entry.body); }}>${t("Use it in a new chat")}</button>
  </div>`);
}

function afterword(end, done) {
  if (done === "sent") return t("Your answer helps us to help better.");
  if (end.alias === null && end.by === "player") return t("You left before anybody could answer.");
  return t("You can read it here for as long as this window is open.");
}

export function Ended({ end }) {
  const { done } = chat.state.value.rating;
  const asked = end.alias !== null && !done;
  const unsent = chat.pending().filter((entry) => entry.state !== "sent");
  return html`<div class="page ended">
    <${Title} key=${done ?? "asked"}>${done === "sent" ? t("Thank you") : t("This chat has ended")}<//>
    <p class="lead">${asked ? t("Two questions. You can skip them.") : afterword(end, done)}</p>
    <${Unsent} entries=${unsent} />
    ${asked && html`<${Survey} alias=${end.alias || t("the person")} />`}
    <div class="after">
      <button type="button" class=${asked ? "text-button new-chat" : "btn primary new-chat"} onClick=${() => chat.startAnew()}>${t("Start a new chat")}</button>
      <button type="button" class="text-button read-chat" onClick=${() => chat.view("transcript")}>${t("Read the chat again")}</button>
    </div>
  </div>`;
}
