// The centre without chats: the start of a shift, or a plain sentence. And the list of keys.
import { html } from "../kit/preact.js";
import { capital, languageName, t, tn } from "../kit/i18n.js";
import { Bold, Icon, IconButton, Popover } from "./ui.js";

export function Start({ desk }) {
  const state = desk.state.value;
  if (!state.ready || !state.me) {
    return html`<div class="start late-lines" aria-busy="true"><p class="vh" role="status">${t("Loading the desk")}</p><div class="busy-line"></div><div class="busy-line"></div><div class="busy-line"></div></div>`;
  }
  if (state.status.status === "available") {
    return html`<div class="start"><h2>${t("No chat yet")}</h2>
      <p>${t("An offer appears at the left, in the place it would fill. F2 accepts it.")}</p></div>`;
  }
  const live = state.link.state === "live";
  const places = tn("Up to {n} chat at once.", "Up to {n} chats at once.", state.capacity);
  return html`<div class="start"><h2>${t("Ready when you are, {alias}", { alias: state.me.alias })}</h2>
    <p>${t("No new chats come until you start. Two checks first.")}</p>
    <ul class="card checks">
      <li><${Icon} name=${live ? "check" : "no-wifi"} class=${live ? "good" : "bad"} /><div class="grow"><p class="strong">${t("Connection")}</p><p class="text-2">${live ? t("Connected, nothing lost") : t("Not connected yet")}</p></div></li>
      <li><${Icon} name=${desk.heard.value ? "check" : "warn"} class=${desk.heard.value ? "good" : "soon"} /><div class="grow"><p class="strong">${desk.heard.value ? t("Sound played") : t("Sound not heard yet")}</p><p class="text-2">${t("Browsers stay silent until you click once.")}</p></div>
        <button type="button" class="btn lg" onClick=${() => desk.testSound()}><${Icon} name="sound" />${t("Play a test")}</button></li>
      <li><${Icon} name="check" class="good" /><div class="grow"><p class="strong">${t("Languages and places")}</p><p class="text-2">${capital((state.me.languages ?? []).map((code) => languageName(code)).join(", ")) || "–"}. ${places}</p></div></li>
    </ul>
    <div class="start-foot"><button type="button" class="btn lg primary" disabled=${!live} onClick=${() => desk.setStatus("available")}>${t("Start my shift")}<span class="key">F2</span></button>
      <p class="text-2"><${Bold} text=${t("You appear to players as {alias}, never under your own name.", { alias: state.me.alias })} value=${state.me.alias} /></p></div>
  </div>`;
}

export function Help({ desk }) {
  const rows = [
    ["F2", t("Accept the offer")], ["F8", t("Go to the player who waits longest")],
    [t("Ctrl Up, Ctrl Down"), t("Previous or next chat")], ["Ctrl K", t("Find a chat, player or command")],
    ["/", t("Responses, at the start of a word")], ["Enter", t("Send; Shift Enter makes a new line")],
    ["Ctrl Shift Enter", t("Reply or internal note")], ["F9", t("My status; a digit chooses")], ["Esc", t("Close what is open")], ["?", t("This list, outside text fields")],
  ];
  return html`<${Popover} label=${t("Keys and help")} class="help" onClose=${() => desk.toggleHelp(false)}>
    <div class="slot-line"><h2>${t("Keys")}</h2><${IconButton} icon="close" label=${t("Close")} class="push" onClick=${() => desk.toggleHelp(false)} /></div>
    <dl>${rows.map(([key, words]) => html`<dt key=${key}><span class="key">${key}</span></dt><dd>${words}</dd>`)}</dl>
    <h2>${t("Good to know")}</h2>
    <p class="text-2">${t("A text belongs to the chat in which it was written. What could not be sent stays in the transcript with its reason. Violet with a lock is for staff only.")}</p>
    <label class="radio"><input type="checkbox" checked=${desk.singleKeys.value} onChange=${(event) => desk.setSingleKeys(event.target.checked)} />${t("The ? key opens this list")}</label>
  </${Popover}>`;
}
