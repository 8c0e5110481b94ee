// The supervisors' page of the roster: coverage by language and hour, its holes, the week's duties.

import { effect, html, render, signal } from "../kit/preact.js";
import { load, t } from "../kit/i18n.js";
import * as theme from "../kit/theme.js";
import { Icon } from "./parts.js";
import { addDays, startOfDay } from "./roster-plan.js";
import { Coverage, Duties, Expiring, Holes } from "./roster-views.js";
import { dayText, skillName } from "./roster-words.js";

const DAYS = 7;
const EVERY_MS = 5 * 60_000;
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

const page = read("page");
load(read("texts") ?? {}, page.lang);
theme.apply();

const zone = signal(OWN_ZONE);
const zones = signal([OWN_ZONE, "UTC"]);
const from = signal(startOfDay(Date.now(), OWN_ZONE));
const skill = signal("player_safety");
const answer = signal(null);
const failed = signal("");
const dark = signal(theme.isDark());
const narrow = matchMedia("(max-width: 760px)");
const upright = signal(narrow.matches);
narrow.addEventListener("change", () => { upright.value = narrow.matches; });

async function ask(url) {
  const reply = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!reply.ok) throw new Error(reply.status === 401 ? "signed-out" : "refused");
  return reply.json();
}

let asked = 0;

async function refresh() {
  const turn = ++asked;
  const [first, inZone] = [from.value, zone.value];
  const last = addDays(first, DAYS, inZone);
  // A day more than is shown: a week in which clocks change may have 169 hours.
  const query = `from_ts=${first}&days=${DAYS + 1}&zone=${encodeURIComponent(inZone)}`;
  try {
    const [coverage, week] = await Promise.all([ask(`${page.coverage_url}?${query}`), ask(`${page.week_url}?${query}`)]);
    if (turn !== asked) return;
    answer.value = { coverage, people: week.people, from: first, to: last, zone: inZone, at: Date.now() };
    zones.value = [...new Set([...zones.value, ...week.zones])];
    failed.value = "";
  } catch (error) {
    if (turn === asked) failed.value = error.message === "signed-out" ? "signed-out" : "failed";
  }
}

effect(() => {
  from.value;
  zone.value;
  refresh();
});
setInterval(refresh, EVERY_MS);

function move(days) {
  from.value = days === 0 ? startOfDay(Date.now(), zone.value) : addDays(from.value, days, zone.value);
}

function inAnotherZone(event) {
  const next = event.currentTarget.value;
  from.value = startOfDay(from.value + 12 * 3_600_000, next);
  zone.value = next;
}

function nextTheme() {
  theme.apply(theme.isDark() ? "light" : "dark");
  dark.value = theme.isDark();
}

function Head() {
  return html`<header class="head">
    <span class="name">chatdesk</span>
    <nav class="tabs" aria-label=${t("View")}>
      <a class="btn lg quiet" href="/wall/">${t("Wall")}</a>
      <a class="btn lg quiet" href="/roster/" aria-current="page">${t("Roster")}</a>
      <a class="btn lg quiet" href=${page.desk_url}>${t("Desk")}</a>
    </nav>
    <span class="grow"></span>
    <button type="button" class="btn quiet lg icon-only" aria-label=${t("Light or dark")} title=${t("Light or dark")} onClick=${nextTheme}><${Icon} name=${dark.value ? "sun" : "moon"} /></button>
    <form method="post" action=${page.logout_url} class="out">
      <input type="hidden" name="csrfmiddlewaretoken" value=${page.csrf} />
      <button type="submit" class="btn quiet lg icon-only" aria-label=${t("Sign out")} title=${t("Sign out")}><${Icon} name="logout" /></button>
    </form>
  </header>`;
}

function Bar() {
  const shown = { first: from.value, last: addDays(from.value, DAYS, zone.value) - 1 };
  return html`<div class="bar-of-week">
    <h1>${t("Roster")}</h1>
    <div class="steps" role="group" aria-label=${t("Days shown")}>
      <button type="button" class="btn lg" onClick=${() => move(-DAYS)}>${t("Earlier")}</button>
      <button type="button" class="btn lg" onClick=${() => move(0)}>${t("From today")}</button>
      <button type="button" class="btn lg" onClick=${() => move(DAYS)}>${t("Later")}</button>
    </div>
    <p class="span num">${dayText(shown.first, zone.value)} – ${dayText(shown.last, zone.value)}</p>
    <div class="zone"><label for="zone">${t("Time zone")}</label>
      <select id="zone" class="select" value=${zone.value} onChange=${inAnotherZone}>
        ${zones.value.map((one) => html`<option key=${one} value=${one} selected=${one === zone.value}>${one}</option>`)}
      </select></div>
    <div class="skills" role="group" aria-label=${t("What is asked of them")}>
      ${["player_safety", ""].map((one) => html`<button key=${one} type="button" class="btn lg" aria-pressed=${skill.value === one} onClick=${() => { skill.value = one; }}>
        ${one ? html`<${Icon} name="shield" />` : null}${skillName(one)}</button>`)}
    </div>
  </div>`;
}

function Failed() {
  if (!failed.value) return null;
  const out = failed.value === "signed-out";
  return html`<div class="banner danger" role="alert"><${Icon} name="no-wifi" />
    <span class="grow">${out ? t("You are signed out. Sign in to see the roster again.") : answer.value
      ? t("The roster was not read. What you see is older.") : t("The roster was not read.")}</span>
    ${out ? html`<a class="btn lg" href="/login/?next=/roster/">${t("Sign in")}</a>`
      : html`<button type="button" class="btn lg" onClick=${refresh}>${t("Try now")}</button>`}
  </div>`;
}

function App() {
  const told = answer.value;
  return html`<div class="roster">
    <${Head} />
    <${Failed} />
    <main id="main" tabindex="-1">
      <${Bar} />
      ${told === null
        ? html`<p class="empty">${failed.value ? "" : t("Reading the roster")}</p>`
        : html`<div class="columns">
            <${Coverage} told=${told} skill=${skill.value} upright=${upright.value} languages=${page.languages} />
            <aside class="side"><${Holes} told=${told} skill=${skill.value} /><${Expiring} told=${told} /></aside>
          </div>
          <${Duties} told=${told} upright=${upright.value} />`}
    </main>
  </div>`;
}

render(html`<${App} />`, document.getElementById("app"));
