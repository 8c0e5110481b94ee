import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "node:test";

const STATIC = new URL("../../static/", import.meta.url).pathname;
const template = readFileSync(new URL("../../templates/players/widget.html", import.meta.url), "utf8");

function modules(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, path] of readFileSync(join(STATIC, name), "utf8").matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)) {
    modules(normalize(join(dirname(name), path)), found);
  }
  return found;
}

test("the page asks for every module at once, and for no other", () => {
  const asked = [...template.matchAll(/rel="modulepreload" href="\{% static '([^']+)'/g)].map((match) => match[1]);
  const needed = [...modules("widget/main.js")].filter((name) => name !== "widget/main.js");
  assert.deepEqual(asked.sort(), needed.sort());
});

test("the page holds no inline script and no inline style", () => {
  assert.doesNotMatch(template, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});
