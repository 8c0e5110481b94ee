// The last hour of one figure as a line. Pure. The wall itself takes the samples, so a line is only
// as long as this page has been open, and says so.

export const STEP_MS = 30_000;
export const SPAN_MS = 60 * 60_000;

// samples: [[slot, value|null]]; a slot is STEP_MS wide, the highest value of a slot is kept.
export function sample(samples, now, value) {
  const slot = Math.floor(now / STEP_MS);
  const last = samples[samples.length - 1];
  if (last && last[0] === slot) {
    const higher = last[1] === null ? value : value === null ? last[1] : Math.max(last[1], value);
    return higher === last[1] ? samples : [...samples.slice(0, -1), [slot, higher]];
  }
  const oldest = slot - SPAN_MS / STEP_MS;
  return [...samples.filter(([at]) => at > oldest), [slot, value]];
}

// {paths: ["M…L…"], limit: y|null, minutes}; unknown stretches leave a hole in the line.
export function line(samples, now, limit, width, height) {
  const end = Math.floor(now / STEP_MS);
  const slots = SPAN_MS / STEP_MS;
  const values = samples.map(([, value]) => value).filter((value) => value !== null);
  const top = Math.max(1, ...values, limit === null ? 0 : limit * 1.25);
  const x = (slot) => Math.round(((slot - end + slots) / slots) * width * 10) / 10;
  const y = (value) => Math.round((height - 1 - (value / top) * (height - 2)) * 10) / 10;
  const paths = [];
  let open = null;
  let before = null;
  for (const [slot, value] of samples) {
    if (value === null || slot < end - slots) {
      open = null;
      continue;
    }
    if (open === null || slot - before > 4) {
      open = paths.push(`M${x(slot)} ${y(value)}`) - 1;
    } else {
      paths[open] += `L${x(slot)} ${y(value)}`;
    }
    before = slot;
  }
  const first = samples.find(([, value]) => value !== null);
  return {
    paths,
    limit: limit === null ? null : y(limit),
    minutes: first ? Math.min(60, Math.round(((end - first[0]) * STEP_MS) / 60_000)) : 0,
  };
}
