// Up to four watched transcripts side by side: read only, with a whisper that only staff can see.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../kit/preact.js";
import { t } from "../kit/i18n.js";
import * as acts from "./acts.js";
import { duration } from "./limits.js";
import { clockOf, reasons } from "./need.js";
import { Clock, Icon } from "./parts.js";
import { WATCH_LIMIT } from "./state.js";
import * as store from "./store.js";
import { REASON_ICON, clockTime, openFor, playerLabel, reasonText, refusal, topicName } from "./words.js";
import { lines, typingNow } from "./watched.js";

// `waited`: whoever joins comes to a player in the queue, not to one whom a colleague handed over.
function eventText(event, waited) {
  const alias = event.from?.alias ?? event.data?.alias ?? t("An agent");
  switch (event.kind) {
    case "opened": return t("Chat opened");
    case "queued": return event.data?.reason === "returned" ? t("Back in the queue") : t("In the queue");
    case "joined":
      return !waited || event.data?.waited_ms === null || event.data?.waited_ms === undefined
        ? t("{alias} joined", { alias })
        : t("Waited {time}. {alias} joined", { time: duration(event.data.waited_ms), alias });
    case "left": return t("{alias} left", { alias });
    case "transferred":
      return event.data?.to_alias ? t("Transferred to {alias}", { alias: event.data.to_alias }) : t("Transferred");
    case "closed":
      switch (event.data?.by) {
        case "player": return t("The player ended the chat");
        case "agent": return t("The agent ended the chat");
        case "supervisor": return t("A supervisor ended the chat");
        default: return t("The chat has ended");
      }
    case "reopened": return t("Chat opened again");
    case "survey": return t("The survey was offered");
    default: return null;
  }
}

function Message({ event, shown }) {
  const out = event.from?.role !== "player";
  const side = out ? "out" : "in";
  return html`<li class="said ${side}">
    <p class="bubble ${side} ${event.removed || !shown ? "removed" : ""}" dir="auto">${event.removed ? t("Removed") : shown ? event.body : t("Text hidden")}</p>
    <p class="bubble-meta ${side}">${out && event.from?.alias ? `${event.from.alias}, ` : ""}<time>${clockTime(event.ts)}</time></p>
  </li>`;
}

function noteWord(note) {
  if (note.kind === "whisper") return t("Whisper");
  if (note.kind !== "flag") return t("Internal note");
  if (note.data?.identified) return t("The player signed in");
  if (note.data?.first_reply) return t("First reply was due");
  if (note.data?.handover) return t("Hand-over");
  return note.data?.on === false ? t("No longer asks for help") : t("Asks for help");
}

function Note({ note, shown }) {
  const word = noteWord(note);
  return html`<li><div class="note"><p class="note-head"><${Icon} name="lock" /><b>${word}</b>
    <span>${note.from?.alias ? `${note.from.alias}, ` : ""}<time>${clockTime(note.ts)}</time></span></p>
    ${note.body && html`<p dir="auto">${shown ? note.body : t("Text hidden")}</p>`}</div></li>`;
}

function Outgoing({ conv, one }) {
  const failed = one.state === "failed" || one.state === "refused";
  return html`<li><div class=${failed ? "note unsent" : "note"}><p class="note-head"><${Icon} name="lock" /><b>${t("Whisper")}</b>
      <span>${failed ? "" : t("Sending")}</span></p>
    <p dir="auto">${one.body}</p>
    ${failed && html`<p class="bubble-meta failed" role="alert"><${Icon} name="warn" /><b>${t("Not sent.")}</b> ${refusal(one.code)}</p>
      <div class="bubble-actions">
        ${one.state === "failed" && html`<button type="button" class="btn" onClick=${() => acts.retryWhisper(conv, one)}><${Icon} name="retry" />${t("Retry")}</button>`}
        <button type="button" class="btn" onClick=${() => navigator.clipboard?.writeText(one.body)}>${t("Copy")}</button>
        <button type="button" class="btn" onClick=${() => acts.discardWhisper(conv, one.cmid)}>${t("Delete")}</button>
      </div>`}
  </div></li>`;
}

