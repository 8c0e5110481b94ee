// Right panel: who the player is. Safety first, whole, and never cut.
import { html } from "../kit/preact.js";
import { capital, formatDate, formatTime, languageName, t } from "../kit/i18n.js";
import { Icon, minutes } from "./ui.js";
import { ageBand, safetyOf, topicName } from "./words.js";

export function PlayerPanel({ desk }) {
  const state = desk.state.value;
  const conv = state.focus;
  const chat = conv && (state.chats[conv] ?? state.gone[conv]?.chat);
  if (!chat) {
    return html`<aside class="panel empty-panel" aria-label=${t("Player")}><h2>${t("No chat selected")}</h2>
      <p>${t("The player’s safety and the facts of the chat appear here.")}</p></aside>`;
  }
  const { player } = chat;
  const safety = safetyOf(player, chat.topic);
  const log = state.logs[conv];
  const opened = chat.opened_ts;
  const joined = log?.events.find((event) => event.kind === "joined" && event.data?.waited_ms != null);
  const fields = Object.entries(chat.fields ?? {});
  const notes = (log?.notes ?? []).filter((note) => note.kind !== "flag").slice(-3);
  return html`<aside class="panel" aria-label=${t("Player {name}", { name: player.name })}>
    <section class="panel-head">
      <div class="slot-line"><h2>${player.name}</h2><span class="push">${verified(player)}</span></div>
      <p class="player-id">${player.id}</p>
      <p class="text-2">${desk.brandName(chat.brand)} · ${languageName(chat.lang)}</p>
      <p class="meta">${player.authenticated ? t("Signed in at the casino") : t("Visitor, not signed in")}</p>
    </section>
    <section aria-label=${t("Player safety")}>
      <h3><${Icon} name="shield" />${t("Player safety")}</h3>
      <dl class=${`safety ${safety.level ?? ""}`}>
        <div><dt>${t("Limits and pauses")}</dt><dd>${safety.state}</dd></div>
        <div><dt>${t("Age band")}</dt><dd class="nowrap">${ageBand(player)}</dd></div>
      </dl>
      <p class=${`rule ${safety.level ?? ""}`}><${Icon} name=${safety.icon} /><span>${safety.rule}</span></p>
    </section>
    <section>
      <h3><${Icon} name="chat" />${t("This chat")}</h3>
      <dl class="facts">
        <dt>${t("Topic")}</dt><dd>${topicName(chat.topic)}</dd>
        <dt>${t("Language")}</dt><dd>${capital(languageName(chat.lang))}</dd>
        <dt>${t("Opened")}</dt><dd>${opened ? html`${formatDate(opened)}, ${formatTime(opened)}` : "–"}</dd>
        <dt>${t("Wait")}</dt><dd class="num">${joined ? minutes(joined.data.waited_ms) : "–"}</dd>
        <dt>${t("Tier")}</dt><dd>${player.tier || "–"}</dd>
      </dl>
    </section>
    ${fields.length > 0 && html`<section>
      <h3><${Icon} name="list" />${t("Sent with the chat")}</h3>
      <dl class="facts">${fields.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd dir="auto">${value}</dd>`)}</dl>
    </section>`}
    <section>
      <h3><${Icon} name="lock" />${t("Internal notes")}</h3>
      ${notes.length === 0 && html`<p class="meta">${t("None yet. Only staff ever sees them.")}</p>`}
      ${notes.map((note) => html`<div key=${note.note_seq} class="note"><div class="note-head"><${Icon} name="lock" /><b>${note.kind === "whisper" ? t("Whisper") : t("Internal note")}</b><span>${note.from?.alias}, ${formatTime(note.ts)}</span></div><div dir="auto">${note.body}</div></div>`)}
    </section>
  </aside>`;
}

function verified(player) {
  if (player.verified === true) return html`<span class="badge ok"><${Icon} name="check" />${t("Verified")}</span>`;
  if (player.verified === false) return html`<span class="badge warn"><${Icon} name="warn" />${t("Not verified")}</span>`;
  return html`<span class="badge">${t("Verified: –")}</span>`;
}
