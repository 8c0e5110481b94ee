// Small pieces that every view of the wall uses.

import { html } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import { duration, level } from "./limits.js";

const KIT = new URL("../kit/icons.svg", import.meta.url).pathname;
const OWN = new URL("./icons.svg", import.meta.url).pathname;
const OWN_NAMES = new Set(["eye-off", "screen"]);

export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href="${OWN_NAMES.has(name) ? OWN : KIT}#${name}" /></svg>`;
}

const SHAPES = { calm: "clock", soon: "half", late: "late", none: "clock" };

// Time since `ts`: ring when calm, half disc and "soon", filled mark and "late".
export function Clock({ ts, now, soon, late, none = "–" }) {
  const state = level(ts, now, soon, late);
  if (state === "none") return html`<span class="clock none">${none}</span>`;
  const time = duration(now - ts);
  const text = state === "late" ? t("{time} late", { time }) : state === "soon" ? t("{time} soon", { time }) : time;
  return html`<span class="clock ${state}"><${Icon} name=${SHAPES[state]} />${text}</span>`;
}

// Places as pips, with the words beside them; above eight only the words.
export function Load({ load, capacity }) {
  const all = Math.max(load, capacity);
  const pips = all > 0 && all <= 8
    ? Array.from({ length: all }, (_, at) => html`<i key=${at} class=${at < load ? (at < capacity ? "taken" : "forced") : ""}></i>`)
    : null;
  return html`<span class="load">
    ${pips && html`<span class="pips" aria-hidden="true">${pips}</span>`}
    <span class="num">${t("{n} of {all}", { n: load, all: capacity })}</span>
  </span>`;
}

export function codes(languages) {
  return (languages ?? []).map((code) => code.toUpperCase()).join(" ");
}
