// Left rail: fixed places with chats, offers and free ones; below them the queue.
import { html, useRef, useState } from "../kit/preact.js";
import { capital, languageName, t, tn } from "../kit/i18n.js";
import { emptyPlaces, heaviest, replyDue } from "./deadlines.js";
import { lastFrom, lastMessage } from "./log.js";
import { row } from "./slots.js";
import { OfferSlot, ResultSlot } from "./offer.js";
import { Clock, Icon, Unread, Wait, minutes, now } from "./ui.js";
import { topicName } from "./words.js";

export function Rail({ desk }) {
  const state = desk.state.value;
  const byPlace = row(state.places);
  const offers = new Map(Object.values(state.offers).map((offer) => [offer.conv, offer]));
  const empty = emptyPlaces(state, byPlace.filter((conv) => !conv).length);
  const heavy = heaviest(state.chats);
  let shown = 0;
  return html`<nav class="rail" aria-label=${t("Chats")}>
    <div class="rail-head"><h2>${t("My chats")}</h2>
      <span class="meta">${t("{taken} of {places} places", { taken: state.load, places: state.capacity })}</span>
      <button type="button" class="btn quiet sm push" aria-label=${t("Go to the player who waits longest")} title=${t("Go to the player who waits longest")} onClick=${() => desk.nextWaiting()}><span class="key">F8</span><span class="drops"><span>${t("next waiting")}</span></span></button>
    </div>
    <ol class="slots">${byPlace.map((conv, place) => {
      const number = place + 1;
      const chat = conv && state.chats[conv];
      if (chat) return html`<${ChatSlot} key=${place} desk=${desk} state=${state} chat=${chat} number=${number} />`;
      const offer = conv && offers.get(conv);
      if (offer) return html`<${OfferSlot} key=${`o${offer.offer}`} desk=${desk} offer=${offer} number=${number} />`;
      const result = state.results[place];
      if (result && now.value < result.until) return html`<${ResultSlot} key=${place} result=${result} number=${number} />`;
      shown += 1;
      if (shown > empty.free) return html`<li key=${place} class="slot free"><span class="cap free">${number}</span><span>${heavy ? t("Taken: {name} counts {n}", { name: heavy.player.name, n: heavy.weight }) : t("Taken for a moment")}</span></li>`;
      return html`<li key=${place} class="slot free"><span class="cap free">${number}</span><span>${t("Free")}</span></li>`;
    })}</ol>
    <${Queue} desk=${desk} state=${state} full=${state.load >= state.capacity} />
  </nav>`;
}

function ChatSlot({ desk, state, chat, number }) {
  const { conv } = chat;
  const log = state.logs[conv];
  const line = log && lastMessage(log);
  const ours = line && line.from?.role !== "player";
  const focused = state.focus === conv;
  const cap = focused ? "focused" : state.panes.includes(conv) ? "open" : "";
  const failed = desk.delivery.count(conv, "failed");
  // Read, so that the row is drawn anew when a draft changes.
  const drafts = desk.drafts.value >= 0;
  const note = drafts && desk.draftStore.text(conv, "note");
  const draft = drafts && !focused && desk.draftStore.text(conv, "reply");
  const typing = (state.typing[conv]?.until ?? 0) > now.value;
  const due = replyDue(chat, now.value);
  const text = chat.sleeping && !typing ? t("asleep, wakes when somebody writes") : typing ? t("{name} is typing", { name: chat.player.name })
    : line ? (line.body ?? t("Message removed")) : "";
  return html`<li class=${`slot chat ${focused ? "focused" : ""} ${chat.sleeping ? "asleep" : ""}`}>
    <button type="button" class="slot-button" aria-current=${focused ? "true" : undefined} onClick=${() => desk.open(conv)}>
      <span class=${`cap ${cap}`}>${number}</span>
      <span class="slot-lines">
        <span class="slot-line"><span class="slot-name">${chat.player.name}</span><span class="slot-id drops"><span>${chat.player.id}</span></span>
          <span class="push"><${Clock} chat=${chat} answered=${log && lastFrom(log, "agent")?.ts} /></span></span>
        <span class="slot-line"><span class=${`slot-text truncate ${chat.unread ? "fresh" : ""} ${typing ? "soft" : ""}`} dir="auto">${ours && !typing && !chat.sleeping ? `${t("You:")} ` : ""}${text}</span>
          ${chat.unread > 0 && html`<${Unread} n=${chat.unread} class="push" />`}</span>
        <span class="slot-line"><span class="slot-facts truncate"><abbr title=${languageName(chat.lang)}>${chat.lang.toUpperCase()}</abbr> · ${desk.brandName(chat.brand)} · ${topicName(chat.topic)}</span>
          <span class="push marks">
            ${chat.weight > 1 && html`<span class="badge" title=${t("Takes {n} places", { n: chat.weight })}>${t("counts {n}", { n: chat.weight })}</span>`}
            ${due && html`<span class=${`badge num ${due.tone}`} title=${t("First reply due, then it goes back to the queue")}><${Icon} name=${due.tone ? "half" : "clock"} />${t("reply in {time}", { time: minutes(due.left) })}</span>`}
            ${failed > 0 && html`<span class="badge danger"><${Icon} name="warn" />${t("{n} not sent", { n: failed })}</span>`}
            ${chat.help && html`<span class="badge warn"><${Icon} name="lifebuoy" />${t("Help")}</span>`}
            ${!failed && note && html`<span class="badge staff"><${Icon} name="lock" />${t("Note")}</span>`}
            ${!failed && !note && draft && html`<span class="badge"><${Icon} name="edit" />${t("Draft")}</span>`}
          </span></span>
      </span>
    </button>
  </li>`;
}

