import assert from "node:assert/strict";
import test from "node:test";
import { contrast, derive, parse, SURFACE } from "../../static/widget/colours.js";

const BRANDS = ["#0B6B66", "#22557E", "#FFFFFF", "#000000", "#F2C94C", "#FF0000", "#7A7A7A", "#00FF00", "#15191F", "#888888", "#C08000"];

for (const scheme of ["light", "dark"]) {
  test(`every brand colour can be read in the ${scheme} scheme`, () => {
    for (const hex of BRANDS) {
      const { fill, on, text, soft } = derive(hex, scheme);
      const ratio = (a, b) => contrast(parse(a), typeof b === "string" ? parse(b) : b);
      assert.ok(ratio(fill, SURFACE[scheme]) >= 3, `${hex}: fill ${fill}`);
      assert.ok(ratio(on, fill) >= 4.5, `${hex}: ${on} on ${fill}`);
      assert.ok(ratio(text, SURFACE[scheme]) >= 4.5 && ratio(text, soft) >= 4.5, `${hex}: text ${text} on ${soft}`);
    }
  });

  test(`hovering never costs contrast in the ${scheme} scheme`, () => {
    for (const hex of BRANDS) {
      const { fill, hover, on } = derive(hex, scheme);
      assert.ok(contrast(parse(on), parse(hover)) >= Math.min(4.5, contrast(parse(on), parse(fill))), hex);
    }
  });
}

test("a colour that can be read already is left alone", () => {
  assert.equal(derive("#0B6B66", "light").fill, "#0B6B66");
  assert.equal(derive("#0B6B66", "light").on, "#FFFFFF");
});

test("a pale brand gets ink on it", () => {
  assert.equal(derive("#C08000", "dark").on, "#14171C");
});

test("what is no colour gives the house colour", () => {
  assert.equal(derive("red; background:url(x)", "light").fill, "#0B6B66");
  assert.equal(derive(undefined, "light").fill, "#0B6B66");
});
