import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTIONS, PHOTO_KEYS, QUICK_ACTIONS, QUICK_KEYS } from "../../../../tiefvision_ui/components/triplet_grid/triplet_keys.js";

test("no key both chooses a photo and does something else", () => {
  assert.deepEqual(PHOTO_KEYS.filter((key) => key in ACTIONS), []);
  assert.deepEqual(QUICK_KEYS.filter((key) => key in QUICK_ACTIONS), []);
});
