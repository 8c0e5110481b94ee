// The figures of the wall, drawn from the server's state. Pure. null means unknown, never 0.

export const ALL = Object.freeze({ brand: "", lang: "" });

export function matches(chat, filter) {
  return (!filter.brand || chat.brand === filter.brand) && (!filter.lang || chat.lang === filter.lang);
}

function oldest(chats, field) {
  let best = null;
  for (const chat of chats) {
    const ts = chat[field];
    if (ts !== null && ts !== undefined && (best === null || ts < best[field])) best = chat;
  }
  return best;
}

// offered | nobody_on_duty | nobody_free : why a queued chat still waits.
export function waitsFor(chat) {
  if (chat.offered) return "offered";
  return (chat.why ?? []).includes("nobody_on_duty") ? "nobody_on_duty" : "nobody_free";
}

function group(chats) {
  const first = oldest(chats, "waiting_since_ts");
  return { count: chats.length, oldest_ts: first?.waiting_since_ts ?? null };
}

export function figures(state, filter) {
  const chats = Object.values(state.chats).filter((chat) => matches(chat, filter));
  const queued = chats.filter((chat) => chat.state === "queued");
  const filtered = Boolean(filter.brand || filter.lang);
  const queue = state.queue;
  const kpi = state.kpi;
  const parts = { offered: [], nobody_free: [], nobody_on_duty: [] };
  for (const chat of queued) parts[waitsFor(chat)].push(chat);
  const longest = oldest(queued, "waiting_since_ts");
  const silent = oldest(chats.filter((chat) => chat.agent), "unanswered_since_ts");
  const count = (name) => (filtered || !queue ? (state.known ? parts[name].length : null) : queue[name] ?? null);
  const own = filtered || !queue;
  const places = kpi?.places ?? null;
  const taken = kpi?.places_taken ?? null;
  return {
    filtered,
    wait: { ts: own ? longest?.waiting_since_ts ?? null : queue.oldest_ts ?? null, chat: longest },
    waiting: own ? (state.known ? queued.length : null) : queue.waiting ?? null,
    parts: {
      offered: { ...group(parts.offered), count: count("offered") },
      nobody_free: { ...group(parts.nobody_free), count: count("nobody_free") },
      nobody_on_duty: {
        ...group(parts.nobody_on_duty),
        count: count("nobody_on_duty"),
        langs: [...new Set(parts.nobody_on_duty.map((chat) => chat.lang))].sort(),
      },
    },
    unanswered: { ts: silent?.unanswered_since_ts ?? null, chat: silent },
    open: chats.length,
    first_reply_ms: kpi?.first_reply_median_ms ?? null,
    within_60_pct: kpi?.first_reply_within_60_pct ?? null,
    abandoned: kpi?.abandoned_30min ?? null,
    sessions_today: kpi?.sessions_today ?? null,
    places: { taken, all: places, free: taken === null || places === null ? null : Math.max(0, places - taken) },
    stop_gambling: group(queued.filter((chat) => chat.topic === "stop_gambling")),
    languages: languages(state, filter),
  };
}

function languages(state, filter) {
  const by = state.queue?.by_lang ?? {};
  return Object.keys(by)
    .filter((lang) => !filter.lang || filter.lang === lang)
    .sort()
    .map((lang) => ({
      lang,
      waiting: by[lang].waiting ?? 0,
      oldest_ts: by[lang].oldest_ts ?? null,
      reachable: by[lang].reachable ?? null,
    }));
}

// The house's languages first, then whatever else is spoken; a language that the server does not
// name has nobody waiting and nobody on duty.
export function languagesOf(rows, wanted, only) {
  const by = new Map(rows.map((row) => [row.lang, row]));
  const house = wanted.filter((lang) => !only || lang === only);
  const missing = (lang) => ({ lang, waiting: 0, oldest_ts: null, reachable: 0 });
  return [...house.map((lang) => by.get(lang) ?? missing(lang)), ...rows.filter((row) => !wanted.includes(row.lang))];
}

export function agentsByName(state, filter, locale) {
  return Object.values(state.agents)
    .filter((agent) => !filter.lang || (agent.languages ?? []).includes(filter.lang))
    .sort((a, b) => a.alias.localeCompare(b.alias, locale) || String(a.id).localeCompare(String(b.id)));
}

// On duty: not offline by their own word, or still holding chats.
export function onDuty(agents) {
  return agents.filter((agent) => agent.status !== "offline" || (agent.chats ?? agent.load) > 0);
}
