import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { TwoFingers } from "../../../../tiefvision_ui/components/shared/two_fingers.js";

let view, fingers;

const touch = (pointerId, clientX, clientY) => ({ pointerType: "touch", pointerId, clientX, clientY });

beforeEach(() => {
  view = {
    shift: [0, 0],
    zooms: [],
    moveBy: (x, y) => (view.shift = [view.shift[0] + x, view.shift[1] + y]),
    zoom: 2,
    zoomTo: (zoom, { clientX, clientY }) => (view.zooms.push([clientX, clientY]), (view.zoom = zoom)),
  };
  fingers = new TwoFingers(view);
});

test("one finger, or a mouse, is left to draw", () => {
  assert.equal(fingers.down(touch(1, 100, 100)), false);
  assert.equal(fingers.move(touch(1, 150, 100)), false);
  assert.equal(fingers.up(touch(1, 150, 100)), false);
  assert.equal(fingers.down({ ...touch(1, 0, 0), pointerType: "mouse" }), false);
  assert.equal(fingers.move(touch(1, 10, 10)), false);
  assert.deepEqual(view.shift, [0, 0]);
});

test("two fingers move the photo by what the point between them moves", () => {
  fingers.down(touch(1, 100, 100));
  assert.equal(fingers.down(touch(2, 200, 100)), true);
  assert.equal(fingers.move(touch(1, 120, 110)), true);
  fingers.move(touch(2, 220, 110));
  assert.deepEqual(view.shift, [20, 10]);
  assert.equal(view.zoom, 2);
});

test("fingers that spread zoom in by as much, around the point between them", () => {
  fingers.down(touch(1, 100, 70));
  fingers.down(touch(2, 200, 70));
  fingers.move(touch(2, 240, 70));
  assert.equal(view.zoom, 2.8);
  assert.deepEqual(view.zooms, [[170, 70]]);
  fingers.move(touch(2, 250, 70));
  assert.equal(view.zoom, 3);
});

test("fingers that close zoom out, and back as they spread again", () => {
  fingers.down(touch(1, 100, 100));
  fingers.down(touch(2, 100, 300));
  fingers.move(touch(2, 100, 200));
  assert.equal(view.zoom, 1);
  fingers.move(touch(2, 100, 300));
  assert.equal(view.zoom, 2);
});

test("the gesture lasts until the last finger is lifted: the one that is left draws nothing", () => {
  fingers.down(touch(1, 100, 100));
  fingers.down(touch(2, 200, 100));
  assert.equal(fingers.up(touch(2, 200, 100)), true);
  assert.equal(fingers.move(touch(1, 180, 160)), true);
  assert.deepEqual(view.shift, [0, 0]);
  assert.equal(fingers.up(touch(1, 180, 160)), true);
  assert.equal(fingers.down(touch(3, 10, 10)), false);
});

test("fingers on the same point do not divide by nothing", () => {
  fingers.down(touch(1, 100, 100));
  fingers.down(touch(2, 100, 100));
  fingers.move(touch(2, 103, 104));
  assert.equal(view.zoom, 10);
});
