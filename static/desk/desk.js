// Holds the desk together: the reducer's state, the socket, the outbox, and what only the screen
// knows. Every act of the agent is a method here and names its conversation.
import { batch, signal } from "../kit/preact.js";
import { t, tn } from "../kit/i18n.js";
import { Delivery } from "../kit/delivery.js";
import * as sound from "../kit/sound.js";
import { longestWaiting, soundFor } from "./alerts.js";
import { Canned } from "./canned.js";
import { crossed } from "./deadlines.js";
import { Drafts } from "./drafts.js";
import { Screen } from "./screen.js";
import { neighbour } from "./slots.js";
import { initial, needs, reduce } from "./state.js";
import { failure, replyDueWords } from "./words.js";

const DRAFT_KEPT_MS = 10 * 60 * 1000;

export class Desk extends Screen {
  constructor(page, storage) {
    super(storage);
    this.page = page;
    this.state = signal(initial());
    this.drafts = signal(0);
    this.unsent = signal(0);
    this.roster = signal(null);
    this.typedAt = 0;
    this.tones = {};
    this.draftStore = new Drafts(storage, "desk.draft.");
    this.delivery = new Delivery({
      url: new URL(page.ws, location.href.replace(/^http/, "ws")).href,
      hello: () => this.hello(),
      have: () => this.have(),
      received: (frame) => this.receive(frame),
      linked: (link) => this.linked(link),
      changed: (version) => { this.unsent.value = version; },
      frameOf,
      behind: (conv, head) => this.behind(conv, head),
    });
    this.canned = new Canned(page.canned_url, getJson);
  }

  start() {
    this.delivery.connect();
    this.loadRoster();
  }

  get wire() {
    return this.delivery.wire;
  }

  // All clocks of the desk run on the server's time.
  now() {
    return this.wire ? this.wire.serverNow() : Date.now();
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
    const offset = this.now() - Date.now();
    this.dispatch({ act: "link", ...link, retryAt: link.retryAt ? link.retryAt + offset : null });
  }

  receive(frame) {
    // Whoever signs in at this machine next does not send what this agent has written.
    if (frame.t === "welcome") this.delivery.open(`desk.${frame.me.id}`, this.storage);
    this.dispatch(frame.t === "welcome" ? { ...frame, resumed: this.resumed } : frame);
  }

  behind(conv, head) {
    const log = this.state.peek().logs[conv];
    if (log?.last && !log.resuming) this.fetchHistory({ conv, before: head + 1, limit: head - log.last });
  }

  dispatch(frame) {
    const before = this.state.peek();
    const after = reduce(before, frame, this.now());
    if (after === before) return;
    batch(() => {
      this.state.value = after;
      if (after.logs !== before.logs) {
        for (const [conv, log] of Object.entries(after.logs)) if (log !== before.logs[conv]) this.delivery.arrived(log);
      }
    });
    if (!frame.act && !this.quiet(frame)) this.announce(before, after, frame);
    if (frame.t === "desk") this.moved(before, after);
    for (const need of needs(after)) this.fetchHistory(need);
  }

  // What the desk frame brought or took, beside what the reducer shows by itself.
  moved(before, after) {
    if (before.expect && after.expect === null && after.focus === before.expect) this.focusComposer(before.expect);
    for (const [conv, chat] of Object.entries(before.chats)) {
      if (after.chats[conv]) continue;
      setTimeout(() => this.state.peek().chats[conv] || this.draftStore.drop(conv), DRAFT_KEPT_MS);
      if (!before.leaving[conv] && !after.gone[conv]) this.say(t("The chat with {name} left your desk.", { name: chat.player.name }), "bad");
    }
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

  // Said aloud when the server has warned and shortly before a chat goes back, not every second.
  followDeadlines(now) {
    const { tones, worse } = crossed(this.tones, this.state.value.chats, now);
    this.tones = tones;
    if (worse.length) this.spoken.value = worse.map(({ chat, left }) => replyDueWords(chat.player.name, left)).join(" ");
  }

  async fetchHistory(what) {
    const { conv } = what;
    if (this.state.peek().loading[conv]) return;
    this.dispatch({ act: "loading", conv, on: true });
    await this.delivery.ask({ notes: true, ...what });
    this.dispatch({ act: "loading", conv, on: false });
  }

  older(conv) {
    const { logs, loading } = this.state.peek();
    const first = logs[conv]?.events[0]?.seq;
    if (first > 1 && !loading[conv]) this.fetchHistory({ conv, before: first, before_note: logs[conv].notes[0]?.note_seq });
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
    const asked = Date.now();
    this.dispatch({ act: "expect", conv });
    const done = await this.command(frame);
    // Who goes on writing elsewhere is not pulled away: the next letters would go to another player.
    if ((!done || this.typedAt > asked) && this.state.peek().expect === conv) this.dispatch({ act: "expect", conv: null });
    if (done) this.column.value = "chat";
  }

  // F2: the offer that ends first; before the shift, its start.
  acceptNext() {
    const { offers, status, panes, link } = this.state.peek();
    const first = Object.values(offers).sort((a, b) => a.expires_ts - b.expires_ts)[0];
    if (first) this.accept(first);
    else if (!panes.length && status.status !== "available" && link.state === "live") this.setStatus("available");
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

  switchMode() {
    const { focus, chats, mode } = this.state.peek();
    if (chats[focus]) this.setMode(focus, mode[focus] === "note" ? "reply" : "note");
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
    if (this.delivery.edit(row.cmid) === null) return;
    const draft = this.draftStore.text(conv, mode);
    this.draftStore.write(conv, mode, draft ? `${row.body}\n${draft}` : row.body);
    this.touchDrafts();
    this.setMode(conv, mode);
    requestAnimationFrame(() => { this.composers.get(conv)?.reload(); this.composers.get(conv)?.focus(); });
  }

  // Under the epoch of today, if the chat is (again) on this desk.
  retryUnsent(conv, cmid) {
    const chat = this.state.peek().chats[conv];
    if (chat) this.delivery.retry(cmid, { epoch: chat.epoch });
  }

  touchDrafts() {
    this.typedAt = Date.now();
    this.drafts.value += 1;
  }

  // ---- what else is known ----

  async loadRoster() {
    try {
      this.roster.value = await getJson(this.page.roster_url);
    } catch {
      // The form that needs it asks again when it opens.
    }
  }

  brandName(slug) {
    return this.roster.value?.brands.find((brand) => brand.slug === slug)?.name ?? slug;
  }

  // A shared machine keeps nothing that was written.
  signOut() {
    this.draftStore.forgetAll();
    this.delivery.shut();
  }
}

function frameOf({ conv, mode, cmid, body, epoch, canned }) {
  if (mode === "note") return { t: "note", conv, cmid, body };
  const frame = { t: "send", conv, epoch, cmid, body };
  return canned ? { ...frame, canned } : frame;
}

async function getJson(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error", cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}
