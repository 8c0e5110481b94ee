// Starts the wall: words, theme, socket, the second hand, and the page itself.

import { effect, html, render, signal } from "../kit/preact.js";
import { load, t } from "../kit/i18n.js";
import * as sounds from "../kit/sound.js";
import * as theme from "../kit/theme.js";
import * as acts from "./acts.js";
import { Alarms } from "./alarms.js";
import { Tiles } from "./figures.js";
import { Head, Lost } from "./head.js";
import { emptyLog, passed, raised, track } from "./limits.js";
import { Notice, Overlay } from "./overlays.js";
import { Panes } from "./panes.js";
import { People } from "./people.js";
import { Sessions } from "./sessions.js";
import * as store from "./store.js";
import { sample } from "./trend.js";
import { breachText } from "./words.js";

const LOST_BANNER_MS = 1_500;
const ROSTER_EVERY_MS = 5 * 60_000;

function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

const page = read("page");
load(read("texts") ?? {}, page.lang);
theme.apply();
sounds.unlock();

const muted = signal(sounds.muted());
const sound = {
  muted,
  toggle() {
    muted.value = sounds.mute(!muted.value);
    if (!muted.value) sounds.chime({ force: true });
  },
};

// Short losses heal by themselves; only a longer one is worth a banner.
const lost = signal(false);
let lostTimer = null;
effect(() => {
  const state = store.link.value.state;
  if (state === "live" || state === "stopped") {
    clearTimeout(lostTimer);
    lostTimer = null;
    lost.value = state === "stopped";
  } else if (lostTimer === null) {
    lostTimer = setTimeout(() => { lost.value = true; }, LOST_BANNER_MS);
  }
});

// For those who hear the page: each limit once, when it is passed.
const announced = signal("");

function followLimits(now) {
  if (!store.wall.value.known) return;
  const found = [...raised(store.wall.value.alarms), ...passed(store.figures.value, store.agents.value, store.limits.value, now)];
  const { log, fresh } = track(store.log.value, found, now);
  store.log.value = log;
  const count = found.length;
  document.title = `${count ? `(${count}) ` : ""}${t("Wall")} - chatdesk`;
  if (fresh.length) announced.value = fresh.map((id) => breachText(log.open[id], now)).join(". ");
  if (fresh.length && store.mutedUntil.value < now) sounds.chime({ name: "chatdesk.wall" });
}

function takeSamples(now) {
  if (!store.wall.value.known || store.stale.value) return;
  const drawn = store.figures.value;
  const seconds = (ts) => (ts === null ? 0 : Math.max(0, (now - ts) / 1000));
  const values = {
    wait: seconds(drawn.wait.ts),
    offered: drawn.parts.offered.count,
    nobody_free: drawn.parts.nobody_free.count,
    nobody_on_duty: drawn.parts.nobody_on_duty.count,
    unanswered: seconds(drawn.unanswered.ts),
    first_reply: drawn.first_reply_ms === null ? null : drawn.first_reply_ms / 1000,
    abandoned: drawn.abandoned,
    places: drawn.places.taken,
  };
  const before = store.trends.value;
  store.trends.value = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, sample(before[name] ?? [], now, value)]));
}

// Another filter is another floor: its lines and its log start anew.
let floor = store.filter.value;
effect(() => {
  const next = store.filter.value;
  if (next === floor) return;
  floor = next;
  store.trends.value = {};
  store.log.value = emptyLog();
});

function tick() {
  const now = acts.serverNow();
  store.now.value = now;
  acts.keepFresh();
  followLimits(now);
  takeSamples(now);
  setTimeout(tick, 1000 - (now % 1000) + 5);
}

function App() {
  const kinds = ["wall", store.wallMode.value ? "wall-mode" : "", store.stale.value && store.wall.value.known ? "stale" : ""];
  return html`<div class=${kinds.filter(Boolean).join(" ")}>
    <${Head} page=${page} sound=${sound} />
    ${lost.value && html`<${Lost} />`}
    <main id="main" tabindex="-1" class=${`view-${store.view.value}`}>
      <h1 class="vh">${store.view.value === "watch" ? t("Watch") : t("Wall")}</h1>
      ${store.view.value === "watch"
        ? html`<${Panes} />`
        : html`<${Alarms} /><${Tiles} /><${Sessions} /><${People} page=${page} />`}
    </main>
    <p class="vh" role="status">${announced.value}</p>
    <${Notice} />
    <${Overlay} />
  </div>`;
}

document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) store.wallMode.value = false;
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") store.now.value = acts.serverNow();
});

acts.connect(page);
acts.loadRoster();
setInterval(() => acts.loadRoster(), ROSTER_EVERY_MS);
render(html`<${App} />`, document.getElementById("app"));
tick();
