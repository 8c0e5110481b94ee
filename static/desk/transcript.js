// The transcript of one pane. Reading older lines is never interrupted; text is text nodes only.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../kit/preact.js";
import { formatTime, t, tn } from "../kit/i18n.js";
import { reached } from "./log.js";
import { runs } from "../kit/links.js";
import { rows } from "./lines.js";
import { Icon, minutes, now } from "./ui.js";
import { refusal, topicName } from "./words.js";

const SHOWN = 200;
const STEP = 100;
const READING_MS = 800;
const NONE = Object.freeze([]);
// Refused for the text itself: only another one may be accepted.
const REWORDED = new Set(["too_big", "bad_field", "bad_frame", "blocked", "cmid_reused"]);

export function Transcript({ desk, conv, chat, focused }) {
  const state = desk.state.value;
  const log = state.logs[conv];
  const pending = desk.unsent.value ? desk.delivery.pending(conv) : NONE;
  const all = useMemo(() => (log ? rows(log, pending) : []), [log, pending]);
  const [cap, setCap] = useState(SHOWN);
  const box = useRef(null);
  const place = useRef({ bottom: true, height: 0, first: null, seen: 0 });
  const [below, setBelow] = useState(0);
  const list = all.slice(-cap);
  const newest = log?.last ?? 0;
  const typing = (state.typing[conv]?.until ?? 0) > now.value ? state.typing[conv] : null;
  const loading = desk.loadingHistory(conv);

  useLayoutEffect(() => {
    const el = box.current;
    const at = place.current;
    const first = list[0]?.key ?? null;
    if (at.bottom) el.scrollTop = el.scrollHeight;
    else if (at.first !== null && first !== at.first) el.scrollTop += el.scrollHeight - at.height;
    at.height = el.scrollHeight;
    at.first = first;
    if (at.bottom) at.seen = newest;
    setBelow(at.bottom ? 0 : (log?.events ?? []).filter((e) => e.seq > at.seen && e.kind === "message" && e.from?.role === "player").length);
  });
  // The composer grows and the list of responses opens: the newest line stays in view.
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (box.current && place.current.bottom) box.current.scrollTop = box.current.scrollHeight; });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  // Read means: in the focused pane, at the newest line, in a visible page, for a moment.
  useEffect(() => {
    if (!focused || !newest || document.hidden || below) return undefined;
    const timer = setTimeout(() => { if (place.current.bottom && !document.hidden && inSight(box.current)) desk.seen(conv, newest); }, READING_MS);
    return () => clearTimeout(timer);
  }, [focused, newest, below, desk.visible.value, desk.column.value]);

  const onScroll = () => {
    const el = box.current;
    const at = place.current;
    at.bottom = el.scrollHeight - el.scrollTop - el.clientHeight < 32;
    at.height = el.scrollHeight;
    if (at.bottom && below) { at.seen = newest; setBelow(0); }
    if (el.scrollTop < 80 && !loading) {
      if (all.length > cap) setCap(cap + STEP);
      else if (log?.more) desk.older(conv);
    }
  };
  const down = () => { place.current.bottom = true; box.current.scrollTop = box.current.scrollHeight; setBelow(0); };

  const { name } = chat.player;
  return html`<div class="transcript-box">
    <div ref=${box} class="transcript" role="log" tabindex="0" aria-label=${t("Messages with {name}", { name })} aria-live=${focused && !loading ? "polite" : "off"} aria-busy=${loading} onScroll=${onScroll}>
      ${loading && html`<p class="event-line">${t("Loading earlier messages")}</p>`}
      ${!loading && log?.more && html`<p class="event-line"><button type="button" class="btn quiet sm" onClick=${() => desk.older(conv)}>${t("Earlier messages")}</button></p>`}
      <div class="transcript-rows">${list.map((row) => html`<${Row} key=${row.key} row=${row} chat=${chat} desk=${desk} conv=${conv} mark=${row.lastOwn ? reached(row.seq, chat) : null} />`)}</div>
      ${typing && html`<p class="typing"><span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("{name} is typing", { name })}${typing.text && html`: <span class="preview" dir="auto">${typing.text}</span>`}</p>`}
    </div>
    ${below > 0 && html`<button type="button" class="pill new-pill" onClick=${down}><${Icon} name="down" />${tn("{n} new message from {name}", "{n} new messages from {name}", below, { name })}</button>`}
  </div>`;
}

// In a narrow window another column may lie over the pane.
function inSight(element) {
  return element?.checkVisibility?.({ visibilityProperty: true, checkVisibilityCSS: true }) ?? Boolean(element);
}

function Row({ row, chat, desk, conv, mark }) {
  if (row.kind === "event") return html`<p class="event-line">${sentence(row)}</p>`;
  if (row.kind === "note") return html`<${Note} row=${row} chat=${chat} />`;
  if (row.kind === "pending") return row.note ? html`<${PendingNote} ...${{ row, desk, conv }} />` : html`<${Pending} ...${{ row, desk, conv }} />`;
  const out = row.kind === "out";
  const other = out && row.role !== "agent";
  return html`<div class=${`line ${row.kind} ${row.tail ? "tail" : ""}`}>
    <div class=${`bubble ${row.kind} ${row.removed ? "removed" : ""}`} dir="auto"><${Body} text=${row.removed ? t("Message removed") : row.body} /></div>
    ${row.tail && html`<div class=${`bubble-meta ${row.kind}`}>${other && html`<span>${row.role === "bot" ? t("Bot") : t("System")}</span>`}${out && row.alias && row.alias !== desk.state.value.me?.alias && html`<span>${row.alias}</span>`}<time>${formatTime(row.ts)}</time>${mark && html`<${Mark} mark=${mark} />`}</div>`}
  </div>`;
}

