import assert from "node:assert/strict";
import { test } from "node:test";

import { MARGIN, ZOOMS, scaleAt, scrolledTo, zoomAfter } from "../../../../tiefvision_ui/components/box_editor/zoom.js";

const VIEWPORT = { clientWidth: 400 + 2 * MARGIN, clientHeight: 300 + 2 * MARGIN };

test("the whole photo fits the viewport with a margin, whichever way it is turned", () => {
  assert.equal(scaleAt(0, { width: 800, height: 400 }, VIEWPORT), 0.5);
  assert.equal(scaleAt(0, { width: 400, height: 600 }, VIEWPORT), 0.5);
});

test("a zoom multiplies the scale", () => {
  assert.equal(scaleAt(2, { width: 800, height: 400 }, VIEWPORT), 0.5 * ZOOMS[2]);
});

test("steps end at the closest and the farthest zoom, and 0 leads back to the whole photo", () => {
  assert.equal(zoomAfter(0, 1), 1);
  assert.equal(zoomAfter(2, -1), 1);
  assert.equal(zoomAfter(0, -1), 0);
  assert.equal(zoomAfter(ZOOMS.length - 1, 1), ZOOMS.length - 1);
  assert.equal(zoomAfter(3, 0), 0);
});

test("the viewport is scrolled so that the point is in its middle", () => {
  const { left, top } = scrolledTo([500, 300], 2, VIEWPORT);
  assert.equal(left + VIEWPORT.clientWidth / 2, 1000);
  assert.equal(top + VIEWPORT.clientHeight / 2, 600);
});
