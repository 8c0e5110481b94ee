// Sends what the outbox holds: one message in flight per conversation and mode, in order, each with
// the epoch under which it was written.

const ANSWER_MS = 12 * 1000;
const NONE = Object.freeze([]);

export class Sender {
  // wire: {live, send}; changed: called after every change of an entry.
  constructor(outbox, changed, timers = globalThis) {
    this.outbox = outbox;
    this.changed = changed;
    this.timers = timers;
    this.wire = null;
    this.version = 0;
    this.cache = new Map();
    this.alarms = new Map();
  }

  add(conv, mode, body, { epoch, canned }) {
    const lane = laneOf(conv, mode);
    this.outbox.add(lane, body, { chat: conv, mode, epoch, canned: canned ?? undefined });
    this.touch();
    this.pump(lane);
  }

  pumpAll() {
    for (const lane of new Set(this.outbox.all().map((entry) => entry.conv))) this.pump(lane);
  }

  pump(lane) {
    if (!this.wire?.live) return;
    const pause = this.outbox.pauseMs(lane);
    if (pause > 0) {
      this.timers.setTimeout(() => this.pump(lane), pause + 5);
      return;
    }
    const entry = this.outbox.next(lane);
    if (!entry) return;
    const { chat: conv, cmid, body } = entry;
    const frame = entry.mode === "note"
      ? { t: "note", conv, cmid, body }
      : { t: "send", conv, epoch: entry.epoch, cmid, body };
    if (entry.canned) frame.canned = entry.canned;
    this.wire.send(frame);
    this.alarms.set(cmid, this.timers.setTimeout(() => this.unanswered(cmid, lane), ANSWER_MS));
    this.touch();
  }

  acked(frame) {
    this.settled(frame.cmid, this.outbox.acked(frame));
  }

  nacked(frame) {
    this.settled(frame.cmid, this.outbox.nacked(frame));
  }

  settled(cmid, entry) {
    this.timers.clearTimeout(this.alarms.get(cmid));
    this.alarms.delete(cmid);
    if (!entry) return;
    this.touch();
    this.pump(entry.conv);
  }

  unanswered(cmid, lane) {
    this.alarms.delete(cmid);
    if (!this.outbox.unanswered(cmid)) return;
    this.touch();
    this.pump(lane);
  }

  lost() {
    for (const timer of this.alarms.values()) this.timers.clearTimeout(timer);
    this.alarms.clear();
    this.outbox.lost();
    this.touch();
  }

  // The transcript holds what was sent: its own line takes over from the pending one.
  arrived(conv, log) {
    const before = this.outbox.all().length;
    for (const item of [...log.events, ...log.notes]) if (item.cmid && this.outbox.get(item.cmid)) this.outbox.seen(item.cmid);
    this.outbox.settle(conv, log.last);
    for (const entry of this.outbox.pending(laneOf(conv, "note"))) {
      if (entry.state === "sent" && entry.note_seq <= log.lastNote) this.outbox.seen(entry.cmid);
    }
    if (this.outbox.all().length !== before) this.touch();
  }

  retry(conv, cmid) {
    const entry = this.outbox.retry(cmid);
    if (!entry) return;
    this.touch();
    this.pump(entry.conv);
  }

  remove(conv, cmid) {
    this.outbox.remove(cmid);
    this.touch();
  }

  // Entries of a chat in the order written; the same array until something changes.
  entries(conv) {
    const kept = this.cache.get(conv);
    if (kept) return kept;
    const list = this.outbox.all().filter((entry) => entry.chat === conv);
    const found = list.length ? list.sort((a, b) => (a.cmid < b.cmid ? -1 : 1)) : NONE;
    this.cache.set(conv, found);
    return found;
  }

  failed(conv) {
    return this.entries(conv).filter((entry) => entry.state === "failed").length;
  }

  waiting(conv) {
    return this.entries(conv).filter((entry) => entry.state === "waiting").length;
  }

  touch() {
    this.version += 1;
    this.cache.clear();
    this.changed(this.version);
  }
}

export function laneOf(conv, mode) {
  return mode === "note" ? `${conv}#note` : conv;
}
