// Splits a text into plain runs and https links. Nothing else ever becomes a link.
const LINK = /https:\/\/[^\s<>"'`{}|\\^]+/giu;
const TAIL = /[.,;:!?)\]…»”’]+$/u;

// [{text}] and [{href}] in order; joined again they are the text itself.
export function runs(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const href = match[0].replace(TAIL, "");
    if (!safe(href)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ href });
    from = match.index + href.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

// A name before @ in a link is a way to pretend to be another site.
function safe(href) {
  try {
    const url = new URL(href);
    return url.protocol === "https:" && url.hostname.includes(".") && !url.username && !url.password;
  } catch {
    return false;
  }
}
