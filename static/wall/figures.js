// The tiles: each a figure, a line of context, the last hour and the limit in words. A click shows
// the chats behind the figure.

import { html } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { duration, level, since } from "./limits.js";
import { Icon } from "./parts.js";
import * as store from "./store.js";
import { line } from "./trend.js";
import { clockTime, language, playerLabel, topicName } from "./words.js";

const WIDTH = 240;
const HEIGHT = 32;

function Trend({ name, limit = null }) {
  const drawn = line(store.trends.value[name] ?? [], store.now.value, limit, WIDTH, HEIGHT);
  return html`<svg class="trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${drawn.limit !== null && html`<path class="limit" d="M0 ${drawn.limit}H${WIDTH}" />`}
    ${drawn.paths.map((path, at) => html`<path key=${at} class="line" d=${path} />`)}
  </svg>`;
}

function Foot({ over, soon, since: start, limit, name }) {
  const minutes = line(store.trends.value[name] ?? [], store.now.value, null, WIDTH, HEIGHT).minutes;
  return html`<span class="foot">
    ${over
      ? html`<b class="over"><${Icon} name="warn" />${start ? t("Over {limit} since {time}", { limit, time: clockTime(start) }) : t("Over {limit}", { limit })}</b>`
      : soon
        ? html`<b class="near"><${Icon} name="half" />${t("Near {limit}", { limit })}</b>`
        : html`<span>${t("limit {limit}", { limit })}</span>`}
    <span class="span">${minutes > 0 && t("{n} min", { n: minutes })}</span>
  </span>`;
}

function Tile({ label, figure, of, context, over, soon, focus, name, limitValue, limit, since: start, big }) {
  const chosen = focus && store.focus.value?.kind === focus.kind;
  const body = html`
    <span class="label">${label}</span>
    <span class=${big ? "figure big" : "figure"}>${figure}${of && html` <small>${of}</small>`}</span>
    <span class="context">${context}</span>
    <${Trend} name=${name} limit=${limitValue} />
    <${Foot} over=${over} soon=${soon} since=${start} limit=${limit} name=${name} />`;
  const tone = over ? "tile over" : soon ? "tile soon" : "tile";
  return focus
    ? html`<button type="button" class=${tone} aria-pressed=${Boolean(chosen)} onClick=${() => toggle(focus)}>${body}</button>`
    : html`<div class=${tone}>${body}</div>`;
}

export function toggle(focus) {
  store.focus.value = store.focus.value?.kind === focus.kind ? null : focus;
}

function Part({ part, focus, text, over }) {
  const count = part.count === null ? "–" : part.count;
  const chosen = store.focus.value?.kind === focus;
  const idle = part.count === 0;
  return html`<button type="button" class=${over ? "part over" : idle ? "part idle" : "part"} aria-pressed=${chosen} onClick=${() => toggle({ kind: focus })}>
    <span class="figure">${count}</span>
    <span class="context">${over && html`<${Icon} name="globe" />`}${text}</span>
    <${Trend} name=${focus} />
    <span class="foot">${t("oldest {time}", { time: since(part.oldest_ts, store.now.value) })}</span>
  </button>`;
}

function Queue({ drawn, limits }) {
  const { offered, nobody_free, nobody_on_duty } = drawn.parts;
  const langs = nobody_on_duty.langs.map(language);
  const many = drawn.waiting !== null && drawn.waiting > limits.waiting;
  return html`<section class=${many ? "tile queue over" : "tile queue"} aria-label=${t("Queue")}>
    <span class="label">${t("Queue")} <b class="total">${drawn.waiting === null ? "–" : drawn.waiting}</b>
      <span class="grow"></span>
      ${many
        ? html`<b class="over-words"><${Icon} name="warn" />${t("Over {limit}", { limit: limits.waiting })}</b>`
        : t("limit {limit}", { limit: limits.waiting })}</span>
    <div class="parts">
      <${Part} part=${offered} focus="offered" text=${t("Offered, ringing now")} />
      <${Part} part=${nobody_free} focus="nobody_free" text=${t("Waiting, nobody free")} />
      <${Part} part=${nobody_on_duty} focus="nobody_on_duty" over=${nobody_on_duty.count > 0}
        text=${langs.length === 1 ? t("Waiting, nobody on duty speaks {language}", { language: langs[0] }) : t("Waiting, language not on duty")} />
    </div>
  </section>`;
}

function who(chat, first) {
  const label = playerLabel(chat.player, store.revealed.value);
  return first ? `${first}, ${label}` : `${label}, ${language(chat.lang)}, ${topicName(chat.topic)}`;
}

export function Tiles() {
  const drawn = store.figures.value;
  const limits = store.limits.value;
  const now = store.now.value;
  const known = store.wall.value.known;
  const wait = level(drawn.wait.ts, now, limits.wait_soon_s, limits.wait_late_s);
  const silent = level(drawn.unanswered.ts, now, limits.unanswered_soon_s, limits.unanswered_late_s);
  const everywhere = drawn.filtered ? t("all brands and languages") : null;
  const number = (value) => (value === null ? "–" : value);
  const places = drawn.places;
  const slow = drawn.first_reply_ms !== null && drawn.first_reply_ms > limits.first_reply_s * 1000;
  const gone = drawn.abandoned !== null && drawn.abandoned > limits.abandoned;
  const full = places.free === 0;
  return html`<div class="tiles">
    <${Tile} big label=${t("Longest wait")} figure=${since(drawn.wait.ts, now)} name="wait" focus=${{ kind: "wait" }}
      context=${drawn.wait.chat ? who(drawn.wait.chat) : known ? t("Nobody is waiting") : "–"}
      over=${wait === "late"} soon=${wait === "soon"} since=${drawn.wait.ts === null ? null : drawn.wait.ts + limits.wait_late_s * 1000}
      limit=${duration(limits.wait_late_s * 1000)} limitValue=${limits.wait_late_s} />
    <${Queue} drawn=${drawn} limits=${limits} />
    <${Tile} label=${t("Longest unanswered")} figure=${since(drawn.unanswered.ts, now)} name="unanswered" focus=${{ kind: "unanswered" }}
      context=${drawn.unanswered.chat ? who(drawn.unanswered.chat, drawn.unanswered.chat.agent?.alias) : known ? t("All answered") : "–"}
      over=${silent === "late"} soon=${silent === "soon"}
      limit=${duration(limits.unanswered_late_s * 1000)} limitValue=${limits.unanswered_late_s} />
    <${Tile} label=${t("First reply, median")} figure=${duration(drawn.first_reply_ms)} name="first_reply"
      context=${everywhere ?? (drawn.within_60_pct === null ? t("Share within 60 s: –") : t("{n} % within 60 s", { n: Math.round(drawn.within_60_pct) }))}
      over=${slow} limit=${duration(limits.first_reply_s * 1000)} limitValue=${limits.first_reply_s} />
    <${Tile} label=${t("Gave up waiting")} figure=${number(drawn.abandoned)} name="abandoned" context=${everywhere ?? t("in the last 30 min")}
      over=${gone} limit=${limits.abandoned} limitValue=${limits.abandoned} />
    <${Tile} label=${t("Places taken")} figure=${number(places.taken)} of=${places.all === null ? null : t("of {n}", { n: places.all })} name="places"
      context=${everywhere ?? (places.free === null ? "–" : tn("{n} place free", "{n} places free", places.free))}
      over=${full && drawn.waiting > 0} soon=${full} limit=${number(places.all)} limitValue=${places.all} />
  </div>`;
}
