// Whose chat this browser may show. A session is kept per brand in one of two places: "guest", or
// "known" together with the player it belongs to. A known player's session is used only while the page
// vouches for that same player, so a shared computer never shows the last player's chat.
import { removeAll } from "./kept.js";

const EARLY_MS = 60_000;

// The payload of a token that the page holds anyway; the server alone judges it.
export function claims(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

// The server will not have this page as a player. code: one of the wire's, or of HTTP.
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.name = "Refused";
    this.refusal = code;
    this.code = 4403; // stops the wire
  }
}

const FINAL = new Set(["blocked", "forbidden", "bad_token", "not_found", "bad_field"]);

export class Identity {
  #options;
  #token = null;

  // brand, lang, url, store (see kept.js), fetch, now
  constructor(options) {
    this.#options = { fetch: (...args) => fetch(...args), now: () => Date.now(), ...options };
    this.prefix = `chatdesk.w.${options.brand}.`;
  }

  get token() {
    return this.#token;
  }

  get #sub() {
    return this.#token === null ? null : String(claims(this.#token).sub ?? "?");
  }

  #read(place) {
    try {
      return JSON.parse(this.#options.store.getItem(this.prefix + place));
    } catch {
      return null;
    }
  }

  #write(place, record) {
    try {
      this.#options.store.setItem(this.prefix + place, JSON.stringify(record));
    } catch {
      // Full: the session then lasts as long as the page.
    }
  }

  #place() {
    return this.#token === null ? "guest" : "known";
  }

  // What is kept for whoever the page vouches for now: {session, expires_ts, sub, box, conv?, db?}.
  record() {
    const kept = this.#read(this.#place());
    return kept && kept.sub === this.#sub ? kept : null;
  }

  remember(fields) {
    const kept = this.record();
    if (kept) this.#write(this.#place(), { ...kept, ...fields });
  }

  // True when another player than before is vouched for: everything on the screen must go.
  identify(token) {
    const [before, guest] = [this.#sub, this.#token === null];
    this.#token = token;
    const kept = this.#read("known");
    if (kept && kept.sub !== this.#sub) this.#forget("known", kept);
    return !guest && before !== this.#sub;
  }

  #forget(place, record) {
    this.#options.store.removeItem(this.prefix + place);
    removeAll(this.#options.store, `${this.prefix}${record.box}.`);
    this.#end(record.session);
  }

  #end(session) {
    this.#options
      .fetch(`${this.#options.url}/current`, { method: "DELETE", keepalive: true, headers: { Authorization: `Session ${session}` } })
      .catch(() => {});
  }

  // Ends what the server holds of this browser and forgets everything kept for the brand.
  logout() {
    const held = [this.#read("known"), this.#read("guest")].filter(Boolean);
    this.#token = null;
    removeAll(this.#options.store, this.prefix);
    for (const record of held) this.#end(record.session);
  }

  knewSomebody() {
    return this.#read("known") !== null;
  }

  // Whether a key that another tab has removed was what this tab lives on.
  lost(key) {
    if (key === `${this.prefix}known`) return this.#token !== null && this.record() === null;
    return key === `${this.prefix}guest` && this.#token === null && this.#read("known") === null;
  }

  // Another tab signed out: the page of this tab vouches for nobody any more.
  leave() {
    this.#token = null;
  }

  // A session secret for the socket. renew: the server did not know the last one.
  async session({ renew = false } = {}) {
    const kept = this.record();
    if (kept && !renew && kept.expires_ts - EARLY_MS > this.#options.now()) return kept.session;
    const token = this.#token;
    const guest = token === null ? null : this.#read("guest");
    // The server may hold a visitor's session for longer: as long as he waits for an answer.
    const started = await this.#start(token, renew ? null : (guest ?? (token === null ? kept : null)));
    if (token !== this.#token) return this.session();
    const from = guest ?? kept;
    const record = {
      session: started.session, expires_ts: started.expires_ts, sub: this.#sub,
      box: from?.box ?? newBox(), conv: from?.conv ?? null, db: from?.db ?? null,
    };
    this.#write(this.#place(), record);
    this.#options.started?.(started.brand);
    if (guest) this.#options.store.removeItem(`${this.prefix}guest`);
    return started.session;
  }

  async #start(token, guest) {
    const headers = { "Content-Type": "application/json" };
    if (guest) headers.Authorization = `Session ${guest.session}`;
    const body = { brand: this.#options.brand, lang: this.#options.lang };
    if (token !== null) body.token = token;
    const response = await this.#options.fetch(this.#options.url, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status === 201) return response.json();
    const code = (await response.json().catch(() => ({})))?.error?.code ?? "unavailable";
    if (FINAL.has(code)) throw new Refused(code);
    throw Object.assign(new Error(code), { retry_ms: 1000 * (Number(response.headers.get("Retry-After")) || 2) });
  }
}

function newBox() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
