// How the work was shared out, as bars and words. Pure: the server's answer in.

import { t } from "../kit/i18n.js";

// A Gini coefficient in words; the number stands beside it.
export function giniText(gini) {
  if (gini === null || gini === undefined) return t("There was nothing to share out.");
  if (gini < 0.1) return t("Shared out evenly.");
  if (gini < 0.25) return t("Shared out fairly evenly.");
  if (gini < 0.4) return t("Shared out unevenly.");
  return t("Shared out very unevenly.");
}

// Rows with the width of their bars: the longest is 100. By name, never ranked.
export function bars(answer, locale) {
  const most = Math.max(0, ...answer.agents.map((one) => one.place_min));
  return [...answer.agents]
    .sort((a, b) => a.alias.localeCompare(b.alias, locale) || String(a.id).localeCompare(String(b.id)))
    .map((one) => ({ ...one, width: most > 0 ? Math.round((100 * one.place_min) / most) : 0, back: returned(one) }));
}

// How many chats went back to the queue or to a colleague without being closed.
function returned(one) {
  return Object.values(one.returned ?? {}).reduce((sum, n) => sum + n, 0);
}
