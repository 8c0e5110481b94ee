// Holds the desk together: the reducer's state, the socket, the outbox, and what only the screen
// knows. Every act of the agent is a method here and names its conversation.
import { batch, signal } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { Outbox } from "../kit/outbox.js";
import * as sound from "../kit/sound.js";
import * as theme from "../kit/theme.js";
import { Wire } from "../kit/wire.js";
import { longestWaiting, soundFor } from "./alerts.js";
import { Canned } from "./canned.js";
import { Drafts } from "./drafts.js";
import { Sender } from "./sender.js";
import { neighbour } from "./slots.js";
import { initial, needs, reduce } from "./state.js";
import { failure } from "./words.js";

const PAGE_EVENTS = 50;
const NOTICE_MS = 8000;
const DRAFT_KEPT_MS = 10 * 60 * 1000;

export class Desk {
  constructor(page, storage) {
    this.page = page;
    this.storage = storage;
    this.state = signal(initial());
    this.drafts = signal(0);
    this.unsent = signal(0);
    this.visible = signal(!document.hidden);
    this.notice = signal(null);
    this.spoken = signal("");
    this.roster = signal(null);
    this.palette = signal(null);
    this.help = signal(false);
    this.panelOpen = signal(this.kept("panel") !== "folded");
    this.singleKeys = signal(this.kept("keys") !== "off");
    this.column = signal("chats");
    this.muted = signal(sound.muted());
    this.heard = signal(false);
    this.theme = signal(theme.apply());
    this.draftStore = new Drafts(storage, "desk.draft.");
    this.sender = new Sender(new Outbox(storage, "desk"), (version) => { this.unsent.value = version; });
    this.canned = new Canned(page.canned_url, (url) => this.getJson(url));
    this.composers = new Map();
    this.panes = new Map();
    this.forms = new Map();
  }

