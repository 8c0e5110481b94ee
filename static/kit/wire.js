// One socket to one server: says hello, answers pings, reconnects with jitter, resumes by hello, and
// knows which close codes mean "try again" and which mean "tell the person".
const FIRST_TRY_MS = 3_000;
const LONGEST_TRY_MS = 30_000;
const SILENCE_MS = 35_000;
const WELCOME_MS = 15_000;

const STOP_CODES = new Set([4401, 4403, 4404, 4409, 4410, 4413, 1009]);

// "retry", "renew" (once with fresh credentials) or "stop".
export function verdict(code) {
  if (code === 4401) return "renew";
  return STOP_CODES.has(code) ? "stop" : "retry";
}

// tries: how many reconnects have failed since the last welcome. Full jitter.
export function backoff(tries, random) {
  return random() * Math.min(LONGEST_TRY_MS, FIRST_TRY_MS * 2 ** Math.min(tries, 10));
}

export class WireError extends Error {
  constructor(frame) {
    super(frame.message || frame.code);
    Object.assign(this, frame, { name: "WireError", message: frame.message || frame.code });
  }
}

export class Wire {
  #options;
  #socket = null;
  #waiting = new Map();
  #timer = null;
  #watch = null;
  #tries = 0;
  #renewed = false;
  #heard = 0;
  #live = false;
  #offset = 0;
  #retryMs = 0;
  #ref = 0;
  #run = 0;
  #stopped = false;
  #now;
  #random;
  #timers;

  // hello: async ({renew}) => frame; renew is true when the server did not know the last credentials.
  // An error thrown by hello with a numeric .code stops the wire with that code; others are retried.
  // have: () => ({conv: seq}) of everything applied, told to the server in each pong.
  constructor(options) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    this.#random = options.random ?? Math.random;
    this.#timers = options.timers ?? { set: (f, ms) => setTimeout(f, ms), clear: (id) => clearTimeout(id) };
    this.#connect(false);
  }

  get live() {
    return this.#live;
  }

  serverNow() {
    return this.#now() + this.#offset;
  }

  send(frame) {
    if (!this.#live) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  request(frame) {
    const ref = frame.ref ?? `r${++this.#ref}`;
    return new Promise((resolve, reject) => {
      if (!this.send({ ...frame, ref })) {
        reject(new WireError({ code: "lost" }));
        return;
      }
      this.#waiting.set(ref, { resolve, reject });
    });
  }

  tryNow() {
    if (this.#stopped || this.#socket) return;
    this.#connect(false);
  }

  // Lets go of the socket without forgetting anything (a page that goes into the back/forward cache).
  suspend() {
    if (this.#stopped) return;
    this.#drop(1000);
    this.#say({ state: "waiting", tries: this.#tries });
  }

  close() {
    this.#stopped = true;
    this.#drop(1000);
    this.#say({ state: "stopped", code: 1000 });
  }

  #say(state) {
    this.#options.onState?.(state);
  }

  // Forgets the present socket; whatever it still says is ignored.
  #drop(code) {
    const socket = this.#socket;
    this.#run += 1;
    this.#socket = null;
    this.#live = false;
    this.#timers.clear(this.#timer);
    this.#timers.clear(this.#watch);
    for (const { reject } of this.#waiting.values()) reject(new WireError({ code: "lost" }));
    this.#waiting.clear();
    if (socket) {
      try {
        socket.close(code);
      } catch {
        // Already closing.
      }
    }
  }

  async #connect(renew) {
    this.#drop(1000);
    const run = this.#run;
    this.#say({ state: "connecting", tries: this.#tries });
    let hello;
    try {
      hello = await this.#options.hello({ renew });
    } catch (error) {
      if (run !== this.#run) return;
      if (typeof error?.code === "number") this.#stop(error.code);
      else this.#later(error?.retry_ms ?? 0);
      return;
    }
    if (run !== this.#run) return;
    const Socket = this.#options.WebSocketImpl ?? globalThis.WebSocket;
    let socket;
    try {
      socket = new Socket(this.#options.url, "chat.v1");
    } catch {
      this.#later(0);
      return;
    }
    this.#socket = socket;
    this.#retryMs = 0;
    this.#heard = this.#now();
    this.#listen(run, WELCOME_MS);
    socket.onopen = () => {
      if (run === this.#run) socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (message) => {
      if (run === this.#run) this.#receive(message.data);
    };
    socket.onclose = (event) => {
      if (run === this.#run) this.#closed(event.code ?? 1006);
    };
  }

  // A frozen tab gets its timers late, so silence is measured by the clock and not by the timer.
  #listen(run, limit, rest = limit) {
    this.#timers.clear(this.#watch);
    this.#watch = this.#timers.set(() => {
      if (run !== this.#run) return;
      const left = limit - (this.#now() - this.#heard);
      if (left <= 0) this.#closed(1006);
      else this.#listen(run, limit, left);
    }, rest);
  }

  #closed(code) {
    this.#drop(1000);
    const what = verdict(code);
    if (what === "stop") {
      this.#stop(code);
    } else if (what === "renew") {
      if (this.#renewed) {
        this.#stop(code);
      } else {
        this.#renewed = true;
        this.#connect(true);
      }
    } else {
      this.#later(code === 4004 || code === 4005 ? this.#retryMs : 0);
    }
  }

  #stop(code) {
    this.#stopped = true;
    this.#drop(1000);
    this.#say({ state: "stopped", code });
  }

  #later(leastMs) {
    this.#drop(1000);
    const run = this.#run;
    const delay = Math.max(leastMs, backoff(this.#tries, this.#random));
    this.#tries += 1;
    this.#say({ state: "waiting", retryAt: this.#now() + delay, tries: this.#tries });
    this.#timer = this.#timers.set(() => {
      if (run === this.#run) this.#connect(this.#renewed);
    }, delay);
  }

  #receive(text) {
    this.#heard = this.#now();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    switch (frame.t) {
      case "welcome":
        this.#welcomed(frame);
        break;
      case "ping":
        this.#options.onFrame?.(frame);
        this.send({ t: "pong", n: frame.n, have: this.#options.have?.() ?? {} });
        return;
      case "ev":
        // A stamp is never ahead of the server's clock, so it can only move our idea of it forward.
        this.#offset = Math.max(this.#offset, (frame.ts ?? 0) - this.#now());
        break;
      case "drain":
        this.#timers.clear(this.#timer);
        this.#timer = this.#timers.set(() => this.#connect(false), frame.in_ms ?? 0);
        break;
      case "error":
        this.#retryMs = frame.retry_ms ?? this.#retryMs;
        break;
      default:
    }
    this.#options.onFrame?.(frame);
    this.#settle(frame);
  }

  #welcomed(frame) {
    this.#live = true;
    this.#tries = 0;
    this.#renewed = false;
    if (frame.server_ts) this.#offset = frame.server_ts - this.#now();
    this.#listen(this.#run, SILENCE_MS);
    this.#say({ state: "live", tries: 0 });
  }

  #settle(frame) {
    const asked = frame.ref === undefined || frame.ref === null ? undefined : this.#waiting.get(frame.ref);
    if (!asked) return;
    this.#waiting.delete(frame.ref);
    if (frame.t === "error") asked.reject(new WireError(frame));
    else asked.resolve(frame);
  }
}
