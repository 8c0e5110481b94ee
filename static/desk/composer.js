// The composer of one conversation in one mode. It is mounted anew for each (conversation, mode),
// so its text, its caret and its recipient can never change under the agent's fingers.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../kit/preact.js";
import { capital, languageName, t, tn } from "../kit/i18n.js";
import { CannedList, matches } from "./canned.js";
import { sends } from "./keys.js";
import { lastFrom } from "./log.js";
import { fill, firstHole, insertAt, slashAt, unfilled } from "./slash.js";
import { Icon } from "./ui.js";

const TYPING_EVERY_MS = 4000;
const TYPING_ENDS_MS = 6000;

export function Composer({ desk, conv, mode, chat, focused }) {
  const [text, setText] = useState(() => desk.draftStore.text(conv, mode));
  const [list, setList] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [asking, setAsking] = useState(null);
  const field = useRef(null);
  const caret = useRef(null);
  const typing = useRef({ at: 0, timer: 0 });
  const note = mode === "note";
  const missing = note ? [] : unfilled(text);
  const { name } = chat.player;
  const id = `composer-${conv}`;

  const write = (next, canned) => {
    desk.draftStore.write(conv, mode, next, canned);
    desk.touchDrafts();
    setText(next);
    setTrouble(null);
  };
  const stopTyping = () => {
    clearTimeout(typing.current.timer);
    if (typing.current.at) desk.typing(conv, false);
    typing.current.at = 0;
  };
  // Only a reply is "typing": that a note is being written is nothing the player may see.
  const showTyping = (next) => {
    if (note) return;
    if (!next) return stopTyping();
    clearTimeout(typing.current.timer);
    typing.current.timer = setTimeout(stopTyping, TYPING_ENDS_MS);
    if (Date.now() - typing.current.at < TYPING_EVERY_MS) return;
    typing.current.at = Date.now();
    desk.typing(conv, true);
  };
  const look = (value, at) => {
    const slash = note ? null : slashAt(value, at);
    setList(slash && list?.dismissed !== slash.start ? { ...slash, index: 0 } : slash && { ...slash, closed: true, dismissed: slash.start });
  };
  const onInput = (event) => {
    write(event.target.value);
    showTyping(event.target.value);
    look(event.target.value, event.target.selectionStart);
  };
  const pick = (response) => {
    const values = desk.canned.values(conv);
    const from = list && !list.closed ? list : { start: field.current.selectionStart, end: field.current.selectionEnd };
    const filled = fill(response.body, values);
    const done = insertAt(text, from.start, from.end, filled);
    write(done.text, response.id);
    // A value that is missing is selected, so that what is typed next takes its place.
    const hole = firstHole(filled);
    caret.current = hole ? [from.start + hole[0], from.start + hole[1]] : [done.caret, done.caret];
    setList(null);
    field.current.focus();
  };
  const refuse = (words, hole) => {
    setTrouble(words);
    field.current.focus();
    if (hole) field.current.setSelectionRange(...hole);
  };
  const send = (confirmed = false) => {
    if (!text.trim()) return;
    if (missing.length) {
      refuse(tn("Fill in {names} before sending to {name}.", "Fill in {names} before sending to {name}.", missing.length, { names: missing.join(", "), name }), firstHole(text));
      return;
    }
    const over = [...text].length - desk.state.value.limits.body_chars;
    if (over > 0) return refuse(tn("{n} character too many.", "{n} characters too many.", over));
    const unseen = !note && !confirmed && unseenLine(desk.state.value, conv);
    if (unseen) {
      setAsking(unseen);
      return;
    }
    desk.delivery.add(conv, text, { mode, epoch: chat.epoch, canned: desk.draftStore.canned(conv, mode) ?? undefined });
    setAsking(null);
    setList(null);
    write("", null);
    stopTyping();
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (list && !list.closed) {
      const found = matches(desk, conv, list.query);
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        setList({ ...list, index: (list.index + step + found.length) % found.length });
        return;
      }
      if ((event.key === "Tab" && !event.shiftKey || sends(event)) && found.length) {
        event.preventDefault();
        pick(found[Math.min(list.index, found.length - 1)].response);
        return;
      }
      // Enter on a list without a match closes it; only the next one sends what looks like a shortcut.
      if (event.key === "Escape" || sends(event)) {
        event.preventDefault();
        event.stopPropagation();
        setList({ ...list, closed: true, dismissed: list.start });
        return;
      }
    }
    if (event.key === "Escape" && asking) { event.stopPropagation(); setAsking(null); return; }
    if (!sends(event)) return;
    event.preventDefault();
    if (!event.repeat) send(false);
  };

  useLayoutEffect(() => {
    const el = field.current;
    el.style.blockSize = "auto";
    el.style.blockSize = `${Math.min(el.scrollHeight, 140)}px`;
    if (caret.current !== null) el.setSelectionRange(...caret.current);
    caret.current = null;
  }, [text, list, asking]);
  useLayoutEffect(() => desk.registerComposer(conv, {
    focus: () => field.current?.focus(), pick,
    reload: () => setText(desk.draftStore.text(conv, mode)),
  }));
  useEffect(() => stopTyping, []);

  const open = list && !list.closed;
  const waiting = desk.unsent.value && desk.delivery.count(conv, "waiting");
  return html`<div class=${`composer ${note ? "note-mode" : ""}`}>
    ${open && html`<${CannedList} desk=${desk} conv=${conv} chat=${chat} query=${list.query} index=${list.index} id=${id} onPick=${pick} onIndex=${(index) => setList({ ...list, index })} />`}
    ${asking && html`<div class="box warn asking" role="alertdialog" aria-label=${t("{name} wrote something new", { name })}>
      <p class="asking-head"><${Icon} name="eye" /><b>${t("{name} wrote something new", { name })}</b></p>
      <p class="asking-text" dir="auto">${asking.body}</p>
      <div class="row-buttons"><button type="button" class="btn primary" ref=${focusOnce} onClick=${() => { desk.seen(conv, asking.seq); setAsking(null); field.current.focus(); }}>${t("Back to my text")}</button>
        <button type="button" class="btn" onClick=${() => send(true)}>${t("Send to {name}", { name })}</button></div></div>`}
    <div class="tabs" role="group" aria-label=${t("Reply or internal note")}>
      <button type="button" class=${`tab ${note ? "" : "chosen"}`} aria-pressed=${!note} onClick=${() => desk.setMode(conv, "reply")}>${t("Reply")}</button>
      <button type="button" class=${`tab staff ${note ? "chosen" : ""}`} aria-pressed=${note} onClick=${() => desk.setMode(conv, "note")}><${Icon} name="lock" />${t("Internal note")}</button>
      <span class="tab-end">${note ? t("{name} never sees this", { name }) : capital(languageName(chat.lang))}</span>
    </div>
    <div class="composer-field">
      <textarea ref=${field} id=${id} rows="2" dir="auto" value=${text} spellcheck lang=${note ? undefined : chat.lang}
        aria-controls=${open ? `${id}-list` : undefined} aria-autocomplete=${note ? undefined : "list"}
        aria-activedescendant=${open ? `${id}-${list.index}` : undefined}
        aria-label=${note ? t("Internal note about {name}", { name }) : t("Reply to {name}", { name })} aria-invalid=${trouble ? "true" : undefined} aria-describedby=${trouble ? `${id}-trouble` : undefined}
        placeholder=${note ? t("Write a note that only staff sees") : t("Write to {name} in {language}", { name, language: languageName(chat.lang) })}
        onInput=${onInput} onKeyDown=${onKeyDown} onClick=${(event) => look(text, event.target.selectionStart)}></textarea>
      ${trouble && html`<p class="field-error" id=${`${id}-trouble`} role="alert"><${Icon} name="warn" />${trouble}</p>`}
      ${!trouble && missing.length > 0 && html`<p class="unfilled"><${Icon} name="warn" /><span>${tn("{n} value missing: {names}. It must be filled in before sending.", "{n} values missing: {names}. They must be filled in before sending.", missing.length, { names: missing.join(", ") })}</span></p>`}
      <div class="composer-foot">
        ${note ? html`<span class="only-staff">${t("Only staff")}</span>`
          : html`<button type="button" class="btn quiet sm" onClick=${() => openList(field.current, text, write, setList, caret)}><span class="key">/</span>${t("Responses")}</button>`}
        <span class="hint push drops"><span>${waiting > 0 ? tn("{n} waiting", "{n} waiting", waiting) : open ? t("Esc closes the list") : note ? "" : t("Enter sends")}</span></span>
        <button type="button" class=${`btn send ${sendKind(note, focused && text.trim() && !missing.length)}`} aria-disabled=${text.trim() ? undefined : "true"} onClick=${() => send(false)}>
          <${Icon} name=${note ? "lock" : "up"} />${note ? t("Save internal note") : t("Send to {name}", { name })}</button>
      </div>
    </div>
  </div>`;
}

function sendKind(note, ready) {
  if (note) return ready ? "staff" : "staff-line";
  return ready ? "primary" : "";
}

function openList(field, text, write, setList, caret) {
  const at = field.selectionStart;
  const gap = at === 0 || /\s/u.test(text[at - 1]) ? "" : " ";
  const done = insertAt(text, at, field.selectionEnd, `${gap}/`);
  write(done.text);
  caret.current = [done.caret, done.caret];
  setList({ start: done.caret - 1, end: done.caret, query: "", index: 0 });
  field.focus();
}

function focusOnce(element) {
  element?.focus();
}

// The player's newest line when it has not been in front of the agent yet.
function unseenLine(state, conv) {
  const log = state.logs[conv];
  const line = log && lastFrom(log, "player");
  return line && line.seq > (state.seen[conv] ?? 0) ? line : null;
}
