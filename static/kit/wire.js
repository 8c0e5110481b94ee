// One socket to one server: says hello, answers pings, reconnects with jitter, resumes by hello, and
// knows which close codes mean "try again" and which mean "tell the person".
const FIRST_TRY_MS = 3_000;
const LONGEST_TRY_MS = 30_000;
const SILENCE_MS = 35_000;
const WELCOME_MS = 15_000;
const PROBE_MS = 5_000;
const LOOK_MS = 5_000;
const SLEPT_MS = 10_000;

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
  #phase = "waiting"; // connecting, live, stopped
  #since = 0; // when it began to connect
  #heard = 0;
  #until = 0; // heard nothing by then: the socket is dead
  #notBefore = 0; // the server asked us to stay away
  #offset = 0;
  #retryMs = 0;
  #ref = 0;
  #run = 0;
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
    return this.#phase === "live";
  }

  serverNow() {
    return this.#now() + this.#offset;
  }

  send(frame) {
    if (!this.live) return false;
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
    if (this.#phase === "waiting") this.#later(0, 0);
  }

  // The page is seen again, the network is back, the machine woke up: whatever we believed is old.
  wake(spreadMs = 0) {
    const now = this.#now();
    if (this.#phase === "stopped") return;
    if (this.live && now < this.#until) {
      if (now - this.#heard > 1000) this.probe();
      return;
    }
    // One that began while there was no network may hang.
    if (this.#phase === "connecting" && now - this.#since < PROBE_MS) return;
    this.#tries = 0;
    this.#later(0, this.#random() * spreadMs);
  }

  // Whether the other end is still there: a command that no server knows is refused at once, without a
  // look at the database. Any frame within 5 s is life.
  probe() {
    if (!this.send({ t: "probe", ref: "probe" })) return;
    this.#until = Math.min(this.#until, this.#now() + PROBE_MS);
    this.#listen();
  }

  // It does not answer.
  lost() {
    if (this.live) this.#closed(1006);
  }

  // Lets go of the socket without forgetting anything; wake() goes on.
  suspend() {
    if (this.#phase === "stopped") return;
    this.#drop();
    this.#say({ state: "waiting", tries: this.#tries });
  }

  close() {
    this.#stop(1000);
  }

  #say(state) {
    this.#options.onState?.(state);
  }

  // Forgets the present socket; whatever it still says is ignored.
  #drop() {
    const socket = this.#socket;
    this.#run += 1;
    this.#socket = null;
    this.#phase = "waiting";
    this.#timers.clear(this.#timer);
    this.#timers.clear(this.#watch);
    for (const { reject } of this.#waiting.values()) reject(new WireError({ code: "lost" }));
    this.#waiting.clear();
    if (socket) {
      try {
        socket.close(1000);
      } catch {
        // Already closing.
      }
    }
  }

  async #connect(renew) {
    this.#drop();
    const run = this.#run;
    this.#phase = "connecting";
    this.#since = this.#heard = this.#now();
    this.#until = this.#since + WELCOME_MS;
    this.#listen();
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

  // Timers stand still while a tab is frozen or a machine sleeps, so silence is measured by the clock,
  // which is looked at often.
  #listen() {
    const run = this.#run;
    const looked = this.#now();
    this.#timers.clear(this.#watch);
    this.#watch = this.#timers.set(() => {
      if (run !== this.#run) return;
      const now = this.#now();
      if (now >= this.#until) {
        this.#closed(1006);
        return;
      }
      this.#listen();
      if (now - looked > LOOK_MS + SLEPT_MS) this.probe();
    }, Math.min(LOOK_MS, this.#until - looked));
  }

  #closed(code) {
    this.#drop();
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
    this.#drop();
    this.#phase = "stopped";
    this.#say({ state: "stopped", code });
  }

  // leastMs: what the server asked for; nothing shortens it.
  #later(leastMs, delayMs = backoff(this.#tries++, this.#random)) {
    this.#drop();
    const run = this.#run;
    const now = this.#now();
    this.#notBefore = Math.max(this.#notBefore, now + leastMs);
    const retryAt = Math.max(this.#notBefore, now + delayMs);
    if (retryAt === now) {
      this.#connect(this.#renewed);
      return;
    }
    this.#say({ state: "waiting", retryAt, tries: this.#tries });
    this.#timer = this.#timers.set(() => {
      if (run === this.#run) this.#connect(this.#renewed);
    }, retryAt - now);
  }

  #receive(text) {
    this.#heard = this.#now();
    if (this.live) this.#until = this.#heard + SILENCE_MS;
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
        // How long a casino stays closed says nothing about when to connect again.
        if (frame.code !== "at_capacity") this.#retryMs = frame.retry_ms ?? this.#retryMs;
        break;
      default:
    }
    this.#options.onFrame?.(frame);
    this.#settle(frame);
  }

  #welcomed(frame) {
    this.#phase = "live";
    this.#tries = 0;
    this.#renewed = false;
    if (frame.server_ts) this.#offset = frame.server_ts - this.#now();
    this.#until = this.#heard + SILENCE_MS;
    this.#listen();
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
