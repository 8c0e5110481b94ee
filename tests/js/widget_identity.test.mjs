import assert from "node:assert/strict";
import test from "node:test";
import { claims, Identity, Refused } from "../../static/widget/identity.js";
import { memory, storage } from "../../static/widget/kept.js";

const token = (sub, more = {}) => `h.${Buffer.from(JSON.stringify({ sub, ...more })).toString("base64url")}.s`;

// A server that hands out s1, s2 … and remembers what it was asked.
function server(refuse = null) {
  const calls = [];
  const fetch = async (url, { method, headers = {}, body }) => {
    calls.push({ url, method, auth: headers.Authorization ?? null, body: body ? JSON.parse(body) : null });
    if (method === "DELETE") return { status: 204 };
    if (refuse) return { status: 401, headers: new Headers(), json: async () => ({ error: { code: refuse } }) };
    const session = `s${calls.filter((call) => call.method === "POST").length}`;
    return { status: 201, json: async () => ({ session, expires_ts: 1e15, brand: { name: "A" } }) };
  };
  return { calls, fetch, posts: () => calls.filter((call) => call.method === "POST"), ended: () => calls.filter((call) => call.method === "DELETE").map((call) => call.auth) };
}

const made = (at, store = memory(), more = {}) => new Identity({ brand: "aurora", lang: "nl", url: "/s", store, fetch: at.fetch, now: () => 1, ...more });

test("a visitor's session is kept and used again after a reload", async () => {
  const at = server();
  const store = memory();
  assert.equal(await made(at, store).session(), "s1");
  assert.equal(await made(at, store).session(), "s1");
  assert.deepEqual(at.posts().map((call) => call.body), [{ brand: "aurora", lang: "nl" }]);
});

test("a known player's session is not used on a page that vouches for nobody", async () => {
  const at = server();
  const store = memory();
  const known = made(at, store);
  known.identify(token("a"));
  assert.equal(await known.session(), "s1");
  assert.equal(await made(at, store).session(), "s2");
  const again = made(at, store);
  again.identify(token("a"));
  assert.equal(await again.session(), "s1");
});

test("another player on the same computer ends the last one's session and gets nothing of it", async () => {
  const at = server();
  const store = memory();
  const first = made(at, store);
  first.identify(token("a"));
  await first.session();
  store.setItem(`${first.prefix}${first.record().box}.out.1`, "secret");
  const second = made(at, store);
  second.identify(token("b"));
  assert.equal(second.record(), null);
  assert.equal(await second.session(), "s2");
  assert.deepEqual(at.ended(), ["Session s1"]);
  assert.equal(Array.from({ length: store.length }, (_, i) => store.getItem(store.key(i))).some((value) => value.includes("secret")), false);
});

test("a visitor who signs in keeps his chat: the old session goes along, the unsent words too", async () => {
  const at = server();
  const store = memory();
  const identity = made(at, store);
  await identity.session();
  identity.remember({ conv: "c1" });
  const { box } = identity.record();
  assert.equal(identity.identify(token("a")), false);
  assert.equal(await identity.session(), "s2");
  assert.equal(at.posts()[1].auth, "Session s1");
  assert.deepEqual([identity.record().box, identity.record().conv], [box, "c1"]);
  assert.equal(store.getItem(`${identity.prefix}guest`), null);
});

test("the same player's fresh token changes nothing, another's does", () => {
  const identity = made(server());
  identity.identify(token("a", { jti: 1 }));
  assert.equal(identity.identify(token("a", { jti: 2 })), false);
  assert.equal(identity.identify(token("b")), true);
});

test("signing out ends every session and forgets everything of the brand", async () => {
  const at = server();
  const store = memory();
  store.setItem("chatdesk.w.northlight.guest", "other brand");
  const identity = made(at, store);
  await identity.session();
  store.setItem(`${identity.prefix}box.draft`, "words");
  identity.logout();
  assert.deepEqual(at.ended(), ["Session s1"]);
  assert.equal(store.length, 1);
  assert.equal(await identity.session(), "s2");
});

test("a visitor whose session is over here lets the server say whether it is", async () => {
  const at = server();
  const store = memory();
  await made(at, store).session();
  const later = made(at, store, { now: () => 2e15 });
  later.remember({ conv: "c1" });
  const { box } = later.record();
  assert.equal(await later.session(), "s2");
  assert.equal(at.posts()[1].auth, "Session s1");
  assert.deepEqual([later.record().session, later.record().conv, later.record().box], ["s2", "c1", box]);
});

test("a known player's session that is over is not shown again", async () => {
  const at = server();
  const store = memory();
  const first = made(at, store);
  first.identify(token("a"));
  await first.session();
  const later = made(at, store, { now: () => 2e15 });
  later.identify(token("a"));
  await later.session();
  assert.equal(at.posts()[1].auth, null);
});

test("renewal asks for a new session without the old one", async () => {
  const at = server();
  const identity = made(at);
  await identity.session();
  assert.equal(await identity.session({ renew: true }), "s2");
  assert.equal(at.posts()[1].auth, null);
});

test("a refusal that is final stops the wire and names its code", async () => {
  const identity = made(server("blocked"));
  await assert.rejects(identity.session(), (error) => error instanceof Refused && error.refusal === "blocked" && error.code === 4403);
});

test("a refusal for now is tried again", async () => {
  const identity = made(server("rate"));
  await assert.rejects(identity.session(), (error) => !(error instanceof Refused) && error.retry_ms === 2000);
});

test("storage that throws is replaced by memory, and says so", () => {
  const { store, persistent } = storage(() => { throw new Error("SecurityError"); });
  store.setItem("a", 1);
  assert.deepEqual([persistent, store.getItem("a"), store.getItem("b")], [false, "1", null]);
});

test("what is no token has no claims", () => {
  assert.deepEqual(claims("nonsense"), {});
  assert.equal(claims(token("ä")).sub, "ä");
});
