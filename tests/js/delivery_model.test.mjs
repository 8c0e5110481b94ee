// The delivery against a model of server, network and browser: whatever happens, every message is committed
// once and in the order of writing, none is lost, and each has one bubble at every instant. A run is named
// by its seed; when one breaks, the steps that it needs are printed.
import assert from "node:assert/strict";
import test from "node:test";
import { laneOf, newCmid, Outbox } from "../../static/kit/outbox.js";
import { Broken, KINDS, plain, seeded, Tab, World } from "./model_world.mjs";

const STEPS = 120;
const SEEDS = Number(process.env.CHATDESK_SEEDS ?? 30);
const MUTANT_SEEDS = 60;
const QUIET_MS = 240_000;

const pick = (random, list) => list[Math.floor(random() * list.length)];

// [weight, name]; the dice of a step depend on its number alone, so that steps can be left out.
const ACTS = [
  [26, "write"], [6, "answer"], [22, "wait"], [6, "wait longer"], [4, "cut a socket"], [3, "kill the server"], [4, "stall a socket"], [3, "network"],
  [3, "freeze"], [3, "stop the process"], [6, "thaw"], [3, "put away"], [4, "bring back"], [3, "reload"], [2, "open a tab"], [2, "close a tab"],
  [3, "slow server"], [2, "drain"], [5, "decide"], [1, "look"], [2, "storage"],
];
const TOTAL = ACTS.reduce((sum, [weight]) => sum + weight, 0);

function actOf(random) {
  let dice = random() * TOTAL;
  return ACTS.find(([weight]) => (dice -= weight) < 0)[1];
}

function awake(world) {
  return world.tabs.filter((tab) => !tab.still && !tab.hidden);
}

async function step(world, name, random) {
  const tab = pick(random, awake(world));
  switch (name) {
    case "write": return write(world, tab, pick(random, world.convs), 1 + Math.floor(random() * 3));
    case "answer": return void world.server.post(pick(random, world.convs), `agent ${world.server.events("c1").length} ${random()}`);
    case "wait": return world.pass(random() * 400);
    case "wait longer": return world.pass(random() * 25_000);
    case "cut a socket": return void pick(random, [...world.pipes])?.cut(pick(random, [1006, 1011, 4001, 4004]));
    case "kill the server": return void [...world.pipes].forEach((pipe) => pipe.cut(1006, random() < 0.8));
    case "stall a socket": return void [pick(random, [...world.pipes])].forEach((pipe) => { if (pipe) pipe.stalled = true; });
    case "network": return network(world);
    case "freeze": return freeze(world, tab, true);
    case "stop the process": return freeze(world, tab, false);
    case "thaw": return thaw(world, pick(random, world.tabs.filter((one) => one.still)));
    case "put away": return putAway(world, tab);
    case "bring back": return bringBack(world, pick(random, world.tabs.filter((one) => one.hidden)));
    case "reload": return world.kind.shared ? reload(world, tab) : undefined;
    case "open a tab": return void (world.tabs.length < 3 && world.tabs.push(new Tab(world, `w${world.opened++}`)));
    case "close a tab": return void (world.kind.shared && world.tabs.length > 1 && close(world, pick(random, world.tabs)));
    case "slow server": return void (world.server.slowMs = random() < 0.5 ? 0 : 20_000);
    case "drain": return void pick(random, [...world.pipes])?.down({ t: "drain", in_ms: random() * 500 });
    case "storage": return void (world.storage.full = Boolean(world.kind.fills) && !world.storage.full);
    case "decide": return decide(world, tab, random);
    default: return void tab?.event(tab.window.document, "visibilitychange");
  }
}

function write(world, tab, conv, count) {
  for (let i = 0; tab && i < count; i++) {
    const line = { body: `m${world.written.length}`, conv, writer: tab.writer, deleted: false };
    world.written.push(line);
    tab.own.add(line);
    tab.delivery.add(conv, line.body, {});
    world.look();
  }
}

