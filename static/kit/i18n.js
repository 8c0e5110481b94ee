// Words, plurals, dates and language names in the page's language. The source language is English, so a
// missing translation shows the English sentence and never a key.
const PLURAL_ORDER = ["zero", "one", "two", "few", "many", "other"];
const INTEGERS_TO_TRY = 200;

let texts = {};
let lang = "en";
let region = "en-GB";
let plural = new Intl.PluralRules("en");
let forms = ["one", "other"];
let formats = {};

// A catalogue lists the forms that whole numbers need, in CLDR order, as gettext does: for Russian
// one, few, many ("other" is only for fractions there).
function formsOf(rules) {
  const used = new Set();
  for (let n = 0; n < INTEGERS_TO_TRY; n++) used.add(rules.select(n));
  return PLURAL_ORDER.filter((name) => used.has(name));
}

export function load(catalogue, code) {
  texts = catalogue || {};
  lang = code || "en";
  try {
    plural = new Intl.PluralRules(lang);
  } catch {
    lang = "en";
    plural = new Intl.PluralRules(lang);
  }
  region = regionOf(lang);
  forms = formsOf(plural);
  formats = {};
}

// Dates and numbers as the reader's own country writes them, where the browser says which that is.
function regionOf(code) {
  const own = (globalThis.navigator?.languages ?? []).find((tag) => tag.startsWith(`${code}-`));
  return own ?? (code === "en" ? "en-GB" : code);
}

export function language() {
  return lang;
}

function fill(sentence, values) {
  if (!values) return sentence;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function t(source, values) {
  const found = texts[source];
  return fill(typeof found === "string" && found ? found : source, values);
}

// one, many: the English forms; n chooses the form and is also {n} in the sentence.
export function tn(one, many, n, values) {
  const all = { n: formatNumber(n), ...values };
  const found = texts[one];
  if (typeof found === "string" && found) return fill(found, all);
  if (Array.isArray(found) && found.length) {
    const index = forms.indexOf(plural.select(n));
    return fill(found[index < 0 ? found.length - 1 : Math.min(index, found.length - 1)] || (n === 1 ? one : many), all);
  }
  return fill(n === 1 ? one : many, all);
}

function format(kind, options) {
  formats[kind] ??= new Intl.DateTimeFormat(region, options);
  return formats[kind];
}

export function formatNumber(n) {
  return typeof n === "number" ? n.toLocaleString(region) : String(n);
}

// ts: milliseconds since 1970 UTC; shown in the reader's own time zone.
export function formatTime(ts) {
  return format("time", { hour: "2-digit", minute: "2-digit" }).format(ts);
}

export function formatDate(ts) {
  const sameYear = new Date(ts).getFullYear() === new Date().getFullYear();
  return sameYear
    ? format("day", { weekday: "long", day: "numeric", month: "long" }).format(ts)
    : format("date", { day: "numeric", month: "long", year: "numeric" }).format(ts);
}

// style: "long" or "short"
export function formatWeekday(ts, style = "long") {
  return format(`weekday ${style}`, { weekday: style }).format(ts);
}

// Day and time, for what lies within the next days.
export function formatDayTime(ts) {
  return format("moment", { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" }).format(ts);
}

export function languageName(code) {
  try {
    formats.names ??= new Intl.DisplayNames(lang, { type: "language" });
    return formats.names.of(code) ?? code;
  } catch {
    return code;
  }
}

// For the beginning of a line: most languages write their names small.
export function capital(text) {
  const [first = "", ...rest] = text;
  return first.toLocaleUpperCase(lang) + rest.join("");
}
