// Canned responses without the DOM: where a list opens, what it holds, what it inserts.

const VARIABLE = /\{\{\s*([\p{L}\p{N}_.]+)\s*\}\}/gu;
const COMMON = new Set(["own", "brand", "everyone"]);

// A slash opens the list only at the start of a word: "and/or" and "https://" never do.
export function slashAt(text, caret) {
  const before = text.slice(0, caret);
  const found = /(?:^|\s)\/([^\s/]*)$/u.exec(before);
  if (!found) return null;
  return { start: caret - found[1].length - 1, end: caret, query: found[1] };
}

// Subsequence match that prefers the beginning, word starts and neighbours. null when no match;
// otherwise {score, marks}: the indexes in `text` that matched.
export function fuzzy(query, text) {
  const needle = fold(query);
  const hay = fold(text);
  if (!needle) return { score: 0, marks: [] };
  const whole = hay.indexOf(needle);
  if (whole >= 0) {
    const start = whole === 0 ? 60 : isWordStart(hay, whole) ? 40 : 20;
    return { score: 100 + start - Math.min(whole, 20), marks: span(whole, needle.length) };
  }
  const marks = [];
  let score = 0;
  let from = 0;
  for (const letter of needle) {
    if (letter === " ") continue;
    const at = hay.indexOf(letter, from);
    if (at < 0) return null;
    score += at === from && marks.length ? 6 : isWordStart(hay, at) ? 5 : 1;
    marks.push(at);
    from = at + letter.length;
  }
  const spread = marks[marks.length - 1] - marks[0];
  return { score: score - spread / 4, marks };
}

// Shortcut before title before text. Letters with others between them count in the shortcut only:
// in a sentence almost any two letters follow each other somewhere.
export function rank(responses, query) {
  const found = [];
  for (const response of responses) {
    const shortcut = fuzzy(query, response.shortcut);
    const title = phrase(query, response.title);
    const inBody = query.length > 1 && fold(response.body).includes(fold(query));
    const score = Math.max(
      shortcut ? shortcut.score + 60 : -Infinity,
      title ? title.score + 30 : -Infinity,
      inBody ? 40 : -Infinity,
    );
    if (score === -Infinity) continue;
    found.push({ response, score, shortcutMarks: shortcut?.marks ?? [], titleMarks: title?.marks ?? [] });
  }
  const scope = (entry) => [...COMMON].indexOf(entry.response.scope);
  return found.sort((a, b) =>
    b.score - a.score || scope(a) - scope(b) || a.response.shortcut.localeCompare(b.response.shortcut));
}

function phrase(query, text) {
  return fold(text).includes(fold(query)) ? fuzzy(query, text) : null;
}

// Runs of text and variables: [{text}] and [{name, value|null}].
export function pieces(body, values) {
  const parts = [];
  let from = 0;
  for (const match of body.matchAll(VARIABLE)) {
    if (match.index > from) parts.push({ text: body.slice(from, match.index) });
    const value = Object.hasOwn(values, match[1]) ? values[match[1]] : null;
    parts.push({ name: match[1], value: value === "" || value == null ? null : String(value) });
    from = match.index + match[0].length;
  }
  if (from < body.length) parts.push({ text: body.slice(from) });
  return parts;
}

export function fill(body, values) {
  return pieces(body, values)
    .map((part) => part.text ?? part.value ?? `{{${part.name}}}`)
    .join("");
}

// Names of the variables that nobody filled in, each once.
export function unfilled(text) {
  return [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1]))];
}

// [start, end) of the first variable that nobody filled in; null when there is none.
export function firstHole(text) {
  const found = text.matchAll(VARIABLE).next().value;
  return found ? [found.index, found.index + found[0].length] : null;
}

// Puts `insert` where [start, end) was and leaves every other character of the draft alone.
export function insertAt(text, start, end, insert) {
  const after = text.slice(end);
  const joined = text.slice(0, start) + insert + after;
  return { text: joined, caret: start + insert.length };
}

function fold(text) {
  return text.toLocaleLowerCase();
}

function isWordStart(text, at) {
  return at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1]);
}

function span(start, length) {
  return Array.from({ length }, (_, i) => start + i);
}