// Retry, edit or delete: what a person does with a message that failed.
function decide(world, tab, random) {
  if (!tab) return;
  for (const conv of world.convs) {
    for (const entry of tab.delivery.pending(conv)) {
      const dice = random();
      if (entry.state !== "failed" || dice < 0.4) tab.delivery.retry(entry.cmid);
      else {
        const body = tab.delivery.edit(entry.cmid);
        if (body !== null) {
          const line = world.written.find((one) => one.body === body);
          line.deleted = true;
          for (const other of world.tabs) other.own.delete(line);
        }
      }
    }
  }
}

function network(world) {
  world.reachable = !world.reachable;
  if (!world.reachable) for (const pipe of world.pipes) pipe.stalled = true;
  for (const tab of world.tabs) world.time.after(5, tab, () => tab.event(tab.window, world.reachable ? "online" : "offline"));
}

function freeze(world, tab, told) {
  if (!tab || awake(world).length < 2) return;
  if (told) tab.event(tab.window.document, "freeze");
  tab.told = told;
  tab.still = true;
  tab.own.clear();
  world.stands(tab);
}

function thaw(world, tab) {
  if (!tab) return;
  Object.assign(tab, { still: false, thawed: world.time.now });
  if (tab.told) tab.event(tab.window.document, "resume");
}

function putAway(world, tab) {
  if (!tab || awake(world).length < 2) return;
  tab.event(tab.window, "pagehide", { persisted: true });
  Object.assign(tab, { hidden: true, still: true });
  tab.own.clear();
  world.stands(tab);
}

function bringBack(world, tab) {
  if (!tab) return;
  Object.assign(tab, { hidden: false, still: false });
  tab.event(tab.window, "pageshow", { persisted: true });
}

function close(world, tab) {
  tab.gone = true;
  for (const socket of [...tab.sockets]) socket.close();
  world.tabs = world.tabs.filter((one) => one !== tab);
  world.locks.left(tab);
}

function reload(world, tab) {
  if (!tab) return;
  close(world, tab);
  world.tabs.push(new Tab(world, tab.writer));
}

async function quiet(world) {
  world.calm = true;
  world.storage.full = false;
  world.server.slowMs = 0;
  if (!world.reachable) network(world);
  for (const tab of world.tabs) {
    if (tab.hidden) bringBack(world, tab);
    else if (tab.still) thaw(world, tab);
  }
  await world.pass(QUIET_MS);
  for (const tab of world.tabs) for (const conv of world.convs) for (const { cmid } of tab.delivery.pending(conv)) tab.delivery.retry(cmid);
  await world.pass(60_000);
}

function judge(world) {
  for (const conv of world.convs) {
    const events = world.server.events(conv);
    const bodies = events.map((event) => event.body);
    world.hold(new Set(bodies).size === bodies.length, `a message twice in ${conv}`);
    const order = {};
    for (const { body, writer } of events.map((event) => world.written.find((line) => line.body === event.body) ?? {})) {
      if (!body || world.refused.has(body)) continue;
      const number = Number(body.slice(1));
      world.hold(number > (order[writer] ?? -1), `${body} out of order in ${conv}`);
      order[writer] = number;
    }
    for (const line of world.written.filter((one) => one.conv === conv)) {
      world.hold(bodies.includes(line.body) !== line.deleted, `${line.body} is ${line.deleted ? "committed, though it was taken back" : "lost"}`);
    }
    for (const tab of world.tabs) {
      world.hold(tab.delivery.pending(conv).length === 0, `a bubble that waits for nothing in ${conv}`);
      const log = tab.logs[conv]?.events ?? [];
      world.hold(log.length === events.filter((event) => event.seq >= (log[0]?.seq ?? 0)).length && log.every((event) => events[event.seq - 1].body === event.body),
        `a transcript of ${conv} that is not the server's`);
    }
  }
}

