import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NOTHING,
  choiceAfter,
  chosenOf,
  indexAfter,
  isComplete,
  swapped,
} from "../../../../tiefvision_ui/components/triplet_grid/triplet_choice.js";
import { ARROWS } from "../../../../tiefvision_ui/components/shared/keys.js";

const choice = (...ids) => ids.reduce(choiceAfter, NOTHING);

test("the first photo is H+, the second H-, a third one takes the place of H-", () => {
  assert.deepEqual(choice("a"), { positive: "a", negative: null });
  assert.deepEqual(choice("a", "b"), { positive: "a", negative: "b" });
  assert.deepEqual(choice("a", "b", "c"), { positive: "a", negative: "c" });
});

test("a chosen photo is given up by choosing it again; H- takes the place of H+", () => {
  assert.deepEqual(choice("a", "a"), NOTHING);
  assert.deepEqual(choice("a", "b", "b"), { positive: "a", negative: null });
  assert.deepEqual(choice("a", "b", "a"), { positive: "b", negative: null });
});

test("a choice of two photos is complete and can be swapped, any other stays as it is", () => {
  assert.equal(isComplete(NOTHING), false);
  assert.equal(isComplete(choice("a")), false);
  assert.equal(isComplete(choice("a", "b")), true);
  assert.deepEqual(swapped(choice("a", "b")), { positive: "b", negative: "a" });
  assert.deepEqual(swapped(choice("a")), choice("a"));
});

test("arrows lead through the grid by columns and rows, and into it at its first photo", () => {
  assert.equal(indexAfter(0, ARROWS.ArrowRight, 4), 1);
  assert.equal(indexAfter(5, ARROWS.ArrowRight, 4), 6);
  assert.equal(indexAfter(5, ARROWS.ArrowLeft, 4), 4);
  assert.equal(indexAfter(5, ARROWS.ArrowDown, 4), 9);
  assert.equal(indexAfter(5, ARROWS.ArrowUp, 4), 1);
  assert.equal(indexAfter(-1, ARROWS.ArrowDown, 4), 0);
});

test("of two photos the other one is H-; of any other number nothing is chosen", () => {
  const [one, two] = [{ id: "a" }, { id: "b" }];
  assert.deepEqual(chosenOf([one, two], "b"), { positive: "b", negative: "a" });
  assert.deepEqual(chosenOf([one, two]), { positive: "a", negative: "b" });
  assert.deepEqual(chosenOf([one]), NOTHING);
  assert.deepEqual(chosenOf([]), NOTHING);
});
