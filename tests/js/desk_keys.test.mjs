import assert from "node:assert/strict";
import test from "node:test";
import { commandOf, sends } from "../../static/desk/keys.js";

const press = (key, more = {}) => ({ key, code: "", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

test("what Nordic, Dutch and Russian layouts type with AltGr is never a command", () => {
  for (const key of ["@", "€", "\\", "|", "~", "å", "ä", "ö", "й", "?", "k", "F2"]) {
    assert.equal(commandOf(press(key, { altKey: true, ctrlKey: true }), true), null);
    assert.equal(commandOf({ ...press(key, { ctrlKey: true }), getModifierState: (name) => name === "AltGraph" }, true), null);
  }
  for (const key of ["@", "€", "\\", "å", "й", "/", "?"]) assert.equal(commandOf(press(key), true), null);
});

test("the palette opens by the place of its key on a Russian layout too", () => {
  assert.equal(commandOf(press("л", { ctrlKey: true, code: "KeyK" }), true), "palette");
  assert.equal(commandOf(press("k", { metaKey: true }), true), "palette");
});

test("help is a single key only outside fields", () => {
  assert.equal(commandOf(press("?", { shiftKey: true }), false), "help");
  assert.equal(commandOf(press("?", { shiftKey: true }), true), null);
});

test("F2, F8, Ctrl with arrows and Ctrl Shift Enter work from anywhere", () => {
  const names = [press("F2"), press("F8"), press("ArrowUp", { ctrlKey: true }), press("ArrowDown", { ctrlKey: true }), press("Enter", { ctrlKey: true, shiftKey: true })];
  assert.deepEqual(names.map((event) => commandOf(event, true)), ["accept", "waiting", "previous", "next", "note"]);
});

test("Enter sends; with Shift, with Ctrl or while an input method composes it does not", () => {
  assert.equal(sends(press("Enter")), true);
  for (const more of [{ shiftKey: true }, { ctrlKey: true }, { isComposing: true }, { keyCode: 229 }]) assert.equal(sends(press("Enter", more)), false);
});
