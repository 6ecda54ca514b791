import assert from "node:assert/strict";
import { test } from "node:test";

import { PLAIN, RANGE, filterOf, isPlain, lookAfter } from "../../../../tiefvision_ui/components/box_editor/look.js";

test("a photo as it is has no filter", () => {
  assert.equal(filterOf(PLAIN), "none");
});

test("keys change one thing each, and their opposites take it back", () => {
  const look = lookAfter(lookAfter(PLAIN, "lighter"), "invert");
  assert.equal(filterOf(look), "brightness(120%) contrast(100%) invert(1)");
  assert.deepEqual(lookAfter(lookAfter(look, "darker"), "invert"), PLAIN);
  assert.deepEqual(lookAfter(lookAfter(PLAIN, "harder"), "softer"), PLAIN);
});

test("no key goes beyond what the sliders have", () => {
  let look = PLAIN;
  for (let press = 0; press < 40; press += 1) look = lookAfter(lookAfter(look, "lighter"), "softer");
  assert.deepEqual([look.brightness, look.contrast], [RANGE.max, RANGE.min]);
  assert.ok(isPlain(lookAfter(look, "plain")));
});
