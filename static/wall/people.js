// The agents, by name and never ranked, and who can be reached in which language.

import { html } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { Clock, Icon, Load, codes } from "./parts.js";
import * as store from "./store.js";
import { languagesOf, onDuty } from "./tiles.js";
import { agentState, connection, forHow, idleText, language } from "./words.js";

// What stands before the clock of the oldest unanswered line.
function agentFacts(agent, idle) {
  const found = [];
  if (agent.connected === null || agent.connected === undefined) found.push(t("Connection unknown"));
  if (agent.missed > 0) found.push(t("{n} missed", { n: agent.missed }));
  if (agent.asleep > 0) found.push(tn("{n} chat asleep", "{n} chats asleep", agent.asleep));
  return found.length || idle ? found : [t("Unanswered")];
}

// Observed over all his tabs; only worth a colour of whoever says that he is there.
function Idle({ agent, text }) {
  return html`<span class=${agent.status === "available" ? "idle warn-words" : "idle quiet-text"}><${Icon} name="zz" />${text}</span>`;
}

function Agent({ agent, now, help, brief }) {
  const limits = store.limits.value;
  const state = agentState(agent, help);
  const chosen = store.focus.value?.kind === "agent" && store.focus.value.agent === agent.id;
  const showChats = () => {
    store.focus.value = chosen ? null : { kind: "agent", agent: agent.id, alias: agent.alias };
  };
  const idle = idleText(agent);
  const facts = agentFacts(agent, Boolean(idle));
  const clock = html`<${Clock} ts=${agent.oldest_unanswered_ts} now=${now} soon=${limits.unanswered_soon_s} late=${limits.unanswered_late_s} />`;
  return html`<li class="agent">
    <div class="line">
      <button type="button" class="alias truncate" aria-pressed=${chosen} title=${t("Chats of {alias}", { alias: agent.alias })} onClick=${showChats}>${agent.alias}</button>
      <button type="button" class="state ${state.tone}" aria-haspopup="dialog"
        title=${`${state.text}. ${connection(agent)}`} onClick=${(event) => store.openPopover("status", event, { agent: agent.id })}>
        <${Icon} name=${state.icon} /><span class="truncate">${state.text}</span>${state.ts > 0 && html`<span class="num">${forHow(now - state.ts)}</span>`}
        <span class="vh">${t("Change the status of {alias}", { alias: agent.alias })}</span>
      </button>
    </div>
    <div class="line"><span class="facts"><${Load} load=${agent.load} capacity=${agent.capacity} />${brief && idle && html`<${Idle} agent=${agent} text=${idle} />`}</span>
      ${brief ? clock : html`<span class="langs" title=${[agent.team, ...(agent.languages ?? []).map(language)].filter(Boolean).join(", ")}>${agent.team && html`<span class="team">${agent.team} · </span>`}${codes(agent.languages)}</span>`}</div>
    ${!brief && html`<div class="line last">
      ${agent.connected === false && (agent.chats ?? agent.load) > 0
        ? html`<span class="warn-words"><${Icon} name="wait" /><span class="truncate">${t("Chats may go back to the queue")}</span></span>`
        : html`<span class="facts truncate">${idle && html`<${Idle} agent=${agent} text=${idle} />`}<span class="quiet-text truncate">${facts.join(" · ")}</span></span>${clock}`}
    </div>`}
  </li>`;
}

function Languages({ wanted }) {
  const rows = languagesOf(store.figures.value.languages, store.wall.value.queue ? wanted : [], store.filter.value.lang);
  const silent = rows.filter((row) => row.reachable === 0);
  const missing = rows.filter((row) => row.waiting > 0 && row.reachable === 0);
  const choose = (lang) => () => {
    const same = store.focus.value?.kind === "language" && store.focus.value.lang === lang;
    store.focus.value = same ? null : { kind: "language", lang };
  };
  return html`<section class="reach" aria-labelledby="reach-title">
    <h3 id="reach-title" class="truncate">${t("Reachable now, by language")}</h3>
    <ul>${rows.map((row) => html`<li key=${row.lang}>
      <button type="button" class=${row.waiting > 0 && row.reachable === 0 ? "missing" : row.reachable === 0 ? "none" : ""}
        title=${t("{language}: {n} waiting", { language: language(row.lang), n: row.waiting })} onClick=${choose(row.lang)}>
        <span>${row.lang.toUpperCase()}</span><b class="num">${row.reachable === null ? "–" : row.reachable}</b>
      </button></li>`)}</ul>
    ${missing.length
      ? html`<p class="missing-words"><${Icon} name="warn" />${t("{languages}: waiting, nobody on duty", { languages: missing.map((row) => language(row.lang)).join(", ") })}</p>`
      : rows.length > 0 && html`<p class="quiet-text">${silent.length === 0 ? t("Every language covered") : t("Nobody on duty speaks {language}", { language: silent.map((row) => language(row.lang)).join(", ") })}</p>`}
  </section>`;
}

export function People({ page }) {
  const agents = store.agents.value;
  const now = store.now.value;
  const shown = onDuty(agents);
  const away = agents.filter((agent) => !shown.includes(agent));
  const help = new Set(Object.values(store.wall.value.chats).filter((chat) => chat.help && chat.agent).map((chat) => chat.agent.id));
  const size = shown.length > 13 ? "many" : shown.length > 9 ? "more" : shown.length < 7 ? "few" : "usual";
  return html`<section class="card people" aria-labelledby="people-title">
    <header class="card-head"><h2 id="people-title">${t("Agents")} <span class="quiet-text">${t("{n} on duty", { n: store.wall.value.known ? shown.length : "–" })}</span></h2>
      <span class="grow"></span><span class="quiet-text by-name">${t("by name, not ranked")}</span>
      <button type="button" class="btn quiet" aria-haspopup="dialog" onClick=${(event) => store.openPopover("share", event, {})}>${t("Fair share")}</button></header>
    <div class="lists">
      <ul class="agents ${size}">
        ${shown.map((agent) => html`<${Agent} key=${agent.id} agent=${agent} now=${now} help=${help.has(agent.id)} brief=${size === "many"} />`)}
        <li class=${shown.length % 2 ? "agent wide" : "agent wide alone"}><${Languages} wanted=${page.languages ?? []} /></li>
      </ul>
      ${away.length > 0 && html`<p class="off-duty quiet-text">${t("Off duty: {names}", { names: away.map((agent) => agent.alias).join(", ") })}</p>`}
    </div>
  </section>`;
}
