// The conversation: queue card, transcript, composer.
import { html, signal, useEffect, useLayoutEffect, useRef, useSignal } from "../kit/preact.js";
import { formatDate, formatNumber, formatTime, t } from "../kit/i18n.js";
import * as chat from "./chat.js";
import { runs } from "../kit/links.js";
import { Icon } from "./parts.js";
import { rows } from "./rows.js";
import { Service } from "./served.js";
import { outlook } from "./service.js";
import { waitText } from "./service-words.js";
import { isTheirs } from "./state.js";
import { failureText, hiddenText, mayHelp, stateWord, toldText, topicLabel } from "./words.js";

const NEAR_END_PX = 60;
const NEAR_TOP_PX = 80;
const COUNT_FROM = 200;

const loadingOlder = signal(false);

export function QueueCard({ queue }) {
  const place = queue?.position ?? null;
  const wait = queue?.eta_s ?? null;
  return html`<section class="queue" aria-label=${t("Queue")}>
    ${place !== null && html`<dl>
      <div><dt>${t("Your place in the queue")}</dt><dd class="num">${formatNumber(place)}</dd></div>
      ${wait !== null && html`<div><dt>${t("Estimated wait")}</dt><dd class="num">${waitText(wait)}</dd></div>`}
    </dl>`}
    <p class="why">${wait !== null
      ? t("The estimate comes from the waits of the last half hour and can change.")
      : t("We cannot say honestly how long it takes right now. You keep your place, also if you close this window.")}</p>
    <button type="button" class="btn small leave" onClick=${() => chat.askEnd(true)}>${t("Leave the queue")}</button>
    <p class="vh" role="status">${place === null ? "" : t("Your place in the queue: {n}", { n: place })}</p>
  </section>`;
}

function Body({ text }) {
  return runs(text).map((run) =>
    run.href ? html`<a href=${run.href} target="_blank" rel="noopener noreferrer nofollow">${run.href}</a>` : run.text);
}

function Bubble({ row, live }) {
  const failed = row.state === "failed";
  const open = row.entry && row.entry.state !== "sent";
  const kinds = ["bubble", row.own ? "own" : "their", failed ? "failed" : open ? "waiting" : "", row.redacted ? "removed" : ""];
  const [word, icon] = row.state && !failed ? stateWord(row.state, live) : [];
  return html`<div class=${`row ${row.own ? "own" : "their"} ${row.first ? "first" : ""}`} data-state=${row.state ?? undefined} data-seq=${row.seq ?? undefined}>
    <span class="vh">${row.own ? t("You:") : t("{alias}:", { alias: row.alias })} </span>
    <p class=${kinds.filter(Boolean).join(" ")} dir="auto">${row.redacted ? t("This message was removed.") : html`<${Body} text=${row.body} />`}</p>
    ${row.hidden && html`<p class="meta hid" role="note"><${Icon} name="warn" />${hiddenText(row.hidden)}</p>`}
    ${failed ? html`<${Failed} entry=${row.entry} />` : row.last && html`<p class=${`meta ${open ? "soon" : ""}`}>${word} <time datetime=${new Date(row.ts).toISOString()}>${
      formatTime(row.ts)}</time>${icon && html`<${Icon} name=${icon} />`}</p>`}
  </div>`;
}

function Failed({ entry }) {
  const again = !chat.state.value.end && mayHelp(entry.code);
  return html`<p class="meta bad"><${Icon} name="warn" />${failureText(entry.code)}</p>
    <div class="acts">
      ${again && html`<button type="button" class="btn small main" onClick=${() => chat.retry(entry.cmid)}><${Icon} name="retry" />${t("Retry")}</button>`}
      <button type="button" class="btn small" onClick=${() => chat.edit(entry.cmid)}>${t("Edit")}</button>
      <button type="button" class="btn small" onClick=${() => chat.drop(entry.cmid)}>${t("Delete")}</button>
    </div>`;
}

function Row({ row, brand, live }) {
  if (row.type === "day") return html`<p class="told day">${formatDate(row.ts)}</p>`;
  if (row.type === "told") return html`<p class=${`told ${row.event.kind}`}>${toldText(row.event, brand)}</p>`;
  return html`<${Bubble} row=${row} live=${live} />`;
}

