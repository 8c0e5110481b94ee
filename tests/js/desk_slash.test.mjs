import assert from "node:assert/strict";
import test from "node:test";
import { fill, firstHole, fuzzy, insertAt, pieces, rank, slashAt, unfilled } from "../../static/desk/slash.js";

const response = (shortcut, title, body = "", scope = "everyone") => ({ id: shortcut, shortcut, title, body, scope, lang: "nl" });

const ALL = [
  response("wd-status", "Uitbetaling: status, normale tijd", "Je uitbetaling {{withdrawal_id}}"),
  response("wd-cancel", "Uitbetaling blijft uitbetaling"),
  response("tone-warn", "Eerste waarschuwing over toon"),
  response("kyc-upload", "Verificatie: alleen veilig uploaden", "Stuur je paspoort"),
];

test("a slash opens the list at the start of a word and nowhere else", () => {
  assert.deepEqual(slashAt("/", 1), { start: 0, end: 1, query: "" });
  assert.deepEqual(slashAt("Hoi /wd", 7), { start: 4, end: 7, query: "wd" });
  assert.deepEqual(slashAt("a\n/b", 4), { start: 2, end: 4, query: "b" });
  assert.equal(slashAt("and/or", 6), null);
  assert.equal(slashAt("https://x", 9), null);
  assert.equal(slashAt("/wd done", 8), null);
});

test("the caret decides: text behind it is not part of the query", () => {
  assert.deepEqual(slashAt("/wdx rest", 3), { start: 0, end: 3, query: "wd" });
});

test("the list is filtered: shortcut before title before text", () => {
  const found = (query) => rank(ALL, query).map((entry) => entry.response.shortcut);
  assert.deepEqual(found("wd"), ["wd-cancel", "wd-status"]);
  assert.deepEqual(found("wst"), ["wd-status"]);
  assert.deepEqual(found("paspoort"), ["kyc-upload"]);
  assert.deepEqual(found("waarsch"), ["tone-warn"]);
  assert.deepEqual(found("zzz"), []);
  assert.equal(found("").length, ALL.length);
});

test("an own response comes before the house's of the same name", () => {
  const found = rank([response("hi", "Hello"), response("hi", "Hello", "", "own"), response("hi", "Hello", "", "brand")], "hi");
  assert.deepEqual(found.map((entry) => entry.response.scope), ["own", "brand", "everyone"]);
});

test("matching ignores case in every script", () => {
  assert.deepEqual(fuzzy("ВЫ", "вывод").marks, [0, 1]);
  assert.equal(fuzzy("xy", "wd-status"), null);
});

test("values fill in, a missing one stays to be seen and named", () => {
  const body = "{{player_name}}, {{amount}} via {{ limits_url }}";
  const values = { player_name: "Sanne", amount: "" };
  assert.equal(fill(body, values), "Sanne, {{amount}} via {{limits_url}}");
  assert.deepEqual(unfilled(fill(body, values)), ["amount", "limits_url"]);
  assert.deepEqual(pieces(body, values).filter((part) => part.name).map((part) => part.value), ["Sanne", null, null]);
});

test("values are never filled again and never come from a prototype", () => {
  assert.equal(fill("{{a}}", { a: "{{b}}", b: "no" }), "{{b}}");
  assert.equal(fill("{{constructor}}", {}), "{{constructor}}");
});

test("the first hole is where the next typing goes", () => {
  assert.deepEqual(firstHole("Dear {{name}}, {{x}}"), [5, 13]);
  assert.equal(firstHole("{{ not a variable }} done"), null);
});

test("inserting leaves every other letter of the draft alone", () => {
  assert.deepEqual(insertAt("before /wd after", 7, 10, "TEXT"), { text: "before TEXT after", caret: 11 });
});
