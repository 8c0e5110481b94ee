// The loader as it is served, in a page of pretence: just enough DOM to see what it makes and says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../static/built/w.js", import.meta.url), "utf8");
const ORIGIN = "https://chat.example";
const token = (sub, lang) => `h.${Buffer.from(JSON.stringify({ sub, lang })).toString("base64url")}.s`;

function element(name) {
  const made = {
    name, children: [], style: { setProperty() {} }, attributes: {}, removed: false, parent: null,
    setAttribute(key, value) { made.attributes[key] = value; },
    addEventListener() {}, focus() { made.focused = true; },
    appendChild(child) { made.children.push(child); child.parent = made; return child; },
    append(child) { made.appendChild(child); },
    before(child) { made.parent.children.unshift(child); child.parent = made.parent; },
    remove() { made.removed = true; if (made.parent) made.parent.children = made.parent.children.filter((one) => one !== made); },
    attachShadow() { made.shadow = element("shadow"); return made.shadow; },
  };
  if (name === "iframe") made.contentWindow = { postMessage(message, origin, ports) { made.handed = { message, origin, port: ports[0] }; } };
  return made;
}

// A page with the loader in it. load: what the frame's page does once it is there.
function page({ dataset = { brand: "aurora", colour: "#0B6B66" }, early = null, kept = {}, phone = false, storage = true } = {}) {
  const store = () => ({ getItem: (key) => kept[key] ?? null, setItem: (key, value) => { kept[key] = value; }, removeItem: (key) => { delete kept[key]; } });
  const warnings = [];
  const window = { visualViewport: null };
  if (storage) Object.assign(window, { localStorage: store(), sessionStorage: store() });
  if (early) {
    const queue = function queue() { queue.q.push(arguments); };
    queue.q = [];
    window.chatdesk = queue;
    early(queue);
  }
  const body = element("body");
  const document = {
    body, activeElement: null, documentElement: { lang: "en" }, currentScript: { src: `${ORIGIN}/w.js`, dataset },
    createElement: element, createElementNS: (_, name) => element(name), addEventListener() {},
  };
  class Channel {
    constructor() {
      const said = [];
      this.port1 = { said, postMessage: (message) => said.push(message) };
      this.port2 = this.port1;
    }
  }
  const context = vm.createContext({
    window, document, URL, location: { href: "https://casino.example/" }, navigator: { language: "fi" }, atob, setTimeout: () => 1, clearTimeout() {},
    matchMedia: () => ({ matches: phone, addEventListener() {}, removeEventListener() {} }), MessageChannel: Channel,
    CSSStyleSheet: class { replaceSync() {} }, console: { warn: (text) => warnings.push(text), error() {} }, encodeURIComponent,
  });
  vm.runInContext(SOURCE, context);
  const root = () => body.children[0]?.shadow;
  const find = (name) => root()?.children.filter((one) => one.name === name) ?? [];
  return {
    chatdesk: window.chatdesk, warnings, kept, body, document,
    frames: () => find("iframe"), button: () => find("button")[0],
    again: () => vm.runInContext(SOURCE, context),
    load() {
      find("iframe")[0].onload();
      return find("iframe")[0].handed;
    },
    said: () => find("iframe")[0].handed.port.said,
    hear: (data) => find("iframe")[0].handed.port.onmessage({ data }),
  };
}

test("before the first click there is a button, and no frame and nothing kept", () => {
  const { frames, button, kept } = page();
  assert.equal(button().ariaLabel, "Chat with us");
  assert.deepEqual([frames().length, Object.keys(kept).length], [0, 0]);
});

test("a click makes one frame of our own origin and hands a port to that origin only", () => {
  const it = page();
  it.button().onclick();
  it.button().onclick();
  it.button().onclick();
  assert.equal(it.frames().length, 1);
  assert.equal(it.frames()[0].src, `${ORIGIN}/widget/aurora/?lang=en`);
  const { message, origin } = it.load();
  assert.equal(origin, ORIGIN);
  assert.equal(message.open, true);
});

test("calls made before loading run in their order", () => {
  const it = page({ early: (chatdesk) => { chatdesk("identify", token("a")); chatdesk("open"); chatdesk("identify", token("b")); } });
  assert.equal(it.frames().length, 1);
  assert.equal(it.load().message.token, token("b"));
});

