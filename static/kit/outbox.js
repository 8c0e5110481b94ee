// Messages that are written but not yet known to be committed. Each is stored before its first try and
// keeps one cmid through every retry, socket, tab and reload, so the server can tell a repeat from a new
// one.
//
// An entry: {cmid, conv, body, state, ts, after, tried, by, code, final, seq, note_seq, …extra}
//   state: "waiting" (its turn comes, not before `after`), "sending" (in flight since `tried`, from the tab
//          `by`), "failed" (a person must decide), "sent" (committed; its event has not come yet)
// The storage is what the tabs of a browser share: one key per entry, read again before each change, so
// that no tab acts on what another has sent or deleted meanwhile.
export const NEW = "new"; // the conversation of what is written before it has a name
const FAILED_KEPT_MS = 24 * 60 * 60 * 1000;

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

// A clock that was set back must not put a new message before an old one.
function notBefore(cmid) {
  lastStamp = Math.max(lastStamp, parseInt(cmid.slice(0, 8) + cmid.slice(9, 13), 16) || 0);
}

// Notes and replies do not wait for each other.
export const laneOf = ({ conv, mode }) => (mode === "note" ? `${conv}#note` : conv);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // somebody else's
  }
}

export class Outbox {
  #storage;
  #now;
  #me = newCmid();
  #entries = new Map();
  #kept = new Set(); // what the storage holds as well
  #ahead = new Set(); // and of these, what it holds an older copy of, for it is full
  persistent = true;

  // storage: something like localStorage, or null. One that throws is replaced by memory.
  constructor(storage, name, { now = () => Date.now() } = {}) {
    this.#storage = storage;
    this.#now = now;
    this.name = name;
    this.prefix = `${name}.out.`;
    this.load();
  }

