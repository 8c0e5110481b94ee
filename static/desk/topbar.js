// Top bar: what the agent declared, under which name they appear, what the connection does.
import { html, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { Bold, Icon, IconButton, Popover, minutes, now } from "./ui.js";
import { AWAY_REASONS, statusName } from "./words.js";

const ICONS = { available: "dot", away: "half", offline: "ring" };

export function TopBar({ desk }) {
  const state = desk.state.value;
  return html`<header class="top">
    <h1 class="vh">${t("Desk")}</h1>
    <span class="wordmark">chatdesk</span>
    <${Status} desk=${desk} status=${state.status} />
    ${state.me && html`<span class="appear"><${Bold} text=${t("You appear as {alias}", { alias: state.me.alias })} value=${state.me.alias} /></span>`}
    <button type="button" class="find" aria-label=${t("Find a chat, player or command")} onClick=${() => desk.openPalette()}>
      <${Icon} name="search" /><span class="truncate">${t("Find a chat, player or command")}</span><span class="key">Ctrl</span><span class="key">K</span>
    </button>
    <div class="top-end">
      <${Connection} link=${state.link} known=${state.db !== null} />
      <button type="button" class="btn quiet" aria-pressed=${!desk.muted.value} title=${t("Plays a test, or switches the sound off")} onClick=${() => desk.toggleSound()}>
        <${Icon} name=${desk.muted.value ? "mute" : "sound"} /><span class="wide">${desk.muted.value ? t("Sound off") : t("Sound on")}</span></button>
      ${desk.page.wall_url && html`<a class="btn quiet" href=${desk.page.wall_url}><${Icon} name="wall" /><span class="wide">${t("Wall")}</span></a>`}
      <${IconButton} icon=${{ light: "sun", dark: "moon", system: "system" }[desk.theme.value]} label=${themeWord(desk.theme.value)} onClick=${() => desk.nextTheme()} />
      <${IconButton} icon="panel" label=${desk.panelOpen.value ? t("Fold the player panel") : t("Unfold the player panel")} class="wide" aria-expanded=${desk.panelOpen.value} onClick=${() => desk.togglePanel()} />
      <${IconButton} icon="help" label=${t("Keys and help")} aria-expanded=${desk.help.value} onClick=${() => desk.toggleHelp()} />
      <form method="post" action=${desk.page.logout_url} onSubmit=${() => desk.signOut()}>
        <input type="hidden" name="csrfmiddlewaretoken" value=${desk.page.csrf} />
        <${IconButton} type="submit" icon="logout" label=${t("Sign out")} />
      </form>
    </div>
  </header>`;
}

function themeWord(theme) {
  if (theme === "light") return t("Theme: light");
  return theme === "dark" ? t("Theme: dark") : t("Theme: as the system");
}

function Status({ desk, status }) {
  const [open, setOpen] = useState(false);
  const set = (next, reason) => { setOpen(false); desk.setStatus(next, reason); };
  const away = status.status === "away" && status.since_ts ? ` ${minutes(now.value - status.since_ts)}` : "";
  const item = (next, reason) => html`<button type="button" key=${reason ?? next} class="menu-item" aria-pressed=${status.status === next && (status.reason ?? null) === (reason ?? null)}
    onClick=${() => set(next, reason)}><span class=${`status ${next}`}><${Icon} name=${ICONS[next]} />${reason ? statusName(next, reason) : statusName(next)}</span></button>`;
  return html`<div class="anchor">
    <button type="button" class="btn lg status-button" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      <span class=${`status ${status.status}`}><${Icon} name=${ICONS[status.status] ?? "ring"} /><span class="num">${statusName(status.status, status.reason)}${away}</span></span><${Icon} name="chevron" />
    </button>
    ${open && html`<${Popover} label=${t("My status")} class="menu" onClose=${() => setOpen(false)}>
      ${item("available")}${AWAY_REASONS.map((reason) => item("away", reason))}${item("offline")}
      <p class="menu-note">${t("Away and offline keep your chats. New ones go to others.")}</p>
    </${Popover}>`}
  </div>`;
}

function Connection({ link, known }) {
  const gone = link.since ? now.value - link.since : 0;
  // A server that hands its sockets on is nothing to tell an agent of.
  if (link.state === "live" || (known && link.state !== "stopped" && gone < 1500)) return html`<span class="link live" role="status"><${Icon} name="wifi" /><span>${t("Connected")}</span></span>`;
  if (link.state === "stopped") return html`<span class="link lost" role="status"><${Icon} name="no-wifi" />${t("Disconnected")}</span>`;
  if (gone < 1500) return html`<span class="link" role="status"><${Icon} name="wait" />${t("Connecting")}</span>`;
  return html`<span class="link lost" role="status"><${Icon} name="no-wifi" /><span>${t("No connection {time}", { time: minutes(gone) })}</span></span>`;
}
