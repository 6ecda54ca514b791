import assert from "node:assert/strict";
import { test } from "node:test";

import { bitsOf } from "../../../../tiefvision_ui/components/photo_map/row_set.js";

test("each row is a bit, the lowest first", () => {
  assert.equal(bitsOf([0, 3, 9], 10), Buffer.from([0b1001, 0b10]).toString("base64"));
  assert.equal(bitsOf([], 3), Buffer.from([0]).toString("base64"));
});

test("a million rows are 125 kB of bits", () => {
  assert.equal(Buffer.from(bitsOf([999_999], 1_000_000), "base64").length, 125_000);
});
