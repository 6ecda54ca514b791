import assert from "node:assert/strict";
import { test } from "node:test";

import { pointOnPhoto } from "../../../../tiefvision_ui/components/shared/photo_points.js";

test("a pointer is found in the photo's own pixels, wherever and however large the photo is shown", () => {
  const size = { width: 900, height: 1350 };
  const shown = { left: 100, top: 50, width: 300, height: 450 };
  assert.deepEqual(pointOnPhoto({ clientX: 100, clientY: 50 }, shown, size), [0, 0]);
  assert.deepEqual(pointOnPhoto({ clientX: 250, clientY: 200 }, shown, size), [450, 450]);
  assert.deepEqual(pointOnPhoto({ clientX: 400, clientY: 500 }, shown, size), [900, 1350]);
  assert.deepEqual(pointOnPhoto({ clientX: 90, clientY: 510 }, shown, size), [-30, 1380]);
});
