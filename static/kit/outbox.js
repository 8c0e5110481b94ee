// Messages that are written but not yet known to be committed. Each is stored before its first try and
// keeps one cmid through every retry, socket and reload, so the server can tell a repeat from a new one.
//
// An entry: {cmid, conv, body, state, ts, code, final, seq, …extra}
//   state: "waiting" (its turn comes), "sending" (in flight), "failed" (a person must decide),
//          "sent" (committed as seq, its event has not come yet)
// One key per entry: two tabs never overwrite each other's list.
let lastStamp = 0;

// UUIDv7: sorts by the time of writing. getRandomValues works outside secure contexts, randomUUID does not.
export function newCmid(now = Date.now()) {
  lastStamp = Math.max(now, lastStamp + 1);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = lastStamp;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Outbox {
  #storage;
  #prefix;
  #now;
  #entries = new Map();
  #pause = new Map();
  persistent = true;

  // storage: something like localStorage, or null. One that throws is replaced by memory.
  constructor(storage, keyPrefix, { now = () => Date.now() } = {}) {
    this.#storage = storage;
    this.#prefix = `${keyPrefix}.out.`;
    this.#now = now;
    this.#load();
  }

  #load() {
    const found = [];
    try {
      if (!this.#storage) throw new Error("no storage");
      for (let i = 0; i < this.#storage.length; i++) {
        const key = this.#storage.key(i);
        if (key?.startsWith(this.#prefix)) found.push(JSON.parse(this.#storage.getItem(key)));
      }
    } catch {
      this.persistent = false;
    }
    found.sort((a, b) => (a.cmid < b.cmid ? -1 : 1));
    for (const entry of found) {
      // What was in flight when the page went away may or may not be committed: the same cmid settles it.
      if (entry.state === "sending") entry.state = "waiting";
      this.#entries.set(entry.cmid, entry);
    }
  }

  #store(entry) {
    try {
      if (!this.#storage) throw new Error("no storage");
      this.#storage.setItem(this.#prefix + entry.cmid, JSON.stringify(entry));
    } catch {
      this.persistent = false;
    }
  }

  #unstore(cmid) {
    try {
      this.#storage?.removeItem(this.#prefix + cmid);
    } catch {
      this.persistent = false;
    }
  }

  #change(entry, fields) {
    const next = { ...entry, ...fields };
    this.#entries.set(entry.cmid, next);
    this.#store(next);
    return next;
  }

  add(conv, body, extra = {}) {
    const ts = this.#now();
    const entry = { ...extra, cmid: newCmid(ts), conv, body, state: "waiting", ts, code: null, final: false, seq: null };
    this.#entries.set(entry.cmid, entry);
    this.#store(entry);
    return entry;
  }

  get(cmid) {
    return this.#entries.get(cmid) ?? null;
  }

  // In the order of writing.
  pending(conv) {
    return [...this.#entries.values()].filter((entry) => entry.conv === conv);
  }

  all() {
    return [...this.#entries.values()];
  }

  // The entry to send now, marked as in flight; null while one is in flight or a refusal asked for a pause.
  next(conv) {
    if (this.pauseMs(conv) > 0) return null;
    const list = this.pending(conv);
    if (list.some((entry) => entry.state === "sending")) return null;
    const first = list.find((entry) => entry.state === "waiting");
    return first ? this.#change(first, { state: "sending" }) : null;
  }

  // How long the server asked us to wait with this conversation, in ms.
  pauseMs(conv) {
    return Math.max(0, (this.#pause.get(conv) ?? 0) - this.#now());
  }

  // Committed. The bubble stays until its event is in the transcript (see settle).
  acked(frame) {
    const entry = this.#entries.get(frame.cmid);
    if (!entry) return null;
    this.#unstore(entry.cmid);
    const sent = { ...entry, state: "sent", seq: frame.seq ?? null, note_seq: frame.note_seq ?? null, sent_ts: frame.ts ?? null };
    this.#entries.set(entry.cmid, sent);
    return sent;
  }

  // Final: a person must decide. Otherwise it keeps its turn and goes again after retry_ms.
  nacked(frame) {
    const entry = this.#entries.get(frame.cmid);
    if (!entry || entry.state === "sent") return null;
    if (frame.final) return this.#change(entry, { state: "failed", code: frame.code, final: true });
    this.#pause.set(entry.conv, this.#now() + (frame.retry_ms ?? 1000));
    return this.#change(entry, { state: "waiting", code: frame.code });
  }

  // In flight for too long on a socket that lives.
  unanswered(cmid) {
    const entry = this.#entries.get(cmid);
    if (entry?.state !== "sending") return null;
    return this.#change(entry, { state: "failed", code: "no_answer", final: false });
  }

  // The socket is gone: whatever was in flight goes again on the next one.
  lost() {
    for (const entry of this.#entries.values()) if (entry.state === "sending") this.#change(entry, { state: "waiting" });
  }

  retry(cmid) {
    const entry = this.#entries.get(cmid);
    if (!entry || entry.state !== "failed") return null;
    return this.#change(entry, { state: "waiting", code: null, final: false });
  }

  // Takes a message back into the composer: its text, or null when it is too late for that.
  edit(cmid) {
    const entry = this.#entries.get(cmid);
    if (!entry || !this.remove(cmid)) return null;
    return entry.body;
  }

  remove(cmid) {
    const entry = this.#entries.get(cmid);
    if (!entry || entry.state === "sending" || entry.state === "sent") return false;
    this.#entries.delete(cmid);
    this.#unstore(cmid);
    return true;
  }

  // Messages written before their conversation had a name.
  adopt(from, conv) {
    for (const entry of this.pending(from)) this.#change(entry, { conv });
  }

  // The transcript holds everything up to last: sent entries up to there are shown by their events.
  settle(conv, last) {
    for (const entry of this.pending(conv)) {
      if (entry.state === "sent" && entry.seq !== null && entry.seq <= last) this.#entries.delete(entry.cmid);
    }
  }

  // The event itself is the best proof of commitment, also when the ack was lost with its socket.
  seen(cmid) {
    if (this.#entries.delete(cmid)) this.#unstore(cmid);
  }

  clear() {
    for (const cmid of [...this.#entries.keys()]) this.seen(cmid);
    this.#pause.clear();
  }
}
