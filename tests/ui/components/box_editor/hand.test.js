import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Hand, TAP_MS } from "../../../../tiefvision_ui/components/box_editor/hand.js";

let moves, hand;

const at = (clientX, clientY, button = 0) => ({ clientX, clientY, button, pointerId: 1, preventDefault() {} });

beforeEach(() => {
  moves = [];
  const stage = { classList: { add() {}, remove() {} }, setPointerCapture() {} };
  hand = new Hand({ stage, moveBy: (x, y) => moves.push([x, y]) });
});

test("the middle button moves the photo, the left one is left to draw", () => {
  assert.equal(hand.down(at(0, 0)), false);
  assert.equal(hand.move(at(9, 9)), false);
  assert.equal(hand.down(at(10, 10, 1)), true);
  assert.equal(hand.move(at(15, 7)), true);
  hand.move(at(16, 7));
  assert.equal(hand.up(), true);
  assert.equal(hand.move(at(30, 30)), false);
  assert.deepEqual(moves, [[5, -3], [1, 0]]);
});

test("a short press of Space is a keystroke", () => {
  hand.open({ timeStamp: 1000 });
  assert.equal(hand.close({ timeStamp: 1000 + TAP_MS - 1 }), true);
});

test("a press in which the photo was moved, or a long one, is none", () => {
  hand.open({ timeStamp: 1000 });
  assert.equal(hand.down(at(0, 0)), true);
  hand.up();
  assert.equal(hand.close({ timeStamp: 1100 }), false);
  hand.open({ timeStamp: 2000 });
  assert.equal(hand.close({ timeStamp: 2000 + TAP_MS }), false);
  assert.equal(hand.close({ timeStamp: 2001 }), false); // it was not pressed here
});
