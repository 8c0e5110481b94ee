// Sends what the outbox holds: one message in flight per conversation, in the order of writing. What is
// written before there is a conversation waits under the name NEW.
const ANSWER_MS = 12_000;
export const NEW = "new";

export class Sender {
  #alarms = new Map();

  // wire: () => {live, send}; changed: called after every change of an entry
  constructor(outbox, wire, changed, timers = globalThis) {
    Object.assign(this, { outbox, wire, changed, timers });
  }

  add(conv, body, topic) {
    this.outbox.add(conv, body, { topic });
    this.changed();
    this.pump(conv);
  }

  pump(conv) {
    const wire = this.wire();
    if (conv === NEW || !wire?.live) return;
    const pause = this.outbox.pauseMs(conv);
    if (pause > 0) {
      this.timers.setTimeout(() => this.pump(conv), pause + 5);
      return;
    }
    const entry = this.outbox.next(conv);
    if (!entry) return;
    wire.send({ t: "send", conv, cmid: entry.cmid, body: entry.body });
    this.#alarms.set(entry.cmid, this.timers.setTimeout(() => this.#unanswered(entry.cmid, conv), ANSWER_MS));
    this.changed();
  }

  adopt(conv) {
    this.outbox.adopt(NEW, conv);
    this.changed();
    this.pump(conv);
  }

  answered(frame) {
    this.timers.clearTimeout(this.#alarms.get(frame.cmid));
    this.#alarms.delete(frame.cmid);
    const entry = frame.t === "ack" ? this.outbox.acked(frame) : this.outbox.nacked(frame);
    if (!entry) return;
    this.changed();
    this.pump(entry.conv);
  }

  #unanswered(cmid, conv) {
    this.#alarms.delete(cmid);
    if (!this.outbox.unanswered(cmid)) return;
    this.changed();
    this.pump(conv);
  }

  lost() {
    for (const timer of this.#alarms.values()) this.timers.clearTimeout(timer);
    this.#alarms.clear();
    this.outbox.lost();
    this.changed();
  }

  // The transcript holds what was sent: its own line takes over from the pending one.
  arrived(log) {
    const before = this.outbox.all().length;
    for (const { cmid } of log.events) if (cmid && this.outbox.get(cmid)) this.outbox.seen(cmid);
    this.outbox.settle(log.conv, log.last);
    if (this.outbox.all().length !== before) this.changed();
  }

  retry(cmid) {
    const entry = this.outbox.retry(cmid);
    this.changed();
    if (entry) this.pump(entry.conv);
  }

  // The text of a message that goes back into the composer.
  edit(cmid) {
    const body = this.outbox.edit(cmid);
    this.changed();
    return body;
  }

  remove(cmid) {
    this.outbox.remove(cmid);
    this.changed();
  }
}