  start() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.wire = new Wire({
      url: `${scheme}//${location.host}${this.page.ws}`,
      hello: () => this.hello(),
      have: () => this.have(),
      onFrame: (frame) => this.receive(frame),
      onState: (link) => this.linked(link),
    });
    this.sender.wire = this.wire;
    this.loadRoster();
  }

  // ---- the socket ----

  async hello() {
    const answer = await fetch(this.page.ticket_url, { method: "POST", headers: { "X-CSRFToken": this.page.csrf }, redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw Object.assign(new Error("signed out"), { code: 4401 });
    if (!answer.ok) throw new Error(`ticket ${answer.status}`);
    const { ticket } = await answer.json();
    const { db, rev, logs } = this.state.peek();
    const frame = { t: "hello", v: 1, ticket };
    const convs = Object.fromEntries(Object.values(logs).filter((log) => log.last > 0).map((log) => [log.conv, [log.last, log.lastNote]]));
    this.resumed = db ? Object.keys(convs) : [];
    if (db) frame.resume = { db, desk_rev: rev ?? 0, convs };
    return frame;
  }

  have() {
    return Object.fromEntries(Object.values(this.state.peek().logs).filter((log) => log.last > 0).map((log) => [log.conv, log.last]));
  }

  linked(link) {
    this.dispatch({ act: "link", ...link });
    if (link.state !== "live") this.sender.lost();
  }

  receive(frame) {
    if (frame.t === "ack") this.sender.acked(frame);
    else if (frame.t === "nack") this.sender.nacked(frame);
    else this.dispatch(frame.t === "welcome" ? { ...frame, resumed: this.resumed } : frame);
    if (frame.t === "desk") this.sender.pumpAll();
  }

  dispatch(frame) {
    const before = this.state.peek();
    const after = reduce(before, frame, Date.now());
    if (after === before) return;
    batch(() => {
      this.state.value = after;
      if (after.logs !== before.logs) {
        for (const [conv, log] of Object.entries(after.logs)) if (log !== before.logs[conv]) this.sender.arrived(conv, log);
      }
    });
    if (!frame.act && !this.quiet(frame)) this.announce(before, after, frame);
    for (const conv of Object.keys(after.gone)) {
      if (!before.gone[conv]) setTimeout(() => this.state.peek().chats[conv] || this.draftStore.drop(conv), DRAFT_KEPT_MS);
    }
    for (const need of needs(after)) this.fetchHistory(need);
  }

  quiet(frame) {
    return frame.t === "history" || frame.t === "welcome" || frame.t === "ping";
  }

  announce(before, after, frame) {
    const watched = document.visibilityState === "visible" && document.hasFocus();
    if (soundFor(before, after, watched)) sound.chime();
    const chat = frame.t === "ev" && frame.kind === "message" && frame.from?.role === "player" && after.chats[frame.conv];
    if (chat && after.focus !== frame.conv && after !== before) {
      this.spoken.value = tn("New message from {name}, {n} unread", "New message from {name}, {n} unread", chat.unread ?? 1, { name: chat.player.name });
    }
    if (frame.t === "offer") this.spoken.value = t("New offer. F2 accepts it.");
  }

  async fetchHistory({ conv, before, limit = PAGE_EVENTS }) {
    this.dispatch({ act: "loading", conv, on: true });
    const frame = { t: "history", conv, limit: Math.min(100, limit), notes: true };
    if (before) frame.before = before;
    try {
      await this.wire.request(frame);
      this.dispatch({ act: "loading", conv, on: false });
    } catch (error) {
      this.dispatch({ act: "loading", conv, on: false, failed: error.code !== "lost" });
    }
  }

  older(conv) {
    const { logs, loading } = this.state.peek();
    const first = logs[conv]?.events[0]?.seq;
    if (first > 1 && !loading[conv]) this.fetchHistory({ conv, before: first });
  }

  loadingHistory(conv) {
    return Boolean(this.state.value.loading[conv]);
  }

  // A command whose refusal becomes a sentence; true when it was done.
  async command(frame) {
    try {
      const answer = await this.wire.request(frame);
      return answer ?? true;
    } catch (error) {
      this.say(failure(error), "bad");
      return false;
    }
  }

  // ---- chats ----

  accept(offer) {
    return this.take(offer.conv, { t: "accept", offer: offer.offer });
  }

  claim(conv) {
    return this.take(conv, { t: "claim", conv });
  }

  async take(conv, frame) {
    this.dispatch({ act: "expect", conv });
    const done = await this.command(frame);
    if (!done && this.state.peek().expect === conv) this.dispatch({ act: "expect", conv: null });
    if (done) this.column.value = "chat";
    if (done) this.focusComposer(conv);
  }

  decline(offer, reason) {
    return this.command({ t: "decline", offer: offer.offer, reason });
  }

  async leave(chat, frame, words) {
    this.dispatch({ act: "leaving", conv: chat.conv, on: true });
    const done = await this.command({ ...frame, conv: chat.conv, epoch: chat.epoch });
    if (done) this.say(words, "good");
    else this.dispatch({ act: "leaving", conv: chat.conv, on: false });
    return done;
  }

  transfer(chat, to, note) {
    const frame = { t: "transfer", to };
    if (note.trim()) frame.note = note;
    return this.leave(chat, frame, t("{name} was handed over.", { name: chat.player.name }));
  }

  release(chat) {
    return this.leave(chat, { t: "release" }, t("{name} is back in the queue.", { name: chat.player.name }));
  }

  close(chat, reason) {
    return this.leave(chat, { t: "close", reason }, t("The chat with {name} is closed.", { name: chat.player.name }));
  }

  askHelp(conv, on) {
    return this.command({ t: "help", conv, on });
  }

  setStatus(status, reason) {
    return this.command(reason ? { t: "state", status, reason } : { t: "state", status });
  }

  typing(conv, on) {
    this.wire.send({ t: "typing", conv, on });
  }

  seen(conv, seq) {
    if (seq <= (this.state.peek().seen[conv] ?? 0) || !this.state.peek().chats[conv]) return;
    this.dispatch({ act: "seen", conv, seq });
    this.wire.send({ t: "read", conv, seq });
  }

  // ---- where the agent is ----

  open(conv) {
    this.dispatch({ act: "show", conv });
    this.column.value = "chat";
    this.focusComposer(conv);
  }

  focus(conv) {
    this.dispatch({ act: "focus", conv });
  }

  hide(conv) {
    this.dispatch({ act: "hide", conv });
  }

  setMode(conv, mode) {
    this.dispatch({ act: "mode", conv, mode });
    this.focusComposer(conv);
  }

  startNote(conv) {
    this.open(conv);
    this.setMode(conv, "note");
  }

  step(by) {
    const state = this.state.peek();
    const conv = neighbour(state.places, state.focus, by, (id) => Boolean(state.chats[id]));
    if (conv) this.open(conv);
  }

  nextWaiting() {
    const conv = longestWaiting(this.state.peek());
    if (conv) this.open(conv);
    else this.say(t("None of your players is waiting."), "good");
  }

  focusComposer(conv) {
    requestAnimationFrame(() => this.composers.get(conv)?.focus());
  }

  registerComposer(conv, composer) {
    this.composers.set(conv, composer);
    return () => { if (this.composers.get(conv) === composer) this.composers.delete(conv); };
  }

  registerForms(conv, toggle) {
    this.forms.set(conv, toggle);
    return () => { if (this.forms.get(conv) === toggle) this.forms.delete(conv); };
  }

  openForm(conv, which) {
    this.dispatch({ act: "show", conv });
    requestAnimationFrame(() => this.forms.get(conv)?.(which));
  }

  insertResponse(conv, response) {
    this.dispatch({ act: "mode", conv, mode: "reply" });
    requestAnimationFrame(() => this.composers.get(conv)?.pick(response));
  }

  // Back into the composer of the same chat and mode, before what is being written there.
  editUnsent(conv, row) {
    const mode = row.note ? "note" : "reply";
    this.sender.remove(conv, row.cmid);
    const draft = this.draftStore.text(conv, mode);
    this.draftStore.write(conv, mode, draft ? `${row.body}\n${draft}` : row.body);
    this.touchDrafts();
    this.setMode(conv, mode);
    requestAnimationFrame(() => { this.composers.get(conv)?.reload(); this.composers.get(conv)?.focus(); });
  }

  touchDrafts() {
    this.drafts.value += 1;
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(t("Copied."), "good");
    } catch {
      this.say(t("The browser did not allow copying. Select the text and copy it."), "bad");
    }
  }

  say(text, kind) {
    const notice = { text, kind };
    this.notice.value = notice;
    setTimeout(() => { if (this.notice.peek() === notice) this.notice.value = null; }, NOTICE_MS);
  }
}
