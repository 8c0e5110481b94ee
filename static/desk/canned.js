// Canned responses: fetched per conversation (the language and the values are the conversation's),
// shown as a list between transcript and composer.
import { html, signal, useEffect, useRef } from "../kit/preact.js";
import { languageName, t, tn } from "../kit/i18n.js";
import { pieces, rank } from "./slash.js";
import { Icon } from "./ui.js";

const FRESH_MS = 60 * 1000;
const NONE = Object.freeze({});
const SHOWN = 7;

export class Canned {
  constructor(url, fetchJson) {
    this.url = url;
    this.fetchJson = fetchJson;
    this.byConv = signal({});
  }

  entry(conv) {
    return this.byConv.value[conv] ?? null;
  }

  values(conv) {
    return this.entry(conv)?.values ?? NONE;
  }

  async load(conv) {
    const known = this.byConv.peek()[conv];
    if (known?.loading || (known && !known.failed && Date.now() - known.at < FRESH_MS)) return;
    this.keep(conv, { responses: [], values: {}, ...known, loading: true, failed: false, at: Date.now() });
    try {
      const found = await this.fetchJson(`${this.url}?conv=${encodeURIComponent(conv)}`);
      this.keep(conv, { responses: found.responses ?? [], values: found.values ?? {}, at: Date.now() });
    } catch {
      this.keep(conv, { responses: known?.responses ?? [], values: known?.values ?? {}, failed: true, at: Date.now() });
    }
  }

  keep(conv, entry) {
    this.byConv.value = { ...this.byConv.peek(), [conv]: entry };
  }
}

export function matches(desk, conv, query) {
  const entry = desk.canned.entry(conv);
  return entry ? rank(entry.responses, query).slice(0, 50) : [];
}

export function CannedList({ desk, conv, chat, query, index, id, onPick, onIndex }) {
  const active = useRef(null);
  useEffect(() => { desk.canned.load(conv); }, [conv]);
  const entry = desk.canned.entry(conv);
  const found = matches(desk, conv, query);
  const at = Math.min(index, Math.max(0, found.length - 1));
  useEffect(() => active.current?.scrollIntoView({ block: "nearest" }), [at, found.length]);
  const chosen = found[at]?.response;
  return html`<div class="popover canned">
    <div class="canned-head"><span>${t("Responses in {language}", { language: languageName(chat.lang) })}</span><span class="push num">${entry ? t("{n} of {total}", { n: found.length, total: entry.responses.length }) : ""}</span></div>
    <ul id=${`${id}-list`} role="listbox" aria-label=${t("Responses")} class=${found.length > SHOWN ? "long" : ""}>${found.map(({ response, shortcutMarks }, i) => html`<li key=${response.id} id=${`${id}-${i}`} ref=${i === at ? active : undefined} role="option" aria-selected=${i === at}
      onPointerMove=${() => i !== at && onIndex(i)} onPointerDown=${(event) => { event.preventDefault(); onPick(response); }}>
      <span class="shortcut">/${marked(response.shortcut, shortcutMarks)}</span><span class="grow">${response.title}</span>${response.lang !== chat.lang && html`<span class="badge warn">${languageName(response.lang)}</span>`}${i === at && html`<span class="key"><${Icon} name="enter" /></span>`}</li>`)}</ul>
    ${found.length === 0 && html`<p class="canned-empty">${entry?.loading ? t("Loading the responses") : entry?.failed ? t("The responses could not be loaded. Close the list and open it again.") : t("No response fits “{query}”.", { query })}</p>`}
    ${chosen && html`<${Preview} response=${chosen} values=${entry.values} />`}
    <div class="canned-foot"><span class="key"><${Icon} name="up" /></span><span class="key"><${Icon} name="down" /></span><span>${t("choose")}</span><span class="key"><${Icon} name="enter" /></span><span>${t("insert at the caret")}</span><span class="push key">Esc</span><span>${t("close")}</span></div>
  </div>`;
}

function Preview({ response, values }) {
  const parts = pieces(response.body, values);
  const missing = [...new Set(parts.filter((part) => part.name && part.value === null).map((part) => part.name))];
  return html`<div class="canned-preview"><p class="meta">${t("Preview, filled with this player’s values")}</p>
    <p class="preview-text" dir="auto">${parts.map((part, i) => (part.name === undefined ? part.text
      : part.value === null ? html`<mark key=${i} class="missing">${part.name}</mark>` : html`<mark key=${i} class="filled">${part.value}</mark>`))}</p>
    ${missing.length > 0 && html`<p class="field-error"><${Icon} name="warn" /><span>${tn("{n} value missing: {names}. It must be filled in before sending.", "{n} values missing: {names}. They must be filled in before sending.", missing.length, { names: missing.join(", ") })}</span></p>`}</div>`;
}

export function marked(text, marks) {
  if (!marks.length) return text;
  const set = new Set(marks);
  const parts = [];
  let i = 0;
  while (i < text.length) {
    const on = set.has(i);
    let end = i;
    while (end < text.length && set.has(end) === on) end += 1;
    const run = text.slice(i, end);
    parts.push(on ? html`<mark key=${i}>${run}</mark>` : run);
    i = end;
  }
  return parts;
}
