// How one can be served now, as every screen says it, and the opening hours.
import { html, signal, useEffect } from "../kit/preact.js";
import { capital, t } from "../kit/i18n.js";
import { Icon } from "./parts.js";
import { week } from "./service.js";
import { serviceText, weekRow } from "./service-words.js";

const MINUTE_MS = 60_000;

const clock = signal(Date.now());

// Minutes are enough: "today" becomes "tomorrow" at midnight.
export function useClock() {
  useEffect(() => {
    const tick = () => { clock.value = Date.now(); };
    tick();
    const timer = setInterval(tick, MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return clock.value;
}

// Read out when it changes; children are what can be done about it.
export function Service({ service, children }) {
  const now = useClock();
  if (!service) return null;
  const { kind, icon, said, more } = serviceText(service, now);
  return html`<section class=${`service ${kind}`} data-service=${kind} aria-label=${t("Support")}>
    <${Icon} name=${icon} />
    <div class="grow">
      <div role="status" aria-live="polite" aria-atomic="true"><p class="said">${said}</p>${more && html`<p class="more">${more}</p>`}</div>
      ${children}
    </div>
  </section>`;
}

export function Hours({ service }) {
  const now = useClock();
  if (!service?.hours.length) return null;
  return html`<details class="hours">
    <summary>${t("Opening hours")}<span class="own">${t("in your time")}</span><${Icon} name="chevron" /></summary>
    <dl>${week(service.hours, now).map((row) => {
      const [days, times] = weekRow(row);
      return html`<div key=${row.from} class=${row.today ? "today" : ""}><dt>${capital(days)}</dt>
        <dd class="num">${times.map((time) => html`<span key=${time}>${time}</span>`)}</dd></div>`;
    })}</dl>
  </details>`;
}
