// What is committed in static/built/ is what the pinned esbuild makes of the sources of this commit.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { build, TARGET } from "../../static/bundle.mjs";

const read = (name) => readFileSync(join(TARGET, name), "utf8");

test("what players load is built from what is here: else `make widget`", async () => {
  const built = await build();
  assert.deepEqual(readdirSync(TARGET).sort(), [...built.keys()].sort());
  for (const [name, text] of built) assert.ok(read(name) === text, `${name} is not what its sources say: make widget`);
});

test("what players load names no source map and no source", () => {
  for (const name of readdirSync(TARGET)) assert.doesNotMatch(read(name), /sourceMappingURL|\/\* widget|static\//, name);
});

test("the first screen's part asks for nothing but its own files", () => {
  assert.deepEqual([...read("widget.js").matchAll(/(?:from|import)\s*"([^"]+)"/g)].map(([, path]) => path), ["./shared.js"]);
  assert.doesNotMatch(read("shared.js"), /(?:\bfrom|\bimport)\s*["(]\.?\//);
});
