// One conversation: head, safety, transcript, composer. Everything in it is bound to its own
// conversation; nothing reads which pane has the focus to know where a text goes.
import { html, useLayoutEffect, useState } from "../kit/preact.js";
import { capital, formatTime, languageName, t } from "../kit/i18n.js";
import { lastFrom } from "./log.js";
import { CloseForm, ReleaseForm, TransferForm } from "./acts.js";
import { Composer } from "./composer.js";
import { Transcript } from "./transcript.js";
import { replyDue } from "./deadlines.js";
import { Clock, Icon, IconButton, minutes, now } from "./ui.js";
import { safetyOf, topicName } from "./words.js";

export function Pane({ desk, conv }) {
  const state = desk.state.value;
  const chat = state.chats[conv] ?? state.gone[conv]?.chat;
  const gone = state.chats[conv] ? null : state.gone[conv];
  const focused = state.focus === conv;
  const mode = state.mode[conv] ?? "reply";
  if (!chat) return null;
  const number = (gone?.place ?? state.places.of[conv] ?? 0) + 1;
  const safety = safetyOf(chat.player, chat.topic);
  return html`<section class=${`pane ${focused ? "focused" : ""}`} aria-label=${t("Chat {n}, {name}", { n: number, name: chat.player.name })}
      onFocusIn=${() => !focused && desk.focus(conv)} onPointerDown=${() => !focused && desk.focus(conv)}>
    <${Head} desk=${desk} state=${state} chat=${chat} gone=${gone} number=${number} focused=${focused} />
    ${safety.level && html`<div class=${`strip ${safety.level}`}><${Icon} name=${safety.icon} /><span>${safety.rule}</span></div>`}
    ${!gone && html`<${Deadline} chat=${chat} />`}
    <${Banner} desk=${desk} state=${state} />
    <${Transcript} desk=${desk} conv=${conv} chat=${chat} focused=${focused} />
    ${gone ? html`<${Gone} desk=${desk} conv=${conv} gone=${gone} />`
      : html`<${Composer} key=${`${conv}:${mode}`} desk=${desk} conv=${conv} mode=${mode} chat=${chat} focused=${focused} />`}
  </section>`;
}

function Head({ desk, state, chat, gone, number, focused }) {
  const [form, setForm] = useState(null);
  const { conv } = chat;
  const log = state.logs[conv];
  const toggle = (name) => setForm(form === name ? null : name);
  const close = () => setForm(null);
  useLayoutEffect(() => desk.registerForms(conv, toggle), [conv, form]);
  const age = chat.opened_ts ? Math.max(0, Math.floor((now.value - chat.opened_ts) / 60000)) : null;
  return html`<header class="pane-head">
    <span class=${`cap ${focused ? "focused" : "open"}`}>${number}</span>
    <span class="slot-lines">
      <span class="slot-line"><h2 class="truncate">${chat.player.name}</h2><span class="slot-id drops"><span>${chat.player.id}</span></span>
        ${!gone && html`<span class="push"><${Clock} chat=${chat} answered=${log && lastFrom(log, "agent")?.ts} /></span>`}</span>
      <span class="slot-line"><span class="pane-facts">${capital(languageName(chat.lang))} · ${desk.brandName(chat.brand)} · ${topicName(chat.topic)}${chat.weight > 1 ? ` · ${t("counts {n}", { n: chat.weight })}` : ""}</span>${age !== null && html`<span class="pane-facts drops"><span>${t("{n} min", { n: age })}</span></span>`}</span>
    </span>
    ${!gone && html`<span class="anchor pane-acts">
      <${IconButton} icon="transfer" label=${t("Transfer {name}", { name: chat.player.name })} aria-expanded=${form === "transfer"} onClick=${() => toggle("transfer")} />
      <${IconButton} icon="release" label=${t("Give {name} back to the queue", { name: chat.player.name })} aria-expanded=${form === "release"} onClick=${() => toggle("release")} />
      <${IconButton} icon="lifebuoy" label=${helpWord(chat)} class=${chat.help ? "on" : ""} aria-pressed=${chat.help} onClick=${() => desk.askHelp(conv, !chat.help)} />
      <button type="button" class="btn quiet" aria-expanded=${form === "close"} aria-label=${t("Close the chat with {name}", { name: chat.player.name })} onClick=${() => toggle("close")}>${t("Close")}</button>
      ${form === "transfer" && html`<${TransferForm} desk=${desk} chat=${chat} onClose=${close} />`}
      ${form === "release" && html`<${ReleaseForm} desk=${desk} chat=${chat} onClose=${close} />`}
      ${form === "close" && html`<${CloseForm} desk=${desk} chat=${chat} onClose=${close} />`}
    </span>`}
    ${gone && html`<span class="push badge">${gone.closed ? t("Closed") : t("Moved")}</span>`}
  </header>`;
}

// What the chat's own clock leads to. Read aloud by the desk at its thresholds, so it is no live region.
function Deadline({ chat }) {
  const due = replyDue(chat, now.value);
  if (due) {
    return html`<div class=${`strip due ${due.tone}`}><${Icon} name=${due.tone === "danger" ? "late" : due.tone ? "half" : "clock"} />
      <span class="num">${t("First reply due in {time}, then it goes back to the queue.", { time: minutes(due.left) })}</span></div>`;
  }
  if (!chat.sleeping) return null;
  return html`<div class="strip"><${Icon} name="zz" /><span>${t("Asleep: it takes no place, and wakes when somebody writes.")}</span></div>`;
}

function helpWord(chat) {
  return chat.help
    ? t("A supervisor was asked for {name}. Take it back", { name: chat.player.name })
    : t("Ask a supervisor for help with {name}", { name: chat.player.name });
}

// Held back for 1.5 s, so that a first retry that works never flashes.
function Banner({ desk, state }) {
  const { link } = state;
  if (link.state === "live" || link.state === "stopped" || !link.since || now.value - link.since < 1500) return null;
  const left = link.retryAt ? Math.max(0, Math.ceil((link.retryAt - now.value) / 1000)) : 0;
  return html`<div class="banner" role="status"><${Icon} name="no-wifi" />
    <span class="grow">${left > 0 ? t("Connection lost. Next try in {n} s. Keep writing; messages go out in order.", { n: left })
      : t("Connection lost. Trying again now. Keep writing; messages go out in order.")}</span>
    <button type="button" class="btn" onClick=${() => desk.wire.tryNow()}>${t("Try now")}</button></div>`;
}

function Gone({ desk, conv, gone }) {
  const draft = desk.draftStore.text(conv, "reply") || desk.draftStore.text(conv, "note");
  const title = gone.closed ? t("This chat is closed")
    : gone.alias ? t("{alias} has this chat now", { alias: gone.alias }) : t("This chat is no longer yours");
  return html`<div class="gone" role="status">
    <h3>${title}</h3>
    <p>${t("It left your desk at {time}.", { time: formatTime(gone.at) })} ${draft && t("Your draft is kept for 10 minutes.")}</p>
    <div class="row-buttons">
      ${draft && html`<button type="button" class="btn" onClick=${() => desk.copy(draft)}><${Icon} name="copy" />${t("Copy my draft")}</button>`}
      <button type="button" class="btn quiet" onClick=${() => desk.hide(conv)}>${t("Close pane")}</button>
    </div></div>`;
}
