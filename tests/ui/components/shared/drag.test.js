import assert from "node:assert/strict";
import { test } from "node:test";

import { Drag } from "../../../../tiefvision_ui/components/shared/drag.js";

const SIZE = { width: 100, height: 80 };
const BOX = { left: 10, top: 20, right: 40, bottom: 60 };
const pointer = (clientX, clientY) => ({ clientX, clientY });

// A drag that begins on the screen at 500, 400 and at 30, 35 of the photo; 4 screen pixels are a slip.
function begun(kind, grip) {
  return new Drag(pointer(500, 400), { kind, grip, from: [30, 35], box: BOX, slip: 4 });
}

test("a slip of the hand makes no box, however large the photo is shown", () => {
  const drag = begun("draw");
  drag.follow(pointer(502, 403), [90, 70], SIZE);
  assert.equal(drag.to, null);
  assert.equal(drag.far, false);
});

test("a drag that went far enough counts when it comes back", () => {
  const drag = begun("move");
  drag.follow(pointer(504, 400), [31, 35], SIZE);
  drag.follow(pointer(500, 400), [30, 35], SIZE);
  assert.deepEqual(drag.to, BOX);
});

test("a drag draws from where it began to where it is", () => {
  const drag = begun("draw");
  drag.follow(pointer(520, 380), [50, 10], SIZE);
  assert.deepEqual(drag.to, { left: 30, top: 10, right: 50, bottom: 35 });
});

test("a drag moves the box that there was, not the one of a moment ago", () => {
  const drag = begun("move");
  drag.follow(pointer(520, 400), [50, 35], SIZE);
  drag.follow(pointer(540, 405), [35, 36], SIZE);
  assert.deepEqual(drag.to, { left: 15, top: 21, right: 45, bottom: 61 });
});

test("a drag stretches the box by its grip", () => {
  const drag = begun("stretch", "se");
  drag.follow(pointer(520, 420), [35, 25], SIZE);
  assert.deepEqual(drag.to, { ...BOX, right: 45, bottom: 50 });
});
