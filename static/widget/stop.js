// For a player who wants to stop. The helpline stands in the page itself, so it is there whatever else is not.
import { html } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { Icon, Title } from "./parts.js";
import { state } from "./scene.js";
import { isLeft } from "./state.js";

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

// onStop: what its button does, with the sentence that says it in a chat.
export function Stop({ help, canChat, alias, onStop }) {
  const { log, end } = state.value;
  const going = log && !end && !isLeft(state.value);
  const label = !going ? t("Talk to somebody now") : alias ? t("Tell {alias} now", { alias }) : t("Say it in this chat now");
  return html`<div class="page stop-page">
    <${Title}>${t("It is good that you say so")}<//>
    <${HelpLine} help=${help} />
    ${canChat && html`<h2>${t("Stop here, with us")}</h2>
    <p class="lead">${going
      ? t("We write in your chat that you want to stop. You can take a break or be excluded, for as long as you choose.")
      : t("You go to the front of the queue. You can take a break or be excluded, for as long as you choose.")}</p>
    <button type="button" class="btn primary stop-chat" onClick=${() => onStop(t("I want to stop gambling."))}>${label}</button>`}
    <p class="care">${t("Saying this does not change how we help you with other questions.")}</p>
  </div>`;
}
