// The screens around the conversation: welcome, stop gambling, the end with its survey, and the states
// in which there is no chat.
import { html, useEffect, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { Hours, Service } from "./leaving.js";
import { Icon, Title } from "./parts.js";
import { onlyMessages, outlook } from "./service.js";
import { isLeft } from "./state.js";
import { failureText, refusalText } from "./words.js";

const SLOW_MS = 300;
const SCORES = [1, 2, 3, 4, 5];
const STOP = "stop_gambling";

export function Welcome({ brand }) {
  const kind = outlook(brand.service);
  const leaves = onlyMessages(brand.service);
  return html`<div class="page welcome">
    <${Title}>${kind === "closed" ? t("Nobody is on duty right now") : brand.greeting}<//>
    <${Service} service=${brand.service}>
      ${kind && kind !== "available" && !leaves && html`<button type="button" class="btn small leave-message" onClick=${() => chat.wantToLeave(null)}>${t("Leave a message")}</button>`}
    <//>
    ${kind === "closed" && html`<${Hours} service=${brand.service} />`}
    <p class="lead">${leaves ? t("Choose what it is about.") : t("Choose what it is about. A person answers.")}</p>
    <ul class="topics">${brand.topics.filter((topic) => topic.id !== STOP).map((topic) => html`<li key=${topic.id}>
      <button type="button" data-topic=${topic.id} onClick=${() => chat.choose(topic.id)}>${topic.label}<${Icon} name="right" /></button></li>`)}
    </ul>
    <p class="care">${t("Never send card numbers or passwords here.")}</p>
  </div>`;
}

export function Loading() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="page" aria-busy="true">${slow && html`<p class="lead" role="status">${t("Connecting")}</p>
    <div class="lines" aria-hidden="true"><i></i><i></i><i></i></div>`}</div>`;
}

function HelpPhone({ help }) {
  return help.phone && html`<a class="btn" href=${`tel:${help.phone.replace(/[^+\d]/g, "")}`}><${Icon} name="phone" />${help.phone}</a>`;
}

// help: {line, phone, url} of the brand's market
export function HelpLine({ help }) {
  if (!help?.line) return null;
  return html`<section class="help" aria-label=${t("Helpline")}>
    <p class="help-name">${help.line}</p>
    <p>${t("People outside this casino who help with gambling.")}</p>
    <${HelpPhone} help=${help} />
    ${/^https?:/.test(help.url ?? "") && html`<a class="btn" href=${help.url} target="_blank" rel="noopener noreferrer"><${Icon} name="link" />${t("Website of the helpline")}</a>`}
  </section>`;
}

// The helpline stays in view while a player who wants to stop is waiting or talking.
export function HelpStrip({ help }) {
  if (!help?.line) return null;
  return html`<section class="help-strip" aria-label=${t("Helpline")}><p>${help.line}</p><${HelpPhone} help=${help} /></section>`;
}

export function Stop({ help, canChat, alias }) {
  const { log, end } = chat.state.value;
  const going = log && !end && !isLeft(chat.state.value);
  const label = !going ? t("Talk to somebody now") : alias ? t("Tell {alias} now", { alias }) : t("Say it in this chat now");
  return html`<div class="page stop-page">
    <${Title}>${t("It is good that you say so")}<//>
    <${HelpLine} help=${help} />
    ${canChat && html`<h2>${t("Stop here, with us")}</h2>
    <p class="lead">${going
      ? t("We write in your chat that you want to stop. You can take a break or be excluded, for as long as you choose.")
      : t("You go to the front of the queue. You can take a break or be excluded, for as long as you choose.")}</p>
    <button type="button" class="btn primary stop-chat" onClick=${() => chat.stopGambling(t("I want to stop gambling."))}>${label}</button>`}
    <p class="care">${t("Saying this does not change how we help you with other questions.")}</p>
  </div>`;
}

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
