// Top bar: what the agent declared, under which name they appear, what the connection does.
import { html } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { Status } from "./status.js";
import { Bold, Icon, IconButton, minutes, now } from "./ui.js";

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

function Connection({ link, known }) {
  const gone = link.since ? now.value - link.since : 0;
  // A server that hands its sockets on is nothing to tell an agent of.
  if (link.state === "live" || (known && link.state !== "stopped" && gone < 1500)) return html`<span class="link live" role="status"><${Icon} name="wifi" /><span>${t("Connected")}</span></span>`;
  if (link.state === "stopped") return html`<span class="link lost" role="status"><${Icon} name="no-wifi" />${t("Disconnected")}</span>`;
  if (gone < 1500) return html`<span class="link" role="status"><${Icon} name="wait" />${t("Connecting")}</span>`;
  return html`<span class="link lost" role="status"><${Icon} name="no-wifi" /><span>${t("No connection {time}", { time: minutes(gone) })}</span></span>`;
}
