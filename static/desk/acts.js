// Inline forms of a pane's head: transfer, back to the queue, close. Each names the player and is
// undone by Esc until its last button is pressed.
import { html, useEffect, useState } from "../kit/preact.js";
import { languageName, t } from "../kit/i18n.js";
import { Popover } from "./ui.js";
import { CLOSE_REASONS, closeReason } from "./words.js";

function useAct(act, onClose) {
  const [busy, setBusy] = useState(false);
  return [busy, async (event) => {
    event.preventDefault();
    setBusy(true);
    const done = await act();
    setBusy(false);
    if (done) onClose();
  }];
}

export function TransferForm({ desk, chat, onClose }) {
  const [target, setTarget] = useState("");
  const [note, setNote] = useState("");
  const roster = desk.roster.value;
  useEffect(() => { desk.loadRoster(); }, []);
  const agents = (roster?.agents ?? []).filter((agent) => agent.id !== desk.state.value.me?.id);
  const speaks = (agent) => (agent.languages ?? []).includes(chat.lang);
  const sorted = [...agents].sort((a, b) => speaks(b) - speaks(a) || a.alias.localeCompare(b.alias));
  const picked = target && JSON.parse(target);
  const [busy, send] = useAct(() => desk.transfer(chat, picked, note), onClose);
  const name = picked && (picked.skill ?? agents.find((agent) => agent.id === picked.agent)?.alias);
  return html`<${Popover} label=${t("Transfer {name}", { name: chat.player.name })} class="form" onClose=${onClose}><form onSubmit=${send}>
    <p class="menu-head">${t("Transfer {name}", { name: chat.player.name })}</p>
    <div class="field"><label for=${`to-${chat.conv}`}>${t("To a person or a team")}</label>
      <select id=${`to-${chat.conv}`} class="select" data-first value=${target} onChange=${(event) => setTarget(event.target.value)}>
        <option value="">${roster ? t("Choose") : t("Loading the list")}</option>
        ${sorted.length > 0 && html`<optgroup label=${t("People")}>${sorted.map((agent) => html`<option key=${agent.id} value=${JSON.stringify({ agent: agent.id })}>${agent.alias} (${(agent.languages ?? []).map((code) => languageName(code)).join(", ")})</option>`)}</optgroup>`}
        ${(roster?.skills ?? []).length > 0 && html`<optgroup label=${t("Teams")}>${roster.skills.map((skill) => html`<option key=${skill} value=${JSON.stringify({ skill })}>${skill}</option>`)}</optgroup>`}
      </select></div>
    <div class="field"><label for=${`why-${chat.conv}`}>${t("Internal note for them, if it helps")}</label>
      <textarea id=${`why-${chat.conv}`} class="input" rows="2" maxlength="2000" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea></div>
    <div class="row-buttons"><button class="btn primary" disabled=${!picked || busy}>${name ? t("Transfer {name} to {to}", { name: chat.player.name, to: name }) : t("Transfer {name}", { name: chat.player.name })}</button>
      <button type="button" class="btn quiet" onClick=${onClose}>${t("Cancel")}</button></div>
  </form></${Popover}>`;
}

export function ReleaseForm({ desk, chat, onClose }) {
  const [busy, send] = useAct(() => desk.release(chat), onClose);
  const name = chat.player.name;
  return html`<${Popover} label=${t("Give {name} back to the queue", { name })} class="form" onClose=${onClose}><form onSubmit=${send}>
    <p class="menu-head">${t("Give {name} back to the queue", { name })}</p>
    <p class="text-2">${t("{name} goes to the head of the queue and keeps the wait so far.", { name })}</p>
    <div class="row-buttons"><button class="btn primary" disabled=${busy}>${t("Give {name} back", { name })}</button>
      <button type="button" class="btn quiet" onClick=${onClose}>${t("Cancel")}</button></div>
  </form></${Popover}>`;
}

export function CloseForm({ desk, chat, onClose }) {
  const [reason, setReason] = useState("solved");
  const [busy, send] = useAct(() => desk.close(chat, reason), onClose);
  const name = chat.player.name;
  const unsent = desk.draftStore.text(chat.conv, "reply").trim() !== "";
  return html`<${Popover} label=${t("Close the chat with {name}", { name })} class="form" onClose=${onClose}><form onSubmit=${send}>
    <fieldset><legend class="menu-head">${t("Close the chat with {name}", { name })}</legend>
      ${CLOSE_REASONS.map((code) => html`<label key=${code} class="radio"><input type="radio" name=${`close-${chat.conv}`} data-first=${code === reason} checked=${code === reason} onChange=${() => setReason(code)} />${closeReason(code)}</label>`)}
    </fieldset>
    <p class="meta">${t("The reason is for staff only.")}</p>
    ${unsent && html`<p class="field-error">${t("There is an unsent reply to {name}.", { name })}</p>`}
    <div class="row-buttons"><button class="btn primary" disabled=${busy}>${t("Close {name}", { name })}</button>
      <button type="button" class="btn quiet" onClick=${onClose}>${t("Cancel")}</button></div>
  </form></${Popover}>`;
}