  #try(act) {
    try {
      if (!this.#storage) throw new Error("no storage");
      return act(this.#storage);
    } catch {
      this.persistent = false;
      return undefined;
    }
  }

  // What the tabs of this browser hold by now. slept: this tab has not heard what was done meanwhile.
  load(slept = false) {
    const found = this.#try((storage) => {
      const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i));
      return keys.filter((key) => key?.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length));
    });
    for (const cmid of found ?? []) {
      notBefore(cmid);
      const entry = this.#fresh(cmid, true);
      if (entry?.state === "sent") this.#erase(cmid);
      else if (entry?.state === "failed" && this.#now() - entry.ts > FAILED_KEPT_MS) this.#drop(cmid);
    }
    if (slept) for (const cmid of [...this.#kept]) if (!this.#fresh(cmid)) this.#forget(cmid);
  }

  #forget(cmid) {
    this.#kept.delete(cmid);
    this.#entries.delete(cmid);
  }

  // The entry as it is now, whichever tab changed it last; null when it is gone. Whether it was sent or
  // taken back is then still to be heard, so its bubble stays until that.
  #fresh(cmid, unknown = false) {
    const known = this.#entries.get(cmid) ?? null;
    if (known?.state === "sent" || !(unknown || this.#kept.has(cmid))) return known;
    const text = this.#try((storage) => storage.getItem(this.prefix + cmid));
    if (text === undefined) return known;
    const entry = parse(text);
    if (!entry) return null;
    if (known && this.#ahead.has(cmid)) return known;
    if (entry.state !== "sent") this.#entries.set(cmid, entry);
    this.#kept.add(cmid);
    return entry;
  }

  #put(entry) {
    this.#entries.set(entry.cmid, entry);
    if (this.#try((storage) => (storage.setItem(this.prefix + entry.cmid, JSON.stringify(entry)), true))) {
      this.#kept.add(entry.cmid);
      this.#ahead.delete(entry.cmid);
    } else {
      this.#ahead.add(entry.cmid);
    }
    return entry;
  }

  #drop(cmid) {
    this.#entries.delete(cmid);
    this.#unstore(cmid);
  }

  #unstore(cmid) {
    if (this.#kept.delete(cmid)) this.#erase(cmid);
  }

  #erase(cmid) {
    this.#try((storage) => storage.removeItem(this.prefix + cmid));
  }

  // Another tab has changed an entry; text is null when it took it away. What is told is old news: only
  // that it was sent must be taken from there, for then the key is gone.
  heard(cmid, text) {
    const told = parse(text);
    if (this.#entries.get(cmid)?.state === "sent") {
      // Written back by a tab that did not know yet.
      if (told && told.state !== "sent") this.#erase(cmid);
    } else if (told?.state === "sent") {
      this.#kept.delete(cmid);
      this.#entries.set(cmid, told);
    } else if (!this.#fresh(cmid, true) && !told) {
      this.#forget(cmid);
    }
  }

  add(conv, body, extra = {}) {
    const ts = this.#now();
    // Half a character cannot be sent at all.
    const whole = body.replace(/\p{Surrogate}/gu, "\ufffd");
    const entry = { ...extra, cmid: newCmid(ts), conv, body: whole, state: "waiting", ts, after: 0, code: null, final: false, seq: null };
    this.#entries.set(entry.cmid, entry);
    // What did not fit comes first, or another tab would send the newer ones before it.
    for (const one of this.all()) {
      if (one.state !== "sent" && !this.#kept.has(one.cmid)) this.#put(one);
      if (one.state !== "sent" && !this.#kept.has(one.cmid)) break;
    }
    return entry;
  }

  // From another outbox of the same person; the cmid stays.
  take(entry) {
    this.#put(entry);
  }

  get(cmid) {
    return this.#entries.get(cmid) ?? null;
  }

  // In the order of writing.
  all() {
    return [...this.#entries.values()].sort((a, b) => (a.cmid < b.cmid ? -1 : 1));
  }

  pending(conv) {
    return this.all().filter((entry) => entry.conv === conv);
  }

  get lanes() {
    return new Set(this.all().map(laneOf));
  }

  // The entry to send now, marked as in flight; null while one is in flight or a refusal asked for a
  // pause. Who does not own the outbox sends only what nobody else can see.
  next(lane, owner = true) {
    const list = this.all().map(({ cmid }) => this.#fresh(cmid)).filter((entry) => entry && laneOf(entry) === lane);
    if (list.some((entry) => entry.state === "sending")) return null;
    const first = list.find((entry) => entry.state === "waiting");
    if (!first || first.after > this.#now() || !(owner || !this.#kept.has(first.cmid))) return null;
    return this.#put({ ...first, state: "sending", tried: this.#now(), by: this.#me });
  }

  // How long the server asked us to wait with this lane, in ms.
  pauseMs(lane) {
    const first = this.all().find((entry) => laneOf(entry) === lane && entry.state === "waiting");
    return Math.max(0, (first?.after ?? 0) - this.#now());
  }

  // What should be moving: the oldest message that waits for nothing but its sender.
  due() {
    const first = this.all().find(({ conv, state, after }) => conv !== NEW && (state === "sending" || (state === "waiting" && after <= this.#now())));
    return first ? `${first.cmid} ${first.state} ${first.tried}` : null;
  }

  // Committed. The bubble stays until its event is in the transcript (see settle); the other tabs are
  // told so before the key goes, or they would take it for deleted.
  acked(frame) {
    const entry = this.#entries.get(frame.cmid);
    if (!entry || entry.state === "sent") return null;
    const sent = { ...entry, state: "sent", seq: frame.seq ?? null, note_seq: frame.note_seq ?? null, sent_ts: frame.ts ?? null };
    if (this.#kept.has(entry.cmid)) this.#put(sent);
    this.#entries.set(entry.cmid, sent);
    this.#unstore(entry.cmid);
    return sent;
  }

  // Final: not committed, and a person must decide. Otherwise it keeps its turn and goes again later.
  nacked(frame) {
    const entry = this.#fresh(frame.cmid);
    if (!entry || entry.state === "sent") return null;
    if (frame.final) return this.#put({ ...entry, state: "failed", code: frame.code, final: true });
    return this.#put({ ...entry, state: "waiting", code: frame.code, after: this.#now() + (frame.retry_ms ?? 1000) });
  }

  // The socket is gone: whatever this tab (or, for who takes over, any tab) had in flight goes again.
  lost(anyones = false) {
    for (const { cmid } of this.all()) {
      const entry = this.#fresh(cmid);
      if (entry?.state === "sending" && (anyones || entry.by === this.#me)) this.#put({ ...entry, state: "waiting" });
    }
  }

  // fields: what has changed since it was written.
  retry(cmid, fields = {}) {
    const entry = this.#fresh(cmid);
    if (entry?.state !== "failed") return null;
    return this.#put({ ...entry, ...fields, state: "waiting", after: 0, code: null, final: false });
  }

  // Only what failed is certainly not committed; anything else may be on its way.
  remove(cmid) {
    if (this.#fresh(cmid)?.state !== "failed") return false;
    this.#drop(cmid);
    return true;
  }

  // Takes a message back into the composer: its text, or null when it is too late for that.
  edit(cmid) {
    const body = this.#fresh(cmid)?.body ?? null;
    return this.remove(cmid) ? body : null;
  }

  // A conversation that is left behind with everything unsent in it.
  forget(conv) {
    for (const { cmid } of this.pending(conv)) this.#drop(cmid);
  }

  // Messages written before their conversation had a name.
  adopt(from, conv) {
    for (const { cmid } of this.pending(from)) {
      const entry = this.#fresh(cmid);
      if (entry?.conv === from) this.#put({ ...entry, conv });
    }
  }

  // The transcript holds these cmids and everything up to last: its own lines take over from ours. An
  // event is also the best proof of commitment when the ack was lost with its socket.
  settle({ conv, last, lastNote, events, notes }) {
    const left = this.pending(conv);
    if (!left.length) return false;
    const lines = new Map([...events, ...notes].filter((line) => line.cmid).map((line) => [line.cmid, line]));
    for (const { cmid } of left) {
      if (lines.has(cmid)) this.acked({ ...lines.get(cmid), cmid });
      const { state, seq, note_seq } = this.#entries.get(cmid);
      if (lines.has(cmid) || (state === "sent" && ((seq ?? Infinity) <= last || (note_seq ?? Infinity) <= lastNote))) this.#entries.delete(cmid);
    }
    return this.pending(conv).length < left.length;
  }

  clear() {
    for (const cmid of [...this.#entries.keys()]) this.#drop(cmid);
  }
}
