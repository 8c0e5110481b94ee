// The top of the wall: where one is, filters, how fresh the figures are, and the switches.

import { html, signal } from "../kit/preact.js";
import { capital, t } from "../kit/i18n.js";
import * as theme from "../kit/theme.js";
import * as acts from "./acts.js";
import { Icon } from "./parts.js";
import * as store from "./store.js";
import { clockTime, language } from "./words.js";

const dark = signal(theme.isDark());

function Filters({ page }) {
  const chosen = store.filter.value;
  const brands = new Map(store.roster.value.brands.map((brand) => [brand.slug, brand.name]));
  for (const chat of Object.values(store.wall.value.chats)) if (!brands.has(chat.brand)) brands.set(chat.brand, chat.brand);
  const langs = new Set([...(page.languages ?? []), ...Object.keys(store.wall.value.queue?.by_lang ?? {})]);
  const set = (part) => (event) => {
    store.filter.value = { ...store.filter.value, [part]: event.currentTarget.value };
  };
  return html`
    <label class="vh" for="filter-brand">${t("Brand")}</label>
    <select id="filter-brand" class="select" value=${chosen.brand} onChange=${set("brand")}>
      <option value="">${t("All brands")}</option>
      ${[...brands].map(([slug, name]) => html`<option key=${slug} value=${slug} selected=${slug === chosen.brand}>${name}</option>`)}
    </select>
    <label class="vh" for="filter-lang">${t("Language")}</label>
    <select id="filter-lang" class="select" value=${chosen.lang} onChange=${set("lang")}>
      <option value="">${t("All languages")}</option>
      ${[...langs].map((code) => html`<option key=${code} value=${code} selected=${code === chosen.lang}>${capital(language(code))}</option>`)}
    </select>`;
}

function Freshness() {
  const age = store.age.value;
  const state = store.link.value.state;
  if (state === "stopped") {
    return html`<span class="fresh old"><${Icon} name="no-wifi" />${t("Not connected")}</span>`;
  }
  if (age === null) return html`<span class="fresh"><${Icon} name="wait" />${t("Connecting")}</span>`;
  const seconds = Math.floor(age / 1000);
  if (store.stale.value) {
    return html`<span class="fresh old"><${Icon} name="warn" />${t("Data {n} s old", { n: seconds })}</span>`;
  }
  return state === "live"
    ? html`<span class="fresh live"><${Icon} name="wifi" />${t("Live, {n} s old", { n: seconds })}</span>`
    : html`<span class="fresh old"><${Icon} name="no-wifi" />${t("Connecting again, {n} s old", { n: seconds })}</span>`;
}

function toggleWallMode() {
  const on = !store.wallMode.value;
  store.wallMode.value = on;
  if (on) {
    store.revealed.value = false;
    store.view.value = "wall";
    document.documentElement.requestFullscreen?.().catch(() => {});
  } else if (document.fullscreenElement) {
    document.exitFullscreen().catch(() => {});
  }
}

function nextTheme() {
  theme.apply(theme.isDark() ? "light" : "dark");
  dark.value = theme.isDark();
}

function Switch({ icon, on, text, act }) {
  return html`<button type="button" class="btn quiet lg switch" aria-pressed=${on} onClick=${act}>
    <${Icon} name=${icon} /><span>${text}</span>
  </button>`;
}

export function Head({ page, sound }) {
  const watching = store.watchedCount.value;
  const muted = sound.muted.value;
  const place = store.view.value;
  // In the watch view the switch hides the transcripts, on the wall it shows names instead of ids.
  const text = place === "watch" ? store.watchText : store.revealed;
  const revealed = text.value;
  const go = (name) => () => { store.view.value = name; };
  return html`<header class="head">
    <a class="name" href=${page.desk_url ?? "/"}>chatdesk</a>
    <div class="tabs" role="group" aria-label=${t("View")}>
      <button type="button" class="btn lg quiet" aria-pressed=${place === "wall"} onClick=${go("wall")}>${t("Wall")}</button>
      <button type="button" class="btn lg quiet" aria-pressed=${place === "watch"} onClick=${go("watch")}>
        ${t("Watch")}${watching > 0 && html` <span class="num">${watching}</span>`}
      </button>
      <a class="btn lg quiet" href="/roster/">${t("Roster")}</a>
    </div>
    <div class="filters"><${Filters} page=${page} /></div>
    <span class="grow"></span>
    <${Freshness} />
    <time class="now num">${clockTime(store.now.value, true)}</time>
    <div class="switches">
      <${Switch} icon=${muted ? "mute" : "sound"} on=${!muted} text=${muted ? t("Sound off") : t("Sound on")} act=${sound.toggle} />
      <${Switch} icon=${revealed ? "eye" : "eye-off"} on=${revealed} text=${revealed ? t("Player text shown") : t("Player text hidden")}
        act=${() => { text.value = !revealed; }} />
      <button type="button" class="btn quiet lg icon-only" aria-label=${t("Light or dark")} title=${t("Light or dark")} onClick=${nextTheme}><${Icon} name=${dark.value ? "sun" : "moon"} /></button>
      <button type="button" class="btn quiet lg icon-only" aria-pressed=${store.wallMode.value} aria-label=${t("Wall mode, for a screen across the room")}
        title=${t("Wall mode, for a screen across the room")} onClick=${toggleWallMode}><${Icon} name="screen" /></button>
      <form method="post" action=${page.logout_url} class="out">
        <input type="hidden" name="csrfmiddlewaretoken" value=${page.csrf} />
        <button type="submit" class="btn quiet lg icon-only" aria-label=${t("Sign out")} title=${t("Sign out")}><${Icon} name="logout" /></button>
      </form>
    </div>
  </header>`;
}

// Says what happened to the connection, what happens next, and offers what can be done.
export function Lost() {
  const link = store.link.value;
  if (link.state === "stopped") {
    return html`<div class="banner danger" role="alert"><${Icon} name="no-wifi" />
      <span class="grow">${stopped(link.code)}</span>
      ${link.code === 4401 && html`<a class="btn lg" href="/login/?next=/wall/">${t("Sign in")}</a>`}
      ${(link.code === 4409 || link.code === 4410) && html`<button type="button" class="btn lg" onClick=${() => location.reload()}>${t("Load the page anew")}</button>`}
    </div>`;
  }
  if (link.state === "waiting" && store.wall.value.known) {
    const seconds = link.retryAt ? Math.max(0, Math.ceil((link.retryAt - Date.now()) / 1000)) : null;
    return html`<div class="banner" role="status"><${Icon} name="no-wifi" />
      <span class="grow">${seconds === null
        ? t("Connection lost. The wall shows what was last known.")
        : t("Connection lost. The wall shows what was last known. Next try in {n} s.", { n: seconds })}</span>
      <button type="button" class="btn lg" onClick=${acts.tryNow}>${t("Try now")}</button>
    </div>`;
  }
  return null;
}

function stopped(code) {
  switch (code) {
    case 4401: return t("You are signed out. Sign in to see the wall again.");
    case 4403: return t("This page may not connect. Ask an administrator.");
    case 4409: return t("The wall is open in too many windows. This one has stopped.");
    case 4410: return t("The server speaks a newer version. Load the page anew.");
    default: return t("The server ended the connection.");
  }
}
