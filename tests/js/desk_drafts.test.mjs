import assert from "node:assert/strict";
import test from "node:test";
import { Drafts, MODES } from "../../static/desk/drafts.js";

function storage(map = new Map()) {
  return {
    map,
    get length() { return map.size; },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => { map.set(key, value); },
    removeItem: (key) => { map.delete(key); },
  };
}

test("a thousand switches while typing never move a letter to another conversation or mode", () => {
  let seed = 11;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  const drafts = new Drafts(storage(), "d.");
  const expected = {};
  for (let i = 0; i < 1000; i++) {
    const [conv, mode] = [`c${random(5)}`, MODES[random(2)]];
    const text = drafts.text(conv, mode) + String.fromCharCode(97 + random(26));
    drafts.write(conv, mode, text);
    expected[`${conv} ${mode}`] = text;
    for (const [place, kept] of Object.entries(expected)) assert.equal(drafts.text(...place.split(" ")), kept);
  }
});

test("a draft survives a reload with the response it began as", () => {
  const kept = storage();
  new Drafts(kept, "d.").write("a", "reply", "Hoi", "7");
  const again = new Drafts(kept, "d.");
  assert.equal(again.text("a", "reply"), "Hoi");
  assert.equal(again.canned("a", "reply"), "7");
  assert.equal(again.text("a", "note"), "");
  again.write("a", "reply", "");
  assert.equal(kept.map.size, 0);
});

test("a draft without a conversation or with an unknown mode is a mistake", () => {
  const drafts = new Drafts(null, "d.");
  assert.throws(() => drafts.write("", "reply", "x"), TypeError);
  assert.throws(() => drafts.write("a", "whisper", "x"), TypeError);
});

test("old drafts and those of somebody who signed out are gone", () => {
  const kept = storage();
  let now = 0;
  new Drafts(kept, "d.", () => now).write("a", "note", "x");
  now = 25 * 60 * 60 * 1000;
  const drafts = new Drafts(kept, "d.", () => now);
  assert.equal(drafts.text("a", "note"), "");
  drafts.write("b", "reply", "y");
  kept.map.set("other", "stays");
  drafts.forgetAll();
  assert.deepEqual([...kept.map.keys()], ["other"]);
});

test("a storage that throws leaves the drafts in memory", () => {
  const throwing = { get length() { throw new Error("blocked"); }, setItem() { throw new Error("blocked"); } };
  const drafts = new Drafts(throwing, "d.");
  drafts.write("a", "reply", "kept");
  assert.equal(drafts.text("a", "reply"), "kept");
  assert.equal(drafts.persistent, false);
});
