import assert from "node:assert/strict";
import test from "node:test";
import { runs } from "../../static/kit/links.js";

const hrefs = (text) => runs(text).filter((run) => run.href).map((run) => run.href);

test("a web address becomes a link, without the full stop behind it", () => {
  assert.deepEqual(runs("See https://a.example/x?y=1. Then"), [
    { text: "See " }, { href: "https://a.example/x?y=1" }, { text: ". Then" }]);
  assert.deepEqual(hrefs("(https://a.example/b)"), ["https://a.example/b"]);
});

test("nothing but https becomes a link", () => {
  assert.deepEqual(hrefs("http://a.example javascript:alert(1) data:text/html,x ftp://a.example mailto:a@b.example //a.example www.a.example"), []);
});

test("an address that hides its host behind a name is plain text", () => {
  assert.deepEqual(hrefs("https://casino.example@evil.example/ https://user:pass@evil.example/"), []);
});

test("the runs joined again are the text", () => {
  for (const text of ["", "a", "https://", "x https://a.example/<b>https://b.example y", "«https://a.example/ö»\nпривет"]) {
    assert.equal(runs(text).map((run) => run.text ?? run.href).join(""), text);
  }
});
