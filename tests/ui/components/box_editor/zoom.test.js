import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CLOSEST,
  MARGIN,
  ZOOMS,
  limited,
  marginAt,
  scaleAt,
  visiblePart,
  wheeled,
  zoomAfter,
} from "../../../../tiefvision_ui/components/box_editor/zoom.js";

const VIEWPORT = { width: 400 + 2 * MARGIN, height: 300 + 2 * MARGIN };
const turn = (deltaY, more = {}) => ({ deltaY, deltaMode: 0, ctrlKey: false, ...more });

test("the whole photo fits the viewport with a margin, whichever way it is turned", () => {
  assert.equal(scaleAt(1, { width: 800, height: 400 }, VIEWPORT), 0.5);
  assert.equal(scaleAt(1, { width: 400, height: 600 }, VIEWPORT), 0.5);
});

test("around a larger photo there is room for each of its points to be in the middle", () => {
  assert.equal(marginAt(1, VIEWPORT), "10px");
  assert.equal(marginAt(1.5, { width: 400, height: 300 }), "150px 200px");
});

test("a zoom multiplies the scale", () => {
  assert.equal(scaleAt(3, { width: 800, height: 400 }, VIEWPORT), 1.5);
});

test("steps end at the closest and the farthest zoom, and 0 leads back to the whole photo", () => {
  assert.equal(zoomAfter(1, 1), ZOOMS[1]);
  assert.equal(zoomAfter(ZOOMS[2], -1), ZOOMS[1]);
  assert.equal(zoomAfter(1, -1), 1);
  assert.equal(zoomAfter(CLOSEST, 1), 16);
  assert.equal(zoomAfter(7.3, 0), 1);
});

test("from between the steps the next one follows", () => {
  assert.equal(zoomAfter(2.4, 1), 3);
  assert.equal(zoomAfter(2.4, -1), 2);
});

test("the wheel goes closer upwards and farther downwards, back to where it was, and never too far", () => {
  const closer = wheeled(2, turn(-120));
  assert.ok(closer > 2 && closer < 4);
  assert.ok(Math.abs(wheeled(closer, turn(120)) - 2) < 1e-9);
  assert.equal(wheeled(15, turn(-300)), 16);
  assert.equal(wheeled(1.1, turn(300)), 1);
  assert.equal(limited(0.2), 1);
});

test("a turn counted in lines is worth as much, and a pinch on a touch pad more", () => {
  assert.ok(wheeled(2, turn(-3, { deltaMode: 1 })) > 2.3);
  assert.ok(wheeled(2, turn(-10, { ctrlKey: true })) > wheeled(2, turn(-10)));
  assert.ok(wheeled(1, turn(-2)) > 1); // however slowly it turns
});

test("what is visible of the photo, in shares of it", () => {
  const viewport = { left: 100, top: 50, right: 500, bottom: 350 };
  const shown = { left: -100, top: 70, width: 1000, height: 1000 };
  assert.deepEqual(visiblePart(shown, viewport), { left: 0.2, top: 0, right: 0.6, bottom: 0.28 });
});
