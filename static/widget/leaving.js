// The message that a player can leave instead of waiting.
import { html, useLayoutEffect, useRef } from "../kit/preact.js";
import { formatNumber, t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { Icon, Title } from "./parts.js";
import { Service, useClock } from "./served.js";
import { onlyMessages, outlook } from "./service.js";
import { openingText } from "./service-words.js";

const COUNT_FROM = 200;
const STOP = "stop_gambling";

export function Leave({ brand, topic }) {
  const field = useRef(null);
  const { bodyChars, open } = chat.state.value;
  const text = chat.draft.value;
  const length = [...text].length;
  const topics = brand.topics.filter((one) => one.id !== STOP);
  const chosen = topics.some((one) => one.id === topic) ? topic : "other";
  const ready = text.trim() !== "" && length <= bodyChars;
  const mayChat = outlook(brand.service) !== null && !onlyMessages(brand.service);
  // Before anything is painted: a key pressed at once is pressed in the field.
  useLayoutEffect(() => {
    if (open && topic && !matchMedia("(pointer: coarse)").matches) field.current.focus();
  }, []);
  const submit = (event) => {
    event.preventDefault();
    if (ready) chat.leave(chosen, text);
  };
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) submit(event);
  };
  return html`<div class="page leave">
    <${Title} quiet=${Boolean(topic) && !matchMedia("(pointer: coarse)").matches}>${t("Leave a message")}<//>
    <${Service} service=${brand.service}>
      ${mayChat && html`<button type="button" class="btn small chat-instead" onClick=${() => chat.choose(topic)}>${t("Start a chat instead")}</button>`}
    <//>
    <form class="message-form" onSubmit=${submit}>
      <div class="field"><label for="about">${t("What is it about?")}</label>
        <div class="select"><select id="about" value=${chosen} onChange=${(event) => chat.wantToLeave(event.currentTarget.value)}>
          ${topics.map(({ id, label }) => html`<option key=${id} value=${id}>${label}</option>`)}</select><${Icon} name="chevron" /></div></div>
      <div class="field"><label for="message">${t("Your message")}</label>
        <textarea id="message" ref=${field} rows="5" value=${text} aria-describedby="message-care" onInput=${(event) => chat.type(event.currentTarget.value)} onKeyDown=${key}></textarea>
        ${length > bodyChars - COUNT_FROM && html`<p class=${`note num ${length > bodyChars ? "bad" : ""}`} role="status">${
          t("{n} of {max} characters", { n: formatNumber(length), max: formatNumber(bodyChars) })}</p>`}
        <p class="note" id="message-care">${t("Never send card numbers or passwords here.")}</p></div>
      <button type="submit" class="btn primary" disabled=${!ready}>${t("Send the message")}</button>
    </form>
  </div>`;
}

// In place of the queue: nobody waits here, and nothing is lost.
export function Left({ service, known }) {
  const now = useClock();
  const kept = chat.state.value.log && chat.pending().every(({ state }) => state === "sent");
  return html`<section class="left" aria-label=${t("Your message")}>
    <p class="said" role="status"><${Icon} name=${kept ? "check" : "clock"} />${kept ? t("Your message is with us") : t("Your message is on its way")}</p>
    <p>${t("We answer in this window. You can close it: the answer is here when you come back.")}</p>
    ${service && !service.open && service.opens_ts !== null && html`<p class="when">${openingText(service.opens_ts, now)}</p>`}
    ${!known && html`<p class="when">${t("You are not signed in, so it can be read on this device only, for seven days.")}</p>`}
    <button type="button" class="btn small take-back" onClick=${() => chat.askEnd(true)}>${t("Take it back")}</button>
  </section>`;
}
