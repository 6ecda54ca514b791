import assert from "node:assert/strict";
import { test } from "node:test";

import { mounting } from "../../../../tiefvision_ui/components/shared/mounting.js";

function page(name) {
  const root = { name };
  return { querySelector: (selector) => selector === ".editor" && root };
}

test("one component is made for an element, told of each render, and closed when it goes away", () => {
  const calls = [];
  const make = (root) => {
    calls.push(["make", root.name]);
    return { update: (data) => calls.push(["update", data]), close: () => calls.push(["close"]) };
  };
  const component = mounting(".editor", make);
  const parentElement = page("first");
  component({ parentElement, data: 1 });
  const goAway = component({ parentElement, data: 2 });
  assert.deepEqual(calls, [["make", "first"], ["update", 1], ["update", 2]]);
  component({ parentElement: page("second"), data: 3 });
  assert.deepEqual(calls.slice(3), [["make", "second"], ["update", 3]]);
  goAway();
  component({ parentElement, data: 4 });
  assert.deepEqual(calls.slice(5), [["close"], ["make", "first"], ["update", 4]]);
});