function Queue({ desk, state, full }) {
  const { waiting } = state;
  const [held, setHeld] = useState(null);
  const latest = useRef([]);
  latest.current = [...(waiting.chats ?? [])].sort((a, b) => a.since_ts - b.since_ts);
  // Under the pointer nothing re-sorts: what is gone greys out, what is new waits at the end.
  const list = held ? hold(held, latest.current) : latest.current;
  return html`<section class="queue" aria-label=${t("Queue")} onPointerEnter=${() => setHeld(latest.current)} onPointerLeave=${() => setHeld(null)}>
    <div class="rail-head"><h2>${t("Queue")}</h2><span class="meta">${waiting.count}</span><span class="meta push">${t("longest wait first")}</span></div>
    ${list.length === 0 && html`<p class="queue-empty">${t("Nobody is waiting.")}</p>`}
    <ol>${list.map((chat) => html`<li key=${chat.conv} class=${`queue-row ${chat.left ? "left" : ""}`}>
      <span class="slot-lines">
        <span class="slot-line"><span class=${`strong ${chat.topic === "stop_gambling" ? "whole" : "truncate"}`}>${topicName(chat.topic)}</span><span class="push"><${Wait} since=${chat.since_ts} /></span></span>
        <span class="slot-line"><span class="slot-facts truncate">${capital(languageName(chat.lang))} · ${desk.brandName(chat.brand)}</span>
          <span class="push">${chat.weight > 1 && !chat.left && html`<span class="badge" title=${t("Takes {n} places", { n: chat.weight })}>${t("counts {n}", { n: chat.weight })}</span>`}${chat.left ? html`<span class="badge">${t("no longer waiting")}</span>`
            : chat.offered ? html`<span class="badge">${t("being offered")}</span>`
            : html`<button type="button" class="btn sm" disabled=${full} title=${full ? t("All your places are taken") : undefined}
                aria-label=${t("Take: {topic}, {language}", { topic: topicName(chat.topic), language: languageName(chat.lang) })} onClick=${() => desk.claim(chat.conv)}>${t("Take")}</button>`}</span></span>
      </span></li>`)}</ol>
    ${waiting.count > list.length && html`<p class="queue-empty">${tn("{n} more is waiting.", "{n} more are waiting.", waiting.count - list.length)}</p>`}
  </section>`;
}

function hold(held, latest) {
  const by = new Map(latest.map((chat) => [chat.conv, chat]));
  const kept = held.map((chat) => by.get(chat.conv) ?? { ...chat, left: true });
  const known = new Set(held.map((chat) => chat.conv));
  return [...kept, ...latest.filter((chat) => !known.has(chat.conv))];
}
