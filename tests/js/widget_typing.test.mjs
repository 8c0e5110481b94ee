import assert from "node:assert/strict";
import test from "node:test";
import { Typing } from "../../static/widget/typing.js";

function made() {
  const told = [];
  const clock = { at: 0, act: null, now: () => clock.at, set: (act) => { clock.act = act; return 1; }, clear: () => { clock.act = null; } };
  return { told, clock, typing: new Typing((on) => told.push([clock.at, on]), clock) };
}

test("typing is told at once and then at most every four seconds", () => {
  const { told, clock, typing } = made();
  for (clock.at = 0; clock.at <= 8000; clock.at += 500) typing.changed("words");
  assert.deepEqual(told, [[0, true], [4000, true], [8000, true]]);
});

test("a rest, an empty field and sending each end it once", () => {
  const { told, clock, typing } = made();
  typing.changed("a");
  clock.act();
  typing.changed("b");
  typing.changed(" ");
  typing.changed("c");
  typing.stop();
  typing.stop();
  assert.deepEqual(told.map(([, on]) => on), [true, false, true, false, true, false]);
});
