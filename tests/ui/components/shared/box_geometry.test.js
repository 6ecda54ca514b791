import assert from "node:assert/strict";
import { test } from "node:test";

import {
  GRIPS,
  asList,
  boxAround,
  boxBetween,
  centreOf,
  closestSide,
  describe,
  fromList,
  gripPoint,
  hasArea,
  moved,
  nearestSide,
  resized,
  sameBox,
  snapped,
  stretched,
} from "../../../../tiefvision_ui/components/shared/box_geometry.js";

const SIZE = { width: 100, height: 80 };
const BOX = { left: 10, top: 20, right: 40, bottom: 60 };

test("a box between two points is the same whichever comes first", () => {
  assert.deepEqual(boxBetween([10, 20], [40, 60], SIZE), BOX);
  assert.deepEqual(boxBetween([40, 20], [10, 60], SIZE), BOX);
  assert.deepEqual(boxBetween([40, 60], [10, 20], SIZE), BOX);
});

test("a box ends at the photo's border, in whole pixels", () => {
  assert.deepEqual(boxBetween([-5, 9.4], [120.2, 99], SIZE), { left: 0, top: 9, right: 100, bottom: 80 });
  assert.deepEqual(boxBetween([0.5, 0.49], [1.5, 1.51], SIZE), { left: 1, top: 0, right: 2, bottom: 2 });
});

test("a box around four clicks touches the outermost", () => {
  assert.deepEqual(boxAround([[25, 20], [10, 33], [40, 41], [26, 60]], SIZE), BOX);
});

test("a box is moved as far as it stays on the photo, and keeps its size", () => {
  assert.deepEqual(moved(BOX, 5, -3, SIZE), { left: 15, top: 17, right: 45, bottom: 57 });
  assert.deepEqual(moved(BOX, -50, 50, SIZE), { left: 0, top: 40, right: 30, bottom: 80 });
  assert.deepEqual(moved(BOX, 500, -500, SIZE), { left: 70, top: 0, right: 100, bottom: 40 });
});

test("a grip moves its own sides", () => {
  assert.deepEqual(stretched(BOX, "nw", 2, 3, SIZE), { ...BOX, left: 12, top: 23 });
  assert.deepEqual(stretched(BOX, "e", 2, 3, SIZE), { ...BOX, right: 42 });
  assert.deepEqual(stretched(BOX, "s", 2, 3, SIZE), { ...BOX, bottom: 63 });
});

test("a side that passes the opposite one becomes that", () => {
  assert.deepEqual(stretched(BOX, "w", 50, 0, SIZE), { ...BOX, left: 40, right: 60 });
  assert.equal(hasArea(stretched(BOX, "w", 30, 0, SIZE)), false);
});

test("each grip lies on the box where its name says", () => {
  const points = Object.entries(GRIPS).map(([name, grip]) => [name, gripPoint(BOX, grip)]);
  assert.deepEqual(Object.fromEntries(points), {
    nw: [10, 20],
    n: [25, 20],
    ne: [40, 20],
    e: [40, 40],
    se: [40, 60],
    s: [25, 60],
    sw: [10, 60],
    w: [10, 40],
  });
  assert.deepEqual(centreOf(BOX), [25, 40]);
});

test("only a box of some width and height has an area", () => {
  assert.equal(hasArea(BOX), true);
  assert.equal(hasArea(null), false);
  assert.equal(hasArea({ ...BOX, right: 10 }), false);
  assert.equal(hasArea({ ...BOX, bottom: 20 }), false);
});

test("boxes come from Python and go there as lists", () => {
  assert.deepEqual(fromList([10, 20, 40, 60]), BOX);
  assert.deepEqual(asList(BOX), [10, 20, 40, 60]);
  assert.equal(fromList(null), null);
  assert.equal(asList(null), null);
});

test("boxes are the same by their sides, and no box is like no other", () => {
  assert.equal(sameBox(BOX, { bottom: 60, right: 40, top: 20, left: 10 }), true);
  assert.equal(sameBox(BOX, { ...BOX, left: 11 }), false);
  assert.equal(sameBox(null, BOX), false);
  assert.equal(sameBox(null, null), true);
});

test("a box is read out with its sides and its size", () => {
  assert.equal(describe(BOX), "10, 20, 40, 60 · 30 × 40 px");
});

test("an arrow pushes the edge on its side out, or the opposite one in", () => {
  assert.deepEqual(resized(BOX, [1, 0], 1, false, SIZE), { ...BOX, right: 41 });
  assert.deepEqual(resized(BOX, [-1, 0], 1, false, SIZE), { ...BOX, left: 9 });
  assert.deepEqual(resized(BOX, [0, -1], 10, false, SIZE), { ...BOX, top: 10 });
  assert.deepEqual(resized(BOX, [1, 0], 1, true, SIZE), { ...BOX, left: 11 });
  assert.deepEqual(resized(BOX, [0, -1], 1, true, SIZE), { ...BOX, bottom: 59 });
});

test("an edge is pushed neither off the photo nor past the opposite one", () => {
  assert.deepEqual(resized(BOX, [0, 1], 50, false, SIZE), { ...BOX, bottom: 80 });
  assert.deepEqual(resized(BOX, [1, 0], 50, true, SIZE), { ...BOX, left: 39 });
});

test("sides snap to those of another box, unless nothing is left", () => {
  const other = { left: 5, top: 70, right: 50, bottom: 79 };
  assert.deepEqual(snapped(BOX, "e", other), { ...BOX, right: 50 });
  assert.deepEqual(snapped(BOX, "sw", other), { ...BOX, left: 5, bottom: 79 });
  assert.equal(snapped(BOX, "n", other), null);
});

test("the side nearest to a point, by the distance to the edge itself", () => {
  assert.equal(nearestSide(BOX, [25, 22]), "n");
  assert.equal(nearestSide(BOX, [39, 40]), "e");
  assert.equal(nearestSide(BOX, [0, 40]), "w");
  assert.equal(nearestSide(BOX, [30, 79]), "s");
  assert.equal(nearestSide(BOX, [41, 5]), "n");
});

test("the side that differs least from another box's", () => {
  assert.equal(closestSide(BOX, { left: 10, top: 25, right: 43, bottom: 90 }), "e");
  assert.equal(closestSide(BOX, BOX), null);
});
