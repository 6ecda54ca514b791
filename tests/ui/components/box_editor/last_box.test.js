import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepLastBox, lastBoxOn } from "../../../../tiefvision_ui/components/box_editor/last_box.js";
import { openTab } from "../browser.js";

const BOX = { left: 10, top: 20, right: 61, bottom: 90 };

beforeEach(openTab);

test("before anything was saved there is none", () => {
  assert.equal(lastBoxOn({ width: 100, height: 100 }), null);
});

test("on a photo of the same size it is the same to the pixel, on another one in the same place", () => {
  keepLastBox(BOX, { width: 100, height: 200, name: "dress" });
  assert.deepEqual(lastBoxOn({ width: 100, height: 200 }), BOX);
  assert.deepEqual(lastBoxOn({ width: 200, height: 100 }), { left: 20, top: 10, right: 122, bottom: 45 });
});
