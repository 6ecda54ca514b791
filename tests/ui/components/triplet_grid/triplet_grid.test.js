import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { TripletGrid } from "../../../../tiefvision_ui/components/triplet_grid/triplet_grid.js";
import { openServer, openTab } from "../browser.js";

let grid, view, requests, now;

const photo = (id) => ({ id, name: id, src: id, srcset: id });

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  now = 1000;
  t.mock.method(performance, "now", () => now);
  openTab();
  globalThis.Image = class {};
  requests = openServer();
  const words = { trouble: {}, discard: {}, help: { open: false } };
  view = Object.assign(words, { buttons: { undo: {} }, reference: { focus() {} }, grid: {}, existing: {}, show() {}, draw() {} });
  grid = new TripletGrid({ dataset: {} }, view);
});

afterEach(() => {
  grid.close();
  grid.outbox.close();
});

// Tasks of two photos each, of which the first one is shown.
function ask({ quick }) {
  const [first, ...coming] = ["a", "b", "c"].map((id) => ({
    reference: photo(id),
    candidates: [photo(`${id}1`), photo(`${id}2`)],
    existing: [],
    choice: null,
    quick,
  }));
  const page = { session: "tab", database: "labels", person: "Ann", logged_in: false, heard: null, undoable: null, opened: null };
  grid.update({ now: first, coming, ...page }, () => {});
}

function click(id, timeStamp, detail = 1) {
  now = timeStamp;
  view.grid.onclick({ target: { closest: () => ({ dataset: { id } }) }, timeStamp, detail });
}

test("a double click answers one quick question", () => {
  ask({ quick: true });
  click("a1", 3000);
  click("b1", 3400, 2);
  assert.equal(grid.task.reference.id, "b");
  click("b2", 4500);
  assert.equal(grid.task.reference.id, "c");
});

test("a click that was meant for the quick question before answers none", () => {
  ask({ quick: true });
  click("a1", 3000);
  click("b2", 3200);
  assert.equal(grid.task.reference.id, "b");
  click("b2", 3300);
  assert.equal(grid.task.reference.id, "c");
  assert.equal(requests[0].commit.positive, "a1");
});

test("in the grid quick clicks choose, since nothing is saved by them", () => {
  ask({ quick: false });
  click("a1", 1001);
  click("a2", 1200, 2);
  assert.deepEqual(grid.choice, { positive: "a1", negative: "a2" });
});