// What went wrong, or null. steps: the numbers of those to take.
async function run(seed, kind, steps = Array.from({ length: STEPS }, (_, i) => i)) {
  const world = new World(seed, kind);
  world.opened = 2;
  world.server.strict = true;
  try {
    world.tabs.push(new Tab(world, "w0"), new Tab(world, "w1"));
    await world.pass(5_000);
    for (const number of steps) {
      const random = seeded(seed * 1000 + number);
      await step(world, actOf(random), random);
    }
    await quiet(world);
    judge(world);
    world.look();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return error.message;
  }
  return null;
}

// Leaves out whatever is not needed for something to go wrong.
async function shrunk(seed, kind) {
  let steps = Array.from({ length: STEPS }, (_, i) => i);
  for (let size = STEPS / 2; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length; at += size) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await run(seed, kind, fewer)) {
        steps = fewer;
        at -= size;
      }
    }
  }
  const names = steps.map((number) => `${number} ${actOf(seeded(seed * 1000 + number))}`);
  return `seed ${seed}: ${await run(seed, kind, steps)} after ${names.join(", ")}`;
}

for (const [name, kind] of Object.entries(KINDS)) {
  test(`every message once, in order, with one bubble: ${name}`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) if (await run(seed, kind)) assert.fail(await shrunk(seed, kind));
  });
}

// ---- faults planted on purpose: a model that lets one pass would prove nothing ----

// A patch of the outbox for as long as one run takes.
function patched(method, by) {
  return {
    plant() {
      const original = Outbox.prototype[method];
      Outbox.prototype[method] = by(original);
      return () => { Outbox.prototype[method] = original; };
    },
  };
}

const MUTANTS = {
  "all that waits is sent at once": patched("next", () => {
    const out = new WeakSet();
    return function next(lane) {
      const entry = this.all().find((one) => laneOf(one) === lane && one.state === "waiting" && !out.has(one));
      if (entry) out.add(entry);
      return entry ?? null;
    };
  }),
  "a retry has a cmid of its own": { kind: { frameOf: retried() } },
  "two tabs own the outbox": { kind: { locks: () => ({ request: (name, how, act) => new Promise(() => act({})) }) } },
  "what was in flight is given up with its socket": patched("lost", () => () => {}),
  "an ack takes the bubble away": patched("pending", (pending) => function unsent(conv) {
    return pending.call(this, conv).filter((entry) => entry.state !== "sent");
  }),
  "a message may be edited while it is on its way": patched("edit", () => function edit(cmid) {
    const entry = this.get(cmid);
    this.forget(entry.conv);
    return entry.body;
  }),
  "the tabs do not look at what the others did": { kind: { storage: (tab) => remembered(tab.storage), shared: true } },
};

function retried() {
  const tried = new Set();
  return (entry) => {
    const cmid = tried.has(entry.cmid) ? newCmid() : entry.cmid;
    tried.add(entry.cmid);
    return { ...plain(entry), cmid };
  };
}

// A storage in which a tab sees only what it has read or written itself.
function remembered(storage) {
  const seen = new Map();
  return {
    get length() { return storage.length; },
    key: (i) => storage.key(i),
    getItem(key) {
      if (!seen.has(key)) seen.set(key, storage.getItem(key));
      return seen.get(key);
    },
    setItem(key, value) {
      seen.set(key, value);
      storage.setItem(key, value);
    },
    removeItem(key) {
      seen.set(key, null);
      storage.removeItem(key);
    },
  };
}

for (const [name, { kind = {}, plant = () => () => {} }] of Object.entries(MUTANTS)) {
  test(`a mutant is caught: ${name}`, async () => {
    const restore = plant();
    try {
      for (let seed = 1; seed <= MUTANT_SEEDS; seed++) if (await run(seed, { ...KINDS.shared, ...kind })) return;
      assert.fail("nothing went wrong");
    } finally {
      restore();
    }
  });
}