function Body({ text }) {
  return runs(text).map((run, i) => (run.href
    ? html`<a key=${i} href=${run.href} target="_blank" rel="noopener noreferrer nofollow">${run.href}</a>` : run.text));
}

function Mark({ mark }) {
  if (mark === "seen") return html`<${Icon} name="checks" /><span>${t("Seen")}</span>`;
  if (mark === "delivered") return html`<${Icon} name="checks" /><span>${t("Delivered")}</span>`;
  return html`<${Icon} name="check" /><span>${t("Sent")}</span>`;
}

function Pending({ row, desk, conv }) {
  const alias = desk.state.value.alias[conv];
  if (row.state !== "failed") {
    const live = desk.state.value.link.state === "live";
    const word = row.state === "sent" ? html`<${Icon} name="check" /><span>${t("Sent")}</span>`
      : live ? html`<${Icon} name="clock" /><span>${t("Sending")}</span>`
      : html`<${Icon} name="clock" /><span>${t("Waiting for the connection")}</span>`;
    return html`<div class=${`line out ${row.tail ? "tail" : ""}`}><div class=${`bubble out ${row.state === "sent" ? "" : "waiting"}`} dir="auto"><${Body} text=${row.body} /></div>
      ${row.tail && html`<div class=${`bubble-meta out ${row.state === "sent" ? "" : "soon"}`}>${word}</div>`}</div>`;
  }
  return html`<div class="line out tail"><div class="bubble out failed" dir="auto"><${Body} text=${row.body} /></div>
    <${Failed} ...${{ row, desk, conv, alias }} /></div>`;
}

function Failed({ row, desk, conv, alias }) {
  return html`<div class="bubble-meta out failed" role="alert"><${Icon} name="warn" /><span><b>${t("Not sent.")}</b> ${refusal(row.code, alias)}</span></div>
    <div class="bubble-actions">
      ${!desk.state.value.chats[conv] ? html`<button type="button" class="btn sm" onClick=${() => desk.copy(row.body)}><${Icon} name="copy" />${t("Copy")}</button>`
        : html`${!REWORDED.has(row.code) && html`<button type="button" class="btn sm" onClick=${() => desk.retryUnsent(conv, row.cmid)}><${Icon} name="retry" />${t("Retry")}</button>`}
          <button type="button" class="btn sm" onClick=${() => desk.editUnsent(conv, row)}><${Icon} name="edit" />${t("Edit")}</button>`}
      <button type="button" class="btn sm" onClick=${() => desk.delivery.remove(row.cmid)}><${Icon} name="trash" />${t("Delete")}</button></div>`;
}

function PendingNote({ row, desk, conv }) {
  return html`<div class="line wide"><div class="note"><div class="note-head"><${Icon} name="lock" /><b>${t("Internal note")}</b><span class="soon">${row.state === "failed" ? "" : t("Saving")}</span></div><div dir="auto">${row.body}</div></div>
    ${row.state === "failed" && html`<${Failed} ...${{ row, desk, conv, alias: null }} />`}</div>`;
}

function Note({ row, chat }) {
  const name = chat.player.name;
  if (row.flag === "first_reply") return html`<p class="event-line staff-line"><${Icon} name="half" />${t("First reply was due, {time}", { time: formatTime(row.ts) })}</p>`;
  if (row.flag === "identified") return html`<p class="event-line staff-line"><${Icon} name="person" />${t("The player signed in, {time}", { time: formatTime(row.ts) })}</p>`;
  if (row.flag === "help") {
    return html`<p class="event-line staff-line"><${Icon} name="lifebuoy" />${row.on ? t("{alias} asked a supervisor for help, {time}", { alias: row.alias ?? "–", time: formatTime(row.ts) }) : t("The call for help was taken back, {time}", { time: formatTime(row.ts) })}</p>`;
  }
  if (row.flag && !row.body) return null;
  const word = row.flag === "handover" ? t("Hand-over") : row.note === "whisper" ? t("Whisper") : t("Internal note");
  return html`<div class="line wide"><div class=${`note ${row.note}`}><div class="note-head"><${Icon} name="lock" /><b>${word}</b><span>${row.alias ? `${row.alias}, ` : ""}${formatTime(row.ts)}</span>${row.note === "whisper" && html`<span class="push">${t("{name} never sees this", { name })}</span>`}</div><div dir="auto"><${Body} text=${row.body} /></div></div></div>`;
}

function sentence({ event, ts }) {
  const alias = event.from?.alias ?? event.data?.to_alias ?? "–";
  const time = formatTime(ts);
  switch (event.kind) {
    case "opened": return event.data?.topic ? t("Chat opened: {topic}, {time}", { topic: topicName(event.data.topic), time }) : t("Chat opened, {time}", { time });
    case "queued": return t("Back in the queue, {time}", { time });
    case "joined": return event.data?.waited_ms != null
      ? t("Waited {wait} in the queue. Now with {alias}, {time}", { wait: minutes(event.data.waited_ms), alias, time })
      : t("Now with {alias}, {time}", { alias, time });
    case "left": return t("No longer with {alias}, {time}", { alias, time });
    case "transferred": return t("Transferred to {to}, {time}", { to: event.data?.to_alias ?? event.data?.to_skill ?? "–", time });
    case "closed": return event.data?.by === "player" ? t("Closed by the player, {time}", { time }) : t("Chat closed, {time}", { time });
    case "reopened": return t("Chat opened again, {time}", { time });
    default: return time;
  }
}