test("twenty calls in any order leave one frame", () => {
  const it = page();
  const verbs = ["open", "identify", "close", "toggle", "show", "hide", "prefill", "update", "boot"];
  for (let i = 0; i < 20; i++) it.chatdesk(verbs[(i * 7) % verbs.length], i % 2 ? token("a") : undefined);
  assert.equal(it.frames().length, 1);
});

test("an unknown verb is a warning, not an error", () => {
  const it = page();
  it.chatdesk("toString");
  it.chatdesk("dance");
  assert.equal(it.warnings.length, 2);
});

test("a token never stands in an address", () => {
  const it = page();
  it.chatdesk("identify", token("a", "sv"));
  it.chatdesk("open");
  assert.equal(it.frames()[0].src, `${ORIGIN}/widget/aurora/?lang=sv`);
  assert.equal(it.load().message.token, token("a", "sv"));
});

test("the page's word about the language comes before the token's", () => {
  const it = page({ dataset: { brand: "aurora", lang: "nl" } });
  it.chatdesk("identify", token("a", "sv"));
  assert.equal(it.button().ariaLabel, "Chat met ons");
});

test("closing gives the focus back to the button when it was in the chat", () => {
  const it = page();
  it.chatdesk("open");
  it.document.activeElement = it.body.children[0];
  it.load();
  it.hear({ t: "minimise" });
  assert.equal(it.button().focused, true);
  assert.equal(it.button().ariaExpanded, false);
});

test("unread messages are counted on the button and told to the page", () => {
  const it = page();
  const heard = [];
  it.chatdesk("on", "unread", (n) => heard.push(n));
  it.chatdesk("open");
  it.load();
  it.chatdesk("close");
  it.hear({ t: "unread", n: 3 });
  it.hear({ t: "unread", n: 3 });
  assert.deepEqual(heard, [3]);
  assert.match(it.button().ariaLabel, /New messages: 3/);
});

test("signing out wipes inside the frame, then the frame goes", () => {
  const it = page();
  it.chatdesk("identify", token("a"));
  it.chatdesk("open");
  it.load();
  it.chatdesk("logout");
  assert.deepEqual(it.said().map((message) => message.t), ["panel", "logout"]);
  it.hear({ t: "out" });
  assert.deepEqual([it.frames().length, Object.keys(it.kept).length], [0, 0]);
});

test("signing out where a chat was used on an earlier page wipes it unseen", () => {
  const it = page({ kept: { "chatdesk.aurora": "used" }, phone: true });
  const before = it.frames().length;
  it.chatdesk("logout");
  assert.equal(before, 1); // it goes on in the background
  assert.equal(it.load().message.out, true);
  it.hear({ t: "out" });
  assert.equal(it.frames().length, 0);
});

test("signing out where no chat was ever used makes no frame", () => {
  const it = page();
  it.chatdesk("logout");
  assert.equal(it.frames().length, 0);
});

test("opening while it signs out waits for the wiping, and then knows the new player only", () => {
  const it = page();
  it.chatdesk("identify", token("a"));
  it.chatdesk("open");
  it.load();
  it.chatdesk("logout");
  it.chatdesk("identify", token("b"));
  it.chatdesk("open");
  assert.equal(it.said().some((message) => message.t === "identify"), false);
  it.hear({ t: "out" });
  assert.equal(it.load().message.token, token("b"));
});

test("blocked storage stops nothing", () => {
  const it = page({ storage: false });
  it.chatdesk("open");
  assert.equal(it.load().message.open, true);
});

test("a second copy of the script changes nothing", () => {
  const it = page();
  it.again();
  assert.equal(it.body.children.length, 1);
});

test("after destroy nothing is left, and boot begins again", () => {
  const it = page();
  it.chatdesk("open");
  it.chatdesk("destroy");
  it.chatdesk("open");
  assert.equal(it.body.children.length, 0);
  it.chatdesk("boot", { brand: "northlight" });
  assert.equal(it.body.children.length, 1);
  assert.equal(it.frames().length, 0);
});

test("without a brand it waits for boot", () => {
  const it = page({ dataset: {} });
  it.chatdesk("open");
  assert.equal(it.body.children.length, 0);
  it.chatdesk("boot", { brand: "aurora" });
  assert.equal(it.frames().length, 1);
});