export function Log() {
  const { log, conv, brand, typing, link, open, end, topic, begun } = chat.state.value;
  const pending = chat.pending();
  const box = useRef(null);
  const list = useRef(null);
  const stuck = useRef(true);
  const was = useRef({ first: null, height: 0, last: 0 });
  const news = useSignal(0);
  const shown = rows(log ?? EMPTY, pending, conv);
  const first = log?.events[0]?.seq ?? null;
  const last = log?.last ?? 0;

  // Reading older lines is never interrupted: what is loaded above keeps the place, what comes below
  // moves the view only if the end was in view, and a long answer starts at its first line.
  useLayoutEffect(() => {
    const element = box.current;
    const before = was.current;
    if (before.first !== null && first !== null && first < before.first) element.scrollTop += element.scrollHeight - before.height;
    else if (stuck.current) {
      element.scrollTop = element.scrollHeight;
      const end = list.current.lastElementChild;
      const isNew = last > before.last && isTheirs(log.events.at(-1) ?? {});
      if (isNew && before.last && end && end.offsetHeight > element.clientHeight) element.scrollTop = end.offsetTop - 12;
    } else if (last > before.last) {
      news.value += log.events.filter((event) => event.seq > before.last && isTheirs(event)).length;
    }
    was.current = { first, last, height: element.scrollHeight };
    if (stuck.current) chat.atEnd();
  });
  useEffect(() => {
    const element = box.current;
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (open && stuck.current) chat.atEnd();
  }, [open]);

  const toEnd = () => {
    stuck.current = true;
    news.value = 0;
    box.current.scrollTop = box.current.scrollHeight;
    chat.atEnd();
  };
  const scrolled = () => {
    const element = box.current;
    stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (stuck.current) {
      news.value = 0;
      chat.atEnd();
    }
    if (element.scrollTop < NEAR_TOP_PX && log?.more && !loadingOlder.value) {
      const asked = chat.older();
      if (!asked) return;
      loadingOlder.value = true;
      asked.finally(() => { loadingOlder.value = false; });
    }
  };
  const written = shown.some((row) => row.type === "bubble" && row.own);
  return html`<div class="log-frame">
    <div class="log" ref=${box} onScroll=${scrolled} tabindex="0" role="region" aria-label=${t("Messages")}>
      ${log?.more && html`<p class="told">${loadingOlder.value ? t("Loading older messages") : html`<button type="button" class="btn small" onClick=${scrolled}>${t("Older messages")}</button>`}</p>`}
      ${!log && topic && !begun && html`<${Beginning} topic=${topic} brand=${brand} />`}
      <div ref=${list} role="log" aria-live=${loadingOlder.value ? "off" : "polite"} aria-relevant="additions" aria-label=${t("Chat")}>
        ${shown.map((row) => html`<${Row} key=${row.key} row=${row} brand=${brand} live=${link.state === "live"} />`)}
      </div>
      ${log && !end && conv?.state !== "active" && html`<p class="told hint">${written
        ? t("Write more if you like. Whoever answers sees everything, so you need not repeat anything.")
        : t("You can write already now. Whoever answers sees it at once.")}</p>`}
      ${typing && html`<p class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("{alias} is typing", { alias: typing.alias })}</p>`}
    </div>
    ${news.value > 0 && html`<button type="button" class="pill" onClick=${toEnd}><${Icon} name="down" />${t("New messages")}<span class="num">${formatNumber(news.value)}</span></button>`}
  </div>`;
}

const EMPTY = { events: [], notes: [], last: 0 };

function Beginning({ topic, brand }) {
  const label = topicLabel(topic, brand);
  const waits = topic !== "stop_gambling" && !["available", null].includes(outlook(brand?.service));
  return html`<div class="beginning">
    <h1>${label || t("New chat")}</h1>
    <p>${t("Write what it is about. You join the queue when you send it.")}</p>
    ${waits && html`<${Service} service=${brand.service}>
      <button type="button" class="btn small leave-message" onClick=${() => chat.wantToLeave(topic)}>${t("Leave a message")}</button>
    <//>`}
    <p class="care">${t("Never send card numbers or passwords here.")}</p>
  </div>`;
}

export function Composer() {
  const field = useRef(null);
  const { bodyChars, brand, log } = chat.state.value;
  const text = chat.draft.value;
  const wanted = chat.focusWanted.value;
  const length = [...text].length;
  const ready = text.trim() !== "" && length <= bodyChars;

  useLayoutEffect(() => {
    const element = field.current;
    if (globalThis.CSS?.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [text]);
  useLayoutEffect(() => {
    if (wanted && chat.state.value.open) field.current.focus();
  }, [wanted]);

  const submit = (event) => {
    event.preventDefault();
    if (!ready) return;
    chat.send(text);
    field.current.focus();
  };
  const key = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return html`<form class="composer" onSubmit=${submit}>
    ${brand?.previews && log && html`<p class="note">${t("Support sees what you type before you send it.")}</p>`}
    <div class="line">
      <textarea id="message" ref=${field} rows="1" value=${text} aria-label=${t("Write a message")} placeholder=${t("Write a message")}
        enterkeyhint="send" autocomplete="off" onInput=${(event) => chat.type(event.currentTarget.value)} onKeyDown=${key}></textarea>
      <button type="submit" class="send" aria-label=${t("Send the message")} title=${t("Send the message")} disabled=${!ready}><${Icon} name="up" /></button>
    </div>
    ${length > bodyChars - COUNT_FROM && html`<p class=${`note num ${length > bodyChars ? "bad" : ""}`} role="status">${
      t("{n} of {max} characters", { n: formatNumber(length), max: formatNumber(bodyChars) })}</p>`}
  </form>`;
}
