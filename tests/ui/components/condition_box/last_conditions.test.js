import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { LastConditions } from "../../../../tiefvision_ui/components/condition_box/last_conditions.js";
import { openTab } from "../browser.js";

beforeEach(openTab);

test("the newest comes first, each once, and each person has their own", () => {
  const last = new LastConditions("Ann");
  for (const condition of ["width > 1", "human", "width > 1"]) last.remember(condition);
  assert.deepEqual(new LastConditions("Ann").all(), ["width > 1", "human"]);
  assert.deepEqual(new LastConditions("Bob").all(), []);
});

test("only so many are kept, and what another program left is no history", () => {
  const last = new LastConditions("Ann");
  for (let width = 0; width < 30; width += 1) last.remember(`width > ${width}`);
  assert.equal(last.all().length, 10);
  assert.equal(last.all()[0], "width > 29");
  localStorage.setItem(last.key, "{broken");
  assert.deepEqual(last.all(), []);
});
