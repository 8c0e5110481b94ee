import assert from "node:assert/strict";
import test from "node:test";
import { arrange, emptyPlaces, neighbour, paneCount, row } from "../../static/desk/slots.js";

test("a chat keeps its place while others come and go", () => {
  let places = arrange(emptyPlaces(3), ["a", "b", "c"], 3);
  places = arrange(places, ["c", "b"], 3);
  assert.deepEqual(row(places), [null, "b", "c"]);
  places = arrange(places, ["c", "b", "d"], 3);
  assert.deepEqual(row(places), ["d", "b", "c"]);
});

test("slots never jump in a thousand random changes", () => {
  let seed = 5;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  let places = emptyPlaces(5);
  let here = [];
  for (let i = 0; i < 1000; i++) {
    const before = places.of;
    if (here.length === 5 || (here.length && random(2))) here = here.filter((_, at) => at !== random(here.length));
    else here = [`c${i}`, ...here];
    places = arrange(places, here, 5);
    for (const conv of here) if (conv in before) assert.equal(places.of[conv], before[conv]);
    assert.equal(new Set(Object.values(places.of)).size, here.length);
    assert.equal(places.count, 5);
  }
});

test("a chat above the capacity gets a place at the end", () => {
  const places = arrange(emptyPlaces(2), ["a", "b", "forced"], 2);
  assert.deepEqual(row(places), ["a", "b", "forced"]);
  assert.deepEqual(row(arrange(places, ["forced"], 2)), [null, null, "forced"]);
});

test("nothing changed is the same value", () => {
  const places = arrange(emptyPlaces(2), ["a"], 2);
  assert.equal(arrange(places, ["a"], 2), places);
});

test("next and previous go by place and round the end", () => {
  const places = arrange(emptyPlaces(4), ["a", "b", "offer"], 4);
  const isChat = (conv) => conv !== "offer";
  assert.equal(neighbour(places, "a", 1, isChat), "b");
  assert.equal(neighbour(places, "b", 1, isChat), "a");
  assert.equal(neighbour(places, "a", -1, isChat), "b");
  assert.equal(neighbour(places, null, -1, isChat), "b");
  assert.equal(neighbour(emptyPlaces(4), "a", 1), null);
});

test("one pane below 1348, two from there, three from 1728; a folded panel gives room", () => {
  assert.deepEqual([999, 1000, 1347, 1348, 1727, 1728, 1920, 3000].map((width) => paneCount(width, true)), [1, 1, 1, 2, 2, 3, 3, 3]);
  assert.equal(paneCount(1347, false), 2);
  assert.equal(paneCount(390, false), 1);
});