// Stays at the end while the reader is at the end; never moves a reader who looks further up.
function useFollow(count) {
  const box = useRef(null);
  const atEnd = useRef(true);
  const [missed, setMissed] = useState(0);
  const before = useRef(count);
  useLayoutEffect(() => {
    if (!box.current) return;
    if (atEnd.current) box.current.scrollTop = box.current.scrollHeight;
    else if (count > before.current) setMissed((n) => n + count - before.current);
    before.current = count;
  });
  // A pane that becomes lower (a window, a longer whisper) must not hide what was said last.
  useEffect(() => {
    const watcher = new ResizeObserver(() => {
      if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
    });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
    if (atEnd.current) setMissed(0);
  };
  const toEnd = () => {
    box.current.scrollTop = box.current.scrollHeight;
  };
  return { box, onScroll, toEnd, missed };
}

function Transcript({ view, shown, now, label, live }) {
  const rows = lines(view);
  const { box, onScroll, toEnd, missed } = useFollow(rows.length + view.outgoing.length);
  const typing = typingNow(view, now);
  let queued = true;
  return html`<div class="pane-body">
    <div class="pane-scroll" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label=${t("Transcript of {player}", { player: label })}>
      ${view.more && html`<p class="earlier"><button type="button" class="btn quiet" onClick=${() => acts.earlier(view.conv)}>${t("Earlier messages")}</button></p>`}
      ${view.phase === "filling" && rows.length === 0 && html`<p class="system">${t("Loading the chat")}</p>`}
      <div role="log" aria-live=${live ? "polite" : "off"} aria-label=${t("Transcript of {player}", { player: label })}><ul>
        ${rows.map((row) => {
          if (row.note) return html`<${Note} key=${row.key} note=${row.note} shown=${shown} />`;
          if (row.event.kind === "message") return html`<${Message} key=${row.key} event=${row.event} shown=${shown} />`;
          const text = eventText(row.event, queued);
          if (row.event.kind === "queued" || row.event.kind === "joined") queued = row.event.kind === "queued";
          return text && html`<li key=${row.key} class="system">${text}, <time>${clockTime(row.event.ts)}</time></li>`;
        })}
        ${view.outgoing.map((one) => html`<${Outgoing} key=${one.cmid} conv=${view.conv} one=${one} />`)}
      </ul></div>
      ${typing && html`<p class="typing"><span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>
        ${t("{name} is typing", { name: typing.role === "player" ? label : typing.alias ?? view.chat?.agent?.alias ?? t("The agent") })}</p>`}
    </div>
    ${missed > 0 && html`<button type="button" class="pill" onClick=${toEnd}><${Icon} name="down" />${t("{n} new", { n: missed })}</button>`}
  </div>`;
}

const drafts = new Map();

function Whisper({ view, label, alias, closed }) {
  const [text, setText] = useState(drafts.get(view.conv) ?? "");
  const write = (next) => {
    drafts.set(view.conv, next);
    setText(next);
  };
  const ready = text.trim() !== "" && text.length <= 4000 && !closed;
  const send = () => {
    if (!ready) return;
    acts.whisper(view.conv, text);
    write("");
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  };
  const open = (kind) => (event) => store.openPopover(kind, event, { conv: view.conv });
  const queued = view.chat?.state === "queued";
  // What was being written when the chat ended stays in sight.
  if (closed && !text) {
    return html`<p class="pane-foot"><button type="button" class="btn lg" onClick=${() => acts.unwatch(view.conv)}>${t("Stop watching")}</button></p>`;
  }
  return html`<form class="whisper" onSubmit=${(event) => { event.preventDefault(); send(); }}>
    <label for=${`whisper-${view.conv}`}><${Icon} name="lock" />${t("Whisper. {player} never sees this.", { player: label })}</label>
    <textarea id=${`whisper-${view.conv}`} class="input" rows="2" dir="auto" maxlength="4000" value=${text} disabled=${closed}
      placeholder=${alias ? t("Help {alias} without the player", { alias }) : t("For whoever takes this chat")}
      onInput=${(event) => write(event.currentTarget.value)} onKeyDown=${onKeyDown}></textarea>
    <div class="whisper-acts">
      ${!closed && (queued
        ? html`<button type="button" class="btn lg" aria-haspopup="dialog" onClick=${open("assign")}>${t("Assign")}</button>`
        : html`<button type="button" class="btn lg" aria-haspopup="dialog" onClick=${open("takeover")}>${t("Take over")}</button>`)}
      ${!closed && html`<button type="button" class="btn quiet lg icon-only" aria-haspopup="dialog" aria-label=${t("More for {player}", { player: label })} title=${t("More")} onClick=${open("more")}><${Icon} name="more" /></button>`}
      <span class="grow"></span>
      <button type="submit" class=${ready ? "btn lg staff" : "btn lg staff-line"} disabled=${!ready}>${ready && html`<${Icon} name="lock" />`}${alias ? t("Whisper to {alias}", { alias }) : t("Whisper to staff")}</button>
    </div>
  </form>`;
}

function Pane({ view }) {
  const now = store.now.value;
  const limits = store.limits.value;
  const open = store.wall.value.chats[view.conv];
  const chat = open ?? view.chat;
  const closed = view.facts?.state === "closed" || chat?.state === "closed" || (store.wall.value.known && !open);
  const label = playerLabel(chat?.player, store.revealed.value);
  const alias = chat?.agent?.alias ?? view.facts?.agent?.alias ?? null;
  const first = chat && !closed && open ? reasons(chat, store.wall.value.agents, limits, now)[0] : null;
  const queued = chat?.state === "queued";
  const about = [alias ?? t("no agent yet"), chat?.lang?.toUpperCase(), chat && store.brandName(chat.brand), chat && topicName(chat.topic)]
    .filter(Boolean).join(" · ");
  // Four logs that speak at once help nobody: only the one with the focus is read out.
  const [live, setLive] = useState(false);
  return html`<section class="pane" aria-label=${label} onFocusIn=${() => setLive(true)} onFocusOut=${() => setLive(false)}>
    <header class="pane-head">
      <h2 class="truncate">${label}</h2>
      ${chat && !closed && html`<${Clock} ts=${clockOf(chat)} now=${now} none=${t("answered")}
        soon=${queued ? limits.wait_soon_s : limits.unanswered_soon_s} late=${queued ? limits.wait_late_s : limits.unanswered_late_s} />`}
      <button type="button" class="btn quiet lg icon-only stop" aria-label=${t("Stop watching {player}", { player: label })} title=${t("Stop watching")}
        onClick=${() => acts.unwatch(view.conv)}><${Icon} name="close" /></button>
      <p class="truncate" title=${about}>${about}</p>
      ${chat?.opened_ts && html`<p class="opened">${t("open {time}", { time: openFor(now - chat.opened_ts) })}</p>`}
    </header>
    <p class="strip ${closed ? "" : first?.tone ?? ""}">${closed
      ? html`<${Icon} name="check" /><span>${t("Ended")}</span>`
      : first ? html`<${Icon} name=${REASON_ICON[first.code]} /><b class="grow">${reasonText(first, chat, now)}</b>
        ${chat.help && html`<button type="button" class="btn lg" onClick=${() => acts.clearHelp(view.conv)}>${t("Help given")}</button>`}`
      : html`<${Icon} name="check" /><span>${t("Nothing to report")}</span>`}</p>
    <${Transcript} view=${view} shown=${store.watchText.value} now=${now} label=${label} live=${live} />
    <${Whisper} view=${view} label=${label} alias=${alias} closed=${closed} />
  </section>`;
}

export function Panes() {
  const views = Object.values(store.wall.value.watched);
  const back = store.showWall;
  const open = Object.keys(store.log.value.open).length;
  const box = useRef(null);
  useEffect(() => {
    box.current?.querySelector("textarea")?.focus({ preventScroll: true });
  }, []);
  return html`<div class="watch" ref=${box} onKeyDown=${(event) => { if (event.key === "Escape" && !store.popover.value) back(); }}>
    <section class="watch-bar"><${Icon} name="eye" /><b>${t("Watching {n} of {all}", { n: views.length, all: WATCH_LIMIT })}</b>
      <span>${t("Read only. Players see nothing, nothing is marked as read.")}</span>
      <span class="recorded"><${Icon} name="list" />${t("Recorded: who watched what, and when")}</span>
      <span class="grow"></span>
      ${open > 0 && html`<button type="button" class="btn quiet lg danger-words" onClick=${back}><${Icon} name="late" />${t("Limits passed: {n}", { n: open })}</button>`}
      <button type="button" class="btn lg" onClick=${back}>${t("Back to the wall")}</button>
    </section>
    ${views.length
      ? html`<div class="panes n${views.length}">${views.map((view) => html`<${Pane} key=${view.conv} view=${view} />`)}</div>`
      : html`<p class="card empty-watch">${t("Choose Watch beside a chat. Up to four transcripts appear here side by side.")}</p>`}
  </div>`;
}
