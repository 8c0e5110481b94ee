// An offer in the free place that it would fill, and how it ended.
import { html, useEffect, useRef, useState } from "../kit/preact.js";
import { capital, languageName, t } from "../kit/i18n.js";
import { Bar, Icon, Popover, minutes, now } from "./ui.js";
import { DECLINE_REASONS, declineReason, offerEnd, offerWhy, topicName } from "./words.js";

export function OfferSlot({ desk, offer, number }) {
  const [asking, setAsking] = useState(false);
  const [telling, setTelling] = useState(false);
  const total = useRef(1);
  const left = Math.max(0, Math.floor((offer.expires_ts - now.value) / 1000));
  total.current = Math.max(total.current, left);
  const last = left <= 5;
  useEffect(() => setAsking(false), [offer.offer]);
  const decline = (reason) => { setAsking(false); desk.decline(offer, reason); };
  const topic = topicName(offer.topic);
  return html`<li class="slot offer" aria-label=${t("Offer: {topic}, {language}", { topic, language: languageName(offer.lang) })}>
    <${Bar} left=${left} total=${total.current} warn=${last} />
    <span class="cap offer">${number}</span>
    <div class="slot-lines">
      <div class="slot-line"><span class="offer-topic truncate">${t("Offer: {topic}", { topic })}</span>
        <span class="push">${last ? html`<span class="badge warn"><${Icon} name="half" />${t("{n} s left", { n: left })}</span>` : html`<span class="offer-left">${t("{n} s", { n: left })}</span>`}
          <button type="button" class="btn quiet sm" aria-expanded=${telling} aria-describedby=${`why-${offer.offer}`} onClick=${() => setTelling(!telling)}>${t("Why me?")}</button>
          <span class="vh" id=${`why-${offer.offer}`}>${offerWhy(offer)}</span></span></div>
      <div class="slot-facts truncate">${capital(languageName(offer.lang))} · ${desk.brandName(offer.brand)} · ${t("waits {time}", { time: offer.since_ts ? minutes(now.value - offer.since_ts) : "–" })}${offer.why?.returning ? ` · ${t("you spoke before")}` : ""}</div>
      <div class="offer-buttons">
        <button type="button" class="btn primary" onClick=${() => desk.accept(offer)}>${t("Accept")}<span class="key">F2</span></button>
        <button type="button" class="btn" aria-expanded=${asking} onClick=${() => setAsking(!asking)}>${t("Decline")}</button>
      </div>
    </div>
    ${telling && html`<${Popover} label=${t("Why me?")} class="menu why" onClose=${() => setTelling(false)}>
      <p class="menu-head">${t("Why me?")}</p><p class="menu-text" tabindex="-1" data-first>${offerWhy(offer)}</p>
    </${Popover}>`}
    ${asking && html`<${Popover} label=${t("Why not?")} class="menu" onClose=${() => setAsking(false)}>
      <p class="menu-head">${t("Why not?")}</p>
      ${DECLINE_REASONS.map((reason) => html`<button type="button" key=${reason} class="menu-item" onClick=${() => decline(reason)}>${declineReason(reason)}</button>`)}
    </${Popover}>`}
  </li>`;
}

export function ResultSlot({ result, number }) {
  return html`<li class="slot free result"><span class="cap free">${number}</span>
    <span class="slot-lines" role="status"><span class="strong">${offerEnd(result)}</span>
      <span class="meta">${t("{topic}. The place is free again.", { topic: topicName(result.offer.topic) })}</span></span></li>`;
}
