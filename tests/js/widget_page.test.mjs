import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const template = readFileSync(new URL("../../templates/players/widget.html", import.meta.url), "utf8");

test("the page asks for the built files of the first screen, and for no other", () => {
  const asked = [...template.matchAll(/\{% static '([^']+)'/g)].map((match) => match[1]);
  assert.deepEqual(asked.sort(), ["built/shared.js", "built/widget.css", "built/widget.js"]);
});

test("the page holds no inline script and no inline style", () => {
  assert.doesNotMatch(template, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});
