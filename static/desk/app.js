// The page: top bar, chats at the left, panes in the middle, the player at the right. In a narrow
// window one of the three columns at a time, chosen by the bar below the top.
import { html } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { unreadTotal } from "./alerts.js";
import { Bars } from "./bars.js";
import { Palette } from "./palette.js";
import { Pane } from "./pane.js";
import { PlayerPanel } from "./player.js";
import { Rail } from "./rail.js";
import { Help, Start } from "./start.js";
import { TopBar } from "./topbar.js";
import { Icon, Unread } from "./ui.js";

export function App({ desk }) {
  const state = desk.state.value;
  const folded = desk.panelOpen.value ? "" : "panel-folded";
  return html`<div class=${`desk show-${desk.column.value} ${folded}`}>
    <${TopBar} desk=${desk} />
    <${Bars} desk=${desk} state=${state} />
    <${Columns} desk=${desk} state=${state} />
    <${Rail} desk=${desk} />
    <main id="main" class="panes" tabindex="-1">
      ${state.panes.length ? state.panes.map((conv) => html`<${Pane} key=${conv} desk=${desk} conv=${conv} />`) : html`<${Start} desk=${desk} />`}
    </main>
    <${PlayerPanel} desk=${desk} />
    <${Notice} notice=${desk.notice.value} />
    <p class="vh" role="status">${desk.spoken.value}</p>
    ${desk.help.value && html`<${Help} desk=${desk} />`}
    ${desk.palette.value && html`<${Palette} desk=${desk} />`}
  </div>`;
}

// What an act led to. It stands at the foot of the rail, where it covers nothing that is being written.
function Notice({ notice }) {
  return html`<div class="notice-bar" role="status">${notice
    && html`<p class=${`notice ${notice.kind}`}><${Icon} name=${notice.kind === "bad" ? "warn" : "check"} /><span>${notice.text}</span></p>`}</div>`;
}

function Columns({ desk, state }) {
  const unread = unreadTotal(state);
  const chat = state.chats[state.focus];
  const column = (name, icon, words, extra) => html`<button type="button" class="column-button" aria-pressed=${desk.column.value === name} onClick=${() => { desk.column.value = name; }}>
    <${Icon} name=${icon} /><span class="truncate">${words}</span>${extra}</button>`;
  return html`<nav class="columns" aria-label=${t("Columns")}>
    ${column("chats", "chats", t("Chats"), unread > 0 && html`<${Unread} n=${unread} />`)}
    ${column("chat", "chat", chat ? t("Chat: {name}", { name: chat.player.name }) : t("Chat"))}
    ${column("player", "person", t("Player"))}
  </nav>`;
}
