// An offer in the free place that it would fill, and how it ended.
import { html, useEffect, useRef, useState } from "../kit/preact.js";
import { languageName, t } from "../kit/i18n.js";
import { Bar, Icon, Popover, minutes, now } from "./ui.js";
import { DECLINE_REASONS, declineReason, offerEnd, topicName } from "./words.js";

export function OfferSlot({ desk, offer, number }) {
  const [asking, setAsking] = useState(false);
  const total = useRef(Math.max(1, Math.ceil((offer.expires_ts - now.value) / 1000)));
  const left = Math.max(0, Math.ceil((offer.expires_ts - now.value) / 1000));
  total.current = Math.max(total.current, left);
  const last = left <= 5;
  useEffect(() => setAsking(false), [offer.offer]);
  const decline = (reason) => { setAsking(false); desk.decline(offer, reason); };
  return html`<li class="slot offer" aria-label=${t("Offer: {topic}, {language}", { topic: topicName(offer.topic), language: languageName(offer.lang) })}>
    <div class="slot-line"><span class="cap offer">${number}</span><span class="offer-word">${t("Offer")}</span>
      ${last ? html`<span class="badge warn push"><${Icon} name="half" />${t("{n} s left", { n: left })}</span>`
        : html`<span class="push strong num">${t("{n} s", { n: left })}</span>`}</div>
    <div class="offer-body">
      <${Bar} left=${left} total=${total.current} warn=${last} />
      <p class="offer-topic">${topicName(offer.topic)}</p>
      <p class="meta-2">${languageName(offer.lang)} · ${desk.brandName(offer.brand)}${offer.player?.name ? ` · ${offer.player.name}` : ""}</p>
      <p class="meta-2">${t("Has waited {time}", { time: offer.since_ts ? minutes(now.value - offer.since_ts) : "–" })}</p>
      <p class="meta">${t("For you: {reason}", { reason: why(offer) })}</p>
      <div class="offer-buttons">
        <button type="button" class="btn lg primary" onClick=${() => desk.accept(offer)}>${t("Accept")}<span class="key">F2</span></button>
        <button type="button" class="btn lg" aria-expanded=${asking} onClick=${() => setAsking(!asking)}>${t("Decline")}</button>
      </div>
      ${asking && html`<${Popover} label=${t("Why not?")} class="menu inline" onClose=${() => setAsking(false)}>
        <p class="menu-head">${t("Why not?")}</p>
        ${DECLINE_REASONS.map((reason) => html`<button type="button" key=${reason} class="menu-item" onClick=${() => decline(reason)}>${declineReason(reason)}</button>`)}
      </${Popover}>`}
    </div>
  </li>`;
}

function why(offer) {
  const reasons = (offer.why?.languages ?? []).map((code) => languageName(code));
  if (offer.why?.returning) reasons.push(t("you spoke before"));
  if (offer.why?.least_loaded) reasons.push(t("most free places"));
  return reasons.length ? reasons.join(", ") : languageName(offer.lang);
}

export function ResultSlot({ result, number }) {
  return html`<li class="slot free result" role="status"><span class="cap free">${number}</span>
    <span class="slot-lines"><span class="strong">${offerEnd(result)}</span>
      <span class="meta">${t("{topic}. The place is free again.", { topic: topicName(result.offer.topic) })}</span></span></li>`;
}
