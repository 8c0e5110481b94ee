// The parts of the roster's page: tables of hours, holes, certificates that end, duties.

import { html, useRef, useState } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { Icon } from "./parts.js";
import { byDay, grid, holesByLanguage, hoursOf, moved, names } from "./roster-plan.js";
import { dayOfMonth, dayText, hoursText, languageTitle, skillName, spanText, timeText, weekday } from "./roster-words.js";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const MOST_SHADES = 3;

export function Coverage({ told, skill, upright, languages }) {
  const lines = told.coverage.lines.filter((line) => line.skill === skill);
  const order = (line) => languages.indexOf(line.lang);
  return html`<section class="coverage" aria-label=${t("Coverage")}>
    <div class="legend"><h2>${t("Planned for each hour")}</h2>
      <span class="quiet-text">${skillName(skill)}</span><span class="grow"></span>
      <span class="keys"><span class="key-of hole">0</span><span>${t("nobody")}</span>
      ${[1, 2, 3].map((many) => html`<span key=${many} class="key-of many-${many}">${many}${many === MOST_SHADES ? "+" : ""}</span>`)}</span>
    </div>
    ${lines.sort((a, b) => order(a) - order(b)).map((line) =>
      html`<${Language} key=${line.lang} line=${line} told=${told} skill=${skill} upright=${upright} />`)}
  </section>`;
}

function Language({ line, told, skill, upright }) {
  const { from, to, zone } = told;
  const days = grid({ from_ts: told.coverage.from_ts, planned: line.planned }, from, to, zone);
  const bare = days.flatMap((day) => day.cells).filter((cell) => cell && cell.many === 0);
  const hours = hoursOf(bare.map((cell) => ({ from_ts: cell.ts, to_ts: cell.until })));
  const [spot, setSpot] = useState(null);
  const title = languageTitle(line.lang);
  return html`<article class="card language">
    <header><h3>${title}</h3>
      ${hours === 0
        ? html`<span class="badge ok"><${Icon} name="check" />${t("Somebody at every hour")}</span>`
        : html`<span class="badge danger"><${Icon} name="warn" />${tn("{n} hour without anybody", "{n} hours without anybody", hours)}</span>`}
      <p class="spot num" aria-hidden="true">${spot ? saying(spot, line, told, skill) : ""}</p>
    </header>
    <${Hours} days=${days} upright=${upright} zone=${zone} caption=${title} say=${(cell) => saying(cell, line, told, skill)} onSpot=${setSpot} />
  </article>`;
}

// "Tue, 24 Nov 01:00–02:00: Vera, Iris"
function saying(cell, line, { people, zone }, skill) {
  const when = spanText(cell.ts, cell.until, zone);
  if (cell.many === 0) return t("{when}: nobody", { when });
  const there = names(people, line.lang, skill, cell.ts, cell.until);
  return there.length ? `${when}: ${there.join(", ")}` : tn("{when}: {n} person", "{when}: {n} people", cell.many, { when });
}

// Days lie across on a wide screen; on a narrow one the hours run down, so that cells stay wide enough.
function Hours({ days, upright, zone, caption, say, onSpot }) {
  const rows = upright ? HOURS.map((hour) => days.map((day) => day.cells[hour])) : days.map((day) => day.cells);
  const [[row, column], setAt] = useState([0, 0]);
  const table = useRef(null);
  const at = rows[row]?.[column] ? [row, column] : [0, Math.max(rows[0]?.findIndex(Boolean) ?? 0, 0)];

  function onKeyDown(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = moved(event.key, at[0], at[1], rows);
    if (!next) return;
    event.preventDefault();
    setAt(next);
    table.current.querySelector(`[data-cell="${next[0]} ${next[1]}"]`)?.focus();
  }

  const hourHead = (hour) => String(hour).padStart(2, "0");
  const dayHead = (day) => html`${weekday(day.ts, zone)} <span class="date">${dayOfMonth(day.ts, zone)}</span>`;
  return html`<table class="hours ${upright ? "upright" : ""}" role="grid" ref=${table} onKeyDown=${onKeyDown}>
    <caption class="vh">${caption}</caption>
    <thead><tr><td class="corner"></td>${upright
      ? days.map((day) => html`<th key=${day.day} scope="col">${dayHead(day)}</th>`)
      : HOURS.map((hour) => html`<th key=${hour} scope="col">${hourHead(hour)}</th>`)}</tr></thead>
    <tbody>${rows.map((cells, r) => html`<tr key=${r}>
      <th scope="row">${upright ? hourHead(r) : dayHead(days[r])}</th>
      ${cells.map((cell, c) => cell === null || cell === undefined
        ? html`<td key=${c} class="none" aria-label=${t("This hour does not exist")}></td>`
        : html`<td key=${c} role="gridcell" data-cell="${r} ${c}" tabindex=${at[0] === r && at[1] === c ? 0 : -1}
            class=${cell.many === 0 ? "hole" : `many-${Math.min(cell.many, MOST_SHADES)}`} aria-label=${say(cell)}
            onFocus=${() => { setAt([r, c]); onSpot(cell); }} onBlur=${() => onSpot(null)}
            onMouseEnter=${() => onSpot(cell)} onMouseLeave=${() => onSpot(null)}>${cell.many}</td>`)}
    </tr>`)}</tbody>
  </table>`;
}

