// Ctrl/Cmd+K: chats, commands and responses in one list. Esc returns to the same caret.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { marked } from "./canned.js";
import { paletteGroups } from "./palette-items.js";
import { Clock, Icon } from "./ui.js";

export function Palette({ desk }) {
  const [query, setQuery] = useState("");
  const [index, setIndex] = useState(0);
  const field = useRef(null);
  const active = useRef(null);
  const before = useRef(null);
  const state = desk.state.value;
  const chat = state.chats[state.focus];
  // Before anything is painted: what is typed at once is typed here and not into a chat.
  useLayoutEffect(() => {
    before.current = desk.palette.peek()?.from ?? null;
    field.current.focus();
    if (chat) desk.canned.load(chat.conv);
  }, []);
  // Built once a key press: what stands under the pointer does not change while one looks at it.
  const canned = chat && desk.canned.entry(chat.conv);
  const groups = useMemo(() => paletteGroups(desk, query), [query, canned, state.chats]);
  const flat = groups.flatMap((group) => group.items);
  const at = Math.min(index, Math.max(0, flat.length - 1));
  useEffect(() => active.current?.scrollIntoView({ block: "nearest" }), [at, query]);

  const back = () => {
    desk.closePalette();
    const from = before.current;
    if (from?.isConnected) from.focus();
  };
  const run = (item) => {
    back();
    item.run();
  };
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (flat.length) setIndex((at + (event.key === "ArrowDown" ? 1 : -1) + flat.length) % flat.length);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (flat[at]) run(flat[at]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      back();
    } else if (event.key === "Tab") event.preventDefault();
  };
  let n = -1;
  return html`<div class="scrim" onPointerDown=${(event) => event.target === event.currentTarget && back()}>
    <div class="palette" role="dialog" aria-modal="true" aria-label=${t("Find a chat, player or command")} onKeyDown=${onKeyDown}>
      <div class="palette-field"><${Icon} name="search" />
        <input ref=${field} type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-activedescendant=${flat.length ? `palette-${at}` : undefined}
          aria-label=${t("Find a chat, player or command")} placeholder=${t("Name, id, command or response")} autocomplete="off" spellcheck="false" value=${query}
          onInput=${(event) => { setQuery(event.target.value); setIndex(0); }} />
        ${chat && html`<span class="badge">${t("You are in chat {n}, {name}", { n: (state.places.of[chat.conv] ?? 0) + 1, name: chat.player.name })}</span>`}
      </div>
      <div id="palette-list" class="palette-list" role="listbox" aria-label=${t("Results")}>
        ${groups.map((group) => html`<div key=${group.id} role="group" aria-label=${group.title}>
          <div class="palette-group" aria-hidden="true"><span>${group.title}</span><span class="push">${group.hint ?? ""}</span></div>
          ${group.items.map((item) => {
            n += 1;
            const mine = n;
            const on = mine === at;
            return html`<div key=${item.id} id=${`palette-${mine}`} ref=${on ? active : undefined} role="option" aria-selected=${on} class="palette-item"
              onPointerMove=${() => !on && setIndex(mine)} onClick=${() => run(item)}>
              ${item.cap ? html`<span class=${`cap ${item.capKind}`}>${item.cap}</span>` : html`<${Icon} name=${item.icon} />`}
              <span class="grow palette-text">${item.code && html`<span class="shortcut">${item.code}</span>`}<span>${marked(item.label, item.marks)}</span>${item.facts && html`<span class="slot-facts"> ${item.facts}</span>`}</span>
              ${item.chat && html`<${Clock} chat=${item.chat} answered=${item.answered} />`}
              ${item.key && html`<span class="key">${item.key}</span>`}
              ${on && html`<span class="key"><${Icon} name="enter" /></span>`}</div>`;
          })}</div>`)}
        ${flat.length === 0 && html`<p class="canned-empty">${t("Nothing fits “{query}”.", { query })}</p>`}
      </div>
      <div class="canned-foot"><span class="key"><${Icon} name="up" /></span><span class="key"><${Icon} name="down" /></span><span>${t("choose")}</span><span class="key"><${Icon} name="enter" /></span><span>${t("run")}</span><span class="push key">Esc</span><span>${t("close, back to where you were")}</span></div>
    </div>
  </div>`;
}
