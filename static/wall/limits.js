// The limits that a supervisor may set, and what is past them now. Pure. Times are server
// milliseconds, limits are seconds or counts as their names say.

import { waited } from "../kit/clock.js";

export const DEFAULTS = Object.freeze({
  wait_soon_s: 60,
  wait_late_s: 120,
  unanswered_soon_s: 60,
  unanswered_late_s: 120,
  first_reply_s: 60,
  abandoned: 3,
  waiting: 10,
});

// What storage held, as far as it makes sense; everything else is the default.
export function sane(stored) {
  const limits = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) {
    const value = stored?.[name];
    if (Number.isInteger(value) && value >= 1 && value <= 86400) limits[name] = value;
  }
  limits.wait_soon_s = Math.min(limits.wait_soon_s, limits.wait_late_s);
  limits.unanswered_soon_s = Math.min(limits.unanswered_soon_s, limits.unanswered_late_s);
  return limits;
}

// calm | soon | late | none; a time in the future (clocks differ) counts as just now.
export function level(ts, now, soon_s, late_s) {
  if (ts === null || ts === undefined) return "none";
  return waited(ts, now, { soon: soon_s, late: late_s }).state;
}

// "0:42", "12:05", "1:02:05"; unknown is "–", never 0.
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  const whole = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

export function since(ts, now) {
  return ts === null || ts === undefined ? "–" : duration(now - ts);
}

// Every limit that is passed now: {id, kind, since (ms or null), …facts}. `figures` from tiles.js.
export function passed(figures, agents, limits, now) {
  const found = [];
  const over = (id, ts, limit_s, more) => {
    if (ts === null || ts === undefined || now - ts < limit_s * 1000) return;
    found.push({ id, kind: id, since: ts + limit_s * 1000, from: ts, limit_s, ...more });
  };
  if (figures.stop_gambling.count > 0) {
    found.push({ id: "stop_gambling", kind: "stop_gambling", since: figures.stop_gambling.oldest_ts, count: figures.stop_gambling.count });
  }
  over("wait", figures.wait.ts, limits.wait_late_s);
  for (const one of figures.languages) {
    if (one.waiting > 0 && one.reachable === 0) {
      found.push({ id: `language:${one.lang}`, kind: "language", since: one.oldest_ts, lang: one.lang, count: one.waiting });
    }
  }
  over("unanswered", figures.unanswered.ts, limits.unanswered_late_s);
  for (const agent of agents) {
    const chats = agent.chats ?? agent.load;
    if (agent.connected === false && chats > 0) {
      found.push({ id: `lost:${agent.id}`, kind: "lost", since: null, agent: agent.id, alias: agent.alias, count: chats });
    }
  }
  if (figures.waiting !== null && figures.waiting > limits.waiting) {
    found.push({ id: "waiting", kind: "waiting", since: null, count: figures.waiting, limit: limits.waiting });
  }
  if (figures.first_reply_ms !== null && figures.first_reply_ms > limits.first_reply_s * 1000) {
    found.push({ id: "first_reply", kind: "first_reply", since: null, ms: figures.first_reply_ms, limit_s: limits.first_reply_s });
  }
  if (figures.abandoned !== null && figures.abandoned > limits.abandoned) {
    found.push({ id: "abandoned", kind: "abandoned", since: null, count: figures.abandoned, limit: limits.abandoned });
  }
  if (figures.places.free === 0 && figures.waiting > 0) {
    found.push({ id: "places", kind: "places", since: null });
  }
  return found;
}

// What the server itself raised: followed like a limit, so that it sounds once and stands in the log.
export function raised(alarms) {
  return (alarms ?? []).map((alarm) => ({ id: `alarm:${alarm.kind}:${alarm.about}`, kind: "alarm", since: alarm.raised_ts, alarm }));
}

export const emptyLog = () => ({ open: {}, past: [] });
const PAST_KEPT = 50;

// Follows what is past its limit: {open: {id: breach with since}, past: [{…, until}] newest first}.
export function track(log, breaches, now) {
  const open = {};
  let changed = false;
  const fresh = [];
  for (const breach of breaches) {
    const before = log.open[breach.id];
    open[breach.id] = { ...breach, since: before?.since ?? breach.since ?? now };
    if (!before) {
      changed = true;
      fresh.push(breach.id);
    }
  }
  const ended = Object.values(log.open).filter((breach) => !open[breach.id]);
  if (ended.length) changed = true;
  const past = ended.length
    ? [...ended.map((breach) => ({ ...breach, until: now })), ...log.past].slice(0, PAST_KEPT)
    : log.past;
  return { log: { open, past }, fresh, changed };
}
