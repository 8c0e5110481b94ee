import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { hidden, masked, previewed } from "../../static/kit/care.js";
import { empty } from "../../static/kit/transcript.js";
import { rows } from "../../static/widget/rows.js";

const CASES = JSON.parse(readFileSync(new URL("../data/care.json", import.meta.url), "utf8"));
const CARD = "4111 1111 1111 1111";
const HIDDEN_CARD = "•••• •••• •••• 1111";

test("card numbers, codes and passwords are hidden", () => {
  for (const [text, shown] of CASES.hidden) assert.equal(masked(text), shown, JSON.stringify(text));
});

test("what only looks like one stays", () => {
  for (const text of CASES.kept) assert.equal(masked(text), text);
});

test("what is hidden already stays as it is", () => {
  for (const [, shown] of CASES.hidden) assert.equal(masked(shown), shown);
});

test("the last four digits stay, however many spaces stand between", () => {
  assert.equal(masked("4111\n\n1111     1111 \u200b 1111"), "••••\n\n••••     •••• \u200b 1111");
});

test("a half sign of two does not move what is hidden", () => {
  assert.equal(masked(`\ud83d ${CARD} \ude00`), `\ud83d ${HIDDEN_CARD} \ude00`);
});

test("a text of any size is gone through", () => {
  const long = `${"4111 ".repeat(60_000)}pin 1234 `.repeat(2);
  assert.equal(masked(long).length, long.length);
});

test("what was hidden can be told from the text", () => {
  assert.equal(hidden(masked(`it is ${CARD}`)), "card");
  assert.equal(hidden(masked([...CARD.replaceAll(" ", "")].join(" "))), "card");
  assert.equal(hidden(masked("my password is hunter2")), "secret");
  assert.equal(hidden(masked("cvv 123")), "secret");
  for (const text of ["", "hello", "• one\n• two\n• three\n• four", "12 • 34", ...CASES.kept.filter((one) => !one.includes("••"))]) assert.equal(hidden(text), null, text);
});

test("a preview shows no long number, which may be most of a card's", () => {
  assert.equal(previewed("card 4111 1111 1111 111"), "card •••• •••• •••• •••");
  assert.equal(previewed("４１１１-１１１１-１"), "••••-••••-•");
  assert.equal(previewed("12 500 kr since 2026"), "12 500 kr since 2026");
  assert.equal(previewed("my password is hunter2"), "my password is ••••");
});

test("the player's own bubble says what was hidden in it, before and after it is sent", () => {
  const entry = { cmid: "x", conv: "c", body: HIDDEN_CARD, state: "sending", ts: Date.now(), seq: null };
  const event = (role) => ({ conv: "c", seq: 1, kind: "message", ts: Date.now(), from: { role, alias: "Vera" }, body: HIDDEN_CARD });
  const told = (log, pending) => rows(log, pending, null).map((row) => row.hidden);
  assert.deepEqual(told(empty("c"), [entry]), ["card"]);
  assert.deepEqual(told({ ...empty("c"), events: [event("player")], last: 1 }, []), ["card"]);
  assert.deepEqual(told({ ...empty("c"), events: [event("agent")], last: 1 }, []), [null]);
});
