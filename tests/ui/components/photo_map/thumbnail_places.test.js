import assert from "node:assert/strict";
import { test } from "node:test";

import {
  APART,
  MOST_IN_VIEW,
  shownRows,
} from "../../../../tiefvision_ui/components/photo_map/thumbnail_places.js";

test("no picture lies on another one, and the first of those that would is shown", () => {
  const places = [[100, 100], [100 + APART - 1, 100], [100 + APART, 100], [100, 100 - APART]];
  assert.deepEqual(shownRows([0, 1, 2, 3], (row) => places[row], 500, 500), [0, 2, 3]);
});

test("what is outside, or nowhere, has no picture", () => {
  const places = [[-1, 10], [10, 501], undefined, [10, 10]];
  assert.deepEqual(shownRows([0, 1, 2, 3], (row) => places[row], 500, 500), [3]);
});

test("where very many are in view there are points alone", () => {
  const rows = Array.from({ length: MOST_IN_VIEW + 1 }, (_, row) => row);
  assert.deepEqual(shownRows(rows, (row) => [row, 0], 5000, 500), []);
});
