import assert from "node:assert/strict";
import { test } from "node:test";

import { BoxPointer } from "../../../../tiefvision_ui/components/box_editor/box_pointer.js";

const stage = { focus() {}, setPointerCapture() {}, classList: { add() {}, remove() {} } };
const box = { closest: () => null };
const grip = { closest: () => ({ dataset: { grip: "se" }, focus() {} }) };

function kindAt(target, shiftKey) {
  const view = { stage, viewport: {}, shapes: { box }, at: () => [5, 5] };
  const pointer = new BoxPointer({ extreme: false, box: [0, 0, 9, 9] }, view);
  pointer.fingers = { down: () => false };
  pointer.hand = { down: () => false };
  pointer.down({ target, shiftKey, button: 0, pointerId: 1, preventDefault() {} });
  return pointer.drag.kind;
}

test("a grip stretches, the box moves, elsewhere a box is drawn; with Shift everywhere", () => {
  assert.equal(kindAt(grip, false), "stretch");
  assert.equal(kindAt(box, false), "move");
  assert.equal(kindAt({ closest: () => null }, false), "draw");
  for (const target of [grip, box]) assert.equal(kindAt(target, true), "draw");
});
