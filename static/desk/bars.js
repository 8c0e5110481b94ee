// What stands across the whole desk, above its columns: each says what happened and what to do.
import { html } from "../kit/preact.js";
import { formatTime, t } from "../kit/i18n.js";
import { Icon } from "./ui.js";
import { stopped } from "./words.js";

export function Bars({ desk, state }) {
  const missed = state.status.status === "away" && state.status.reason === "missed";
  return html`<div class="bars">
    <${Stopped} link=${state.link} />
    ${missed && html`<${Missed} desk=${desk} />`}
    ${state.drains && html`<${Draining} desk=${desk} state=${state} />`}
  </div>`;
}

function Stopped({ link }) {
  if (link.state !== "stopped") return null;
  return html`<div class="banner danger" role="alert"><${Icon} name="no-wifi" /><span class="grow">${stopped(link.code)}</span>
    ${link.code === 4401 ? html`<a class="btn" href="/login/?next=/desk/">${t("Sign in")}</a>` : html`<a class="btn" href="/desk/">${t("Load the page again")}</a>`}</div>`;
}

function Missed({ desk }) {
  return html`<div class="banner missed" role="alert"><${Icon} name="bell" />
    <span class="grow"><b>${t("You missed three offers and are away.")}</b> <span class="text-2">${t("Your chats stay yours. New ones go to others.")}</span></span>
    <button type="button" class="btn lg primary" onClick=${() => desk.setStatus("available")}>${t("Take chats again")}</button></div>`;
}

function Draining({ desk, state }) {
  const { ends } = state.drains;
  const chat = state.chats[state.focus];
  return html`<div class="banner drains" role="status"><${Icon} name="clock" />
    <span class="grow">${ends ? t("Your shift ends at {time}: no new chats. Leave a note for whoever takes over.", { time: formatTime(ends) })
      : t("Your shift ends soon: no new chats. Leave a note for whoever takes over.")}</span>
    ${chat && html`<button type="button" class="btn" onClick=${() => desk.startNote(chat.conv)}><${Icon} name="lock" />${t("Note about {name}", { name: chat.player.name })}</button>`}</div>`;
}