export function Holes({ told, skill }) {
  const { from, to, zone } = told;
  const found = holesByLanguage(told.coverage.holes, skill, from, to);
  return html`<section class="card holes" aria-labelledby="holes-title">
    <h2 id="holes-title">${t("Holes")}</h2>
    ${found.length === 0
      ? html`<p class="good"><${Icon} name="check" />${t("Somebody is planned at every hour.")}</p>`
      : html`<p class="bad"><${Icon} name="warn" />${tn("{n} language has hours without anybody", "{n} languages have hours without anybody", found.length)}</p>
        <ul>${found.map(([lang, spans]) => html`<li key=${lang}>
          <h3>${languageTitle(lang)}${skill ? `, ${skillName(skill).toLowerCase()}` : ""}</h3>
          ${spans.length === 1 && spans[0].from_ts === from && spans[0].to_ts === to
            ? html`<p>${t("all the days shown")}</p>`
            : html`<ul class="num">${spans.map((span) => html`<li key=${span.from_ts}>${spanText(span.from_ts, span.to_ts, zone)}</li>`)}</ul>`}
        </li>`)}</ul>`}
  </section>`;
}

export function Expiring({ told }) {
  const { from, to, zone } = told;
  const found = told.coverage.expiring.filter((one) => one.ts >= from && one.ts < to).sort((a, b) => a.ts - b.ts);
  return html`<section class="card expiring" aria-labelledby="expiring-title">
    <h2 id="expiring-title">${t("Certificates that end")}</h2>
    ${found.length === 0
      ? html`<p class="empty">${t("None ends in these days.")}</p>`
      : html`<ul>${found.map((one) => html`<li key=${`${one.agent} ${one.skill}`}><${Icon} name="half" />
          <span><b>${one.alias}</b>, ${skillName(one.skill).toLowerCase()}: <span class="num">${t("until {when}", { when: `${dayText(one.ts, zone)} ${timeText(one.ts, zone)}` })}</span></span></li>`)}</ul>`}
  </section>`;
}

const STATES = {
  running: () => t("on duty"),
  draining: () => t("ends soon"),
  ended: () => t("over"),
  planned: () => "",
};

function Duty({ duty, from, zone }) {
  const word = STATES[duty.state]?.() ?? "";
  return html`<span class="duty ${duty.state}"><span class="num">${hoursText(duty, from, zone)}</span>${word && html` <small>${word}</small>`}</span>`;
}

export function Duties({ told, upright }) {
  const { coverage, people, from, to, zone } = told;
  const days = grid({ from_ts: coverage.from_ts, planned: coverage.lines[0]?.planned ?? [] }, from, to, zone);
  const rows = people.map((person) => ({ person, days: byDay(person.duties, days, zone) }))
    .filter((row) => [...row.days.values()].some((duties) => duties.length));
  const who = (person) => html`<b>${person.alias}</b><small>${[person.languages.map((code) => code.toUpperCase()).join(" "), person.team].filter(Boolean).join(", ")}</small>`;
  return html`<section class="card duties" aria-labelledby="duties-title">
    <h2 id="duties-title">${t("Duties")}</h2>
    ${rows.length === 0
      ? html`<p class="empty">${t("No shifts are planned for these days. An administrator adds them on the admin site.")}</p>`
      : upright
        ? html`<ul class="people">${rows.map((row) => html`<li key=${row.person.id}><h3>${who(row.person)}</h3>
            <ul>${days.filter((day) => row.days.get(day.day).length).map((day) => html`<li key=${day.day}><span class="day">${dayText(day.ts, zone)}</span>
              <span class="of-day">${row.days.get(day.day).map((duty) => html`<${Duty} key=${duty.starts_ts} duty=${duty} from=${from} zone=${zone} />`)}</span></li>`)}</ul></li>`)}</ul>`
        : html`<table><thead><tr><th scope="col">${t("Who")}</th>${days.map((day) => html`<th key=${day.day} scope="col">${dayText(day.ts, zone)}</th>`)}</tr></thead>
            <tbody>${rows.map((row) => html`<tr key=${row.person.id}><th scope="row">${who(row.person)}</th>
              ${days.map((day) => html`<td key=${day.day}>${row.days.get(day.day).map((duty) => html`<${Duty} key=${duty.starts_ts} duty=${duty} from=${from} zone=${zone} />`)}</td>`)}</tr>`)}</tbody></table>`}
  </section>`;
}
