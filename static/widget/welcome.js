// The first screen, and the empty one before it.
import { html, useEffect, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { Icon, Title } from "./parts.js";
import { choose, wantToLeave } from "./scene.js";
import { Hours, Service } from "./served.js";
import { onlyMessages, outlook } from "./service.js";

const SLOW_MS = 300;
const STOP = "stop_gambling";

export function Welcome({ brand }) {
  const kind = outlook(brand.service);
  const leaves = onlyMessages(brand.service);
  return html`<div class="page welcome">
    <${Title}>${kind === "closed" ? t("Nobody is on duty right now") : brand.greeting}<//>
    <${Service} service=${brand.service}>
      ${kind && kind !== "available" && !leaves && html`<button type="button" class="btn small leave-message" onClick=${() => wantToLeave(null)}>${t("Leave a message")}</button>`}
    <//>
    ${kind === "closed" && html`<${Hours} service=${brand.service} />`}
    <p class="lead">${leaves ? t("Choose what it is about.") : t("Choose what it is about. A person answers.")}</p>
    <ul class="topics">${brand.topics.filter((topic) => topic.id !== STOP).map((topic) => html`<li key=${topic.id}>
      <button type="button" data-topic=${topic.id} onClick=${() => choose(topic.id)}>${topic.label}<${Icon} name="right" /></button></li>`)}
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
