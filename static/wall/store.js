// What the wall's views share: signals only. The frames go through state.js, acts through acts.js.

import { computed, signal } from "../kit/preact.js";
import { emptyLog, sane } from "./limits.js";
import { sort } from "./need.js";
import * as state from "./state.js";
import { ALL, agentsByName, figures as drawn, matches } from "./tiles.js";

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Kept for this page only.
  }
}

export const wall = signal(state.empty());
export const link = signal({ state: "connecting" });
export const now = signal(Date.now());
export const filter = signal(ALL);
export const focus = signal(null);
export const limits = signal(sane(stored("wall:limits")));
export const log = signal(emptyLog());
export const mutedUntil = signal(0);
export const revealed = signal(false);
// To watch a chat is to ask for its text; a wall across the room never shows it.
export const watchText = signal(true);
export const wallMode = signal(false);
export const view = signal("wall");
export const popover = signal(null);
export const notice = signal(null);
export const roster = signal({ agents: [], skills: [], brands: [] });
export const trends = signal({});

export const figures = computed(() => drawn(wall.value, filter.value));
export const agents = computed(() => agentsByName(wall.value, filter.value, document.documentElement.lang));
export const sorted = computed(() =>
  sort(
    Object.values(wall.value.chats).filter((chat) => matches(chat, filter.value)),
    wall.value.agents,
    limits.value,
    now.value,
  ));
export const watchedCount = computed(() => Object.keys(wall.value.watched).length);

export const STALE_MS = 10_000;
export const age = computed(() => state.age(wall.value, now.value));
export const stale = computed(() => age.value === null || age.value > STALE_MS);

// Back from the transcripts: what had the focus is gone, so the page itself takes it.
export function showWall() {
  view.value = "wall";
  requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
}

export function brandName(slug) {
  return roster.value.brands.find((brand) => brand.slug === slug)?.name ?? slug ?? "–";
}

export function setLimits(next) {
  limits.value = sane(next);
  keep("wall:limits", limits.value);
}

// A sentence at the foot of the page; `link` may carry {href, text}.
export function say(text, tone = "plain", to = null) {
  notice.value = { text, tone, to, id: (notice.value?.id ?? 0) + 1 };
}

export function openPopover(kind, event, subject) {
  const button = event.currentTarget;
  popover.value = { kind, button, ...subject };
}

export function closePopover() {
  const open = popover.value;
  popover.value = null;
  if (open?.button?.isConnected) open.button.focus();
}
