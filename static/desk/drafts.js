// Unsent text belongs to one conversation and one mode, and to nothing else. Every read and write
// names both, so there is no "current" draft that could follow the agent into another chat.

export const MODES = Object.freeze(["reply", "note"]);
const KEEP_MS = 24 * 60 * 60 * 1000;

export class Drafts {
  // storage: a Storage or null; now: () => ms. A storage that throws leaves the drafts in memory.
  constructor(storage, prefix, now = Date.now) {
    this.storage = storage;
    this.prefix = prefix;
    this.now = now;
    this.persistent = storage != null;
    this.memory = new Map();
    this.restore();
  }

  key(conv, mode) {
    if (!conv || !MODES.includes(mode)) throw new TypeError("a draft needs a conversation and a mode");
    return `${this.prefix}${mode}:${conv}`;
  }

  restore() {
    try {
      for (let i = (this.storage?.length ?? 0) - 1; i >= 0; i--) {
        const key = this.storage.key(i);
        if (!key?.startsWith(this.prefix)) continue;
        const entry = parse(this.storage.getItem(key));
        if (entry && this.now() - entry.ts < KEEP_MS) this.memory.set(key, entry);
        else this.storage.removeItem(key);
      }
    } catch {
      this.persistent = false;
    }
  }

  text(conv, mode) {
    return this.memory.get(this.key(conv, mode))?.text ?? "";
  }

  // The canned response that the text began as, so that its use can be counted; null when none.
  canned(conv, mode) {
    return this.memory.get(this.key(conv, mode))?.canned ?? null;
  }

  write(conv, mode, text, canned = undefined) {
    const key = this.key(conv, mode);
    if (!text) {
      this.memory.delete(key);
      this.store((storage) => storage.removeItem(key));
      return;
    }
    const kept = canned === undefined ? (this.memory.get(key)?.canned ?? null) : canned;
    const entry = { text, canned: kept, ts: this.now() };
    this.memory.set(key, entry);
    this.store((storage) => storage.setItem(key, JSON.stringify(entry)));
  }

  drop(conv) {
    for (const mode of MODES) this.write(conv, mode, "");
  }

  // Sign-out on a shared machine must leave nothing that was written.
  forgetAll() {
    for (const key of [...this.memory.keys()]) {
      this.memory.delete(key);
      this.store((storage) => storage.removeItem(key));
    }
  }

  store(write) {
    if (!this.persistent) return;
    try {
      write(this.storage);
    } catch {
      this.persistent = false;
    }
  }
}

function parse(text) {
  try {
    const entry = JSON.parse(text);
    return typeof entry?.text === "string" && typeof entry.ts === "number" ? entry : null;
  } catch {
    return null;
  }
}
