// What the server says of how a player can be served, as the screens need it. Pure; days and times are
// those of the browser's own zone.
const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = 7;

// "available", "busy", "unspoken" (nobody on duty speaks the language), "long" (the wait is above what we
// let anybody wait) or "closed"; null while nothing is known.
export function outlook(service) {
  if (!service) return null;
  if (!service.open) return "closed";
  if (service.available) return "available";
  if (!service.spoken) return "unspoken";
  return service.capped ? "long" : "busy";
}

// Whether a chat would be refused, so that only a message can be left.
export function onlyMessages(service) {
  return Boolean(service?.capped);
}

function midnight(ts, days = 0) {
  const date = new Date(ts);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

// "today", "tomorrow" or "later"
export function dayOf(ts, now) {
  if (ts < midnight(now, 1)) return "today";
  return ts < midnight(now, 2) ? "tomorrow" : "later";
}

// What of the spans [[from, to], …] is shown on the day that begins at `from`. One that goes past midnight
// stands whole where it begins, unless it is longer than a day.
function onDay(spans, from, to, first) {
  const shown = [];
  for (const [begins, ends] of spans) {
    const long = ends - begins > DAY_MS;
    if (begins >= from && begins < to) shown.push([begins, long ? Math.min(ends, to) : ends]);
    else if (begins < from && ends > from && (long || first)) shown.push([from, Math.min(ends, to)]);
  }
  return shown;
}

function wall(ts) {
  const date = new Date(ts);
  return date.getHours() * 60 + date.getMinutes();
}

// The next seven days, without what is over, as rows {from, to, today, allDay, spans}: from and to name the first and the last
// day of a row; days that follow each other and are alike share one, today stands alone.
export function week(spans, now) {
  const rows = [];
  for (let number = 0; number < DAYS; number++) {
    const [from, to] = [midnight(now, number), midnight(now, number + 1)];
    const shown = onDay(spans.filter(([, ends]) => ends > now), from, to, number === 0);
    const allDay = shown.length === 1 && shown[0][0] === from && shown[0][1] === to;
    const like = JSON.stringify(allDay || shown.map((span) => span.map(wall)));
    const last = rows.at(-1);
    if (number > 1 && last.like === like) last.to = from;
    else rows.push({ from, to: from, today: number === 0, allDay, spans: shown, like });
  }
  return rows.map(({ like, ...row }) => row);
}
