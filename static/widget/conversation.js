// The conversation's screen, from the first line on.
import { html } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { Left } from "./leaving.js";
import { EndQuestion } from "./notices.js";
import { isLeft, topicOf } from "./state.js";
import { HelpStrip } from "./stop.js";
import { Composer, Log, QueueCard } from "./talk.js";

export function Talk({ state, help }) {
  const left = isLeft(state);
  const queued = state.conv?.state === "queued" && !state.end && !left;
  return html`<div class="talk">
    ${state.log && html`<h1 class="vh">${left ? t("Your message") : t("Chat")}</h1>`}
    ${state.asking === "end" && html`<${EndQuestion} queued=${queued} left=${left} />`}
    ${left && state.asking !== "end" && html`<${Left} service=${state.brand?.service} known=${state.me?.authenticated ?? true} />`}
    ${topicOf(state) === "stop_gambling" && html`<${HelpStrip} help=${help} />`}
    ${queued && state.asking !== "end" && html`<${QueueCard} queue=${state.conv.queue} />`}
    <${Log} key=${state.log?.conv ?? "new"} />
    ${!state.end && html`<${Composer} />`}
  </div>`;
}
