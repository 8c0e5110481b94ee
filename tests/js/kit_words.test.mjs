import assert from "node:assert/strict";
import test from "node:test";
import { waited } from "../../static/kit/clock.js";
import { languageName, load, t, tn } from "../../static/kit/i18n.js";

const RU = {
  "Send": "Отправить",
  "Send to {name}": "Отправить: {name}",
  "{n} new message": ["{n} новое сообщение", "{n} новых сообщения", "{n} новых сообщений"],
};

test("Russian has three forms for whole numbers", () => {
  load(RU, "ru");
  const words = (n) => tn("{n} new message", "{n} new messages", n);
  assert.equal(words(1), "1 новое сообщение");
  assert.equal(words(3), "3 новых сообщения");
  assert.equal(words(5), "5 новых сообщений");
  assert.equal(words(11), "11 новых сообщений");
  assert.equal(words(21), "21 новое сообщение");
  assert.equal(words(112), "112 новых сообщений");
});

test("two forms elsewhere, and English where the catalogue is silent", () => {
  for (const lang of ["nl", "sv", "fi", "en"]) {
    load({ "{n} new message": ["eins {n}", "zwei {n}"] }, lang);
    assert.equal(tn("{n} new message", "{n} new messages", 1), "eins 1");
    assert.equal(tn("{n} new message", "{n} new messages", 2), "zwei 2");
  }
  load({}, "sv");
  assert.equal(t("Send to {name}", { name: "Mika" }), "Send to Mika");
  assert.equal(tn("{n} new message", "{n} new messages", 4), "4 new messages");
});

test("values are put in once and never read as patterns", () => {
  load(RU, "ru");
  assert.equal(t("Send to {name}", { name: "{name} $&" }), "Отправить: {name} $&");
  assert.equal(t("Send"), "Отправить");
});

test("an unknown language falls back to English rules", () => {
  load({}, "not a language!");
  assert.equal(tn("{n} a", "{n} b", 2), "2 b");
  assert.equal(languageName("fi"), "Finnish");
});

test("a wait has a state, a shape of text, and an honest dash", () => {
  assert.deepEqual(waited(0, 59_999), { state: "calm", text: "0:59", seconds: 59 });
  assert.equal(waited(0, 60_000).state, "soon");
  assert.deepEqual(waited(0, 134_000), { state: "late", text: "2:14", seconds: 134 });
  assert.equal(waited(0, 3_725_000).text, "1:02:05");
  assert.equal(waited(null, 5).state, "answered");
  assert.deepEqual(waited(undefined, 5), { state: "none", text: "–", seconds: null });
  assert.equal(waited(10_000, 5_000).text, "0:00");
});
