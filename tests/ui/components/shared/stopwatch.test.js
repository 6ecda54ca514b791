import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Stopwatch } from "../../../../tiefvision_ui/components/shared/stopwatch.js";
import { hideTab, openTab } from "../browser.js";

let now;

beforeEach((t) => {
  openTab();
  now = 5000;
  t.mock.method(performance, "now", () => now);
});

test("seconds run from when the photo is shown", () => {
  const watch = new Stopwatch();
  now += 1234.4;
  assert.equal(watch.seconds, 1.234);
  watch.restart();
  assert.equal(watch.seconds, 0);
});

test("seconds from before a reload are counted on", () => {
  const watch = new Stopwatch();
  watch.restart(3.5);
  now += 500;
  assert.equal(watch.seconds, 4);
});

test("time in which the tab is hidden does not count", () => {
  const watch = new Stopwatch();
  now += 1000;
  hideTab(true);
  now += 60_000;
  assert.equal(watch.seconds, 1);
  hideTab(false);
  now += 500;
  assert.equal(watch.seconds, 1.5);
});

test("a tab that is shown, or hidden, twice in a row counts no second twice", () => {
  const watch = new Stopwatch();
  now += 1000;
  hideTab(false);
  now += 1000;
  hideTab(true);
  now += 1000;
  hideTab(true);
  assert.equal(watch.seconds, 2);
});

test("a photo that comes while the tab is hidden waits for it", () => {
  hideTab(true);
  const watch = new Stopwatch();
  now += 60_000;
  hideTab(false);
  now += 250;
  assert.equal(watch.seconds, 0.25);
});

test("a watch that is closed no longer hears of the tab", () => {
  const watch = new Stopwatch();
  watch.close();
  hideTab(true);
  now += 1000;
  assert.equal(watch.seconds, 1);
});
