import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { BoxDraft } from "../../../../tiefvision_ui/components/box_editor/box_draft.js";
import { openTab } from "../browser.js";

const [ONE, TWO, THREE] = [1, 2, 3].map((left) => ({ left, top: 0, right: 10, bottom: 10 }));
let draft;

beforeEach(() => {
  openTab();
  draft = new BoxDraft();
  draft.begin(ONE, "accepted");
});

const state = () => [draft.box, draft.method];

test("changes are taken back and made again, with how the box was made", () => {
  draft.change(TWO, "adjusted");
  draft.change(THREE, "drawn");
  draft.back();
  assert.deepEqual(state(), [TWO, "adjusted"]);
  draft.back();
  assert.deepEqual(state(), [ONE, "accepted"]);
  draft.forward();
  draft.forward();
  assert.deepEqual(state(), [THREE, "drawn"]);
});

test("there is nothing before the first box, and nothing after the last", () => {
  draft.back();
  draft.forward();
  assert.deepEqual(state(), [ONE, "accepted"]);
});

test("a new change ends what was taken back", () => {
  draft.change(TWO, "adjusted");
  draft.back();
  draft.change(THREE, "drawn");
  draft.forward();
  assert.deepEqual(state(), [THREE, "drawn"]);
  draft.back();
  assert.deepEqual(state(), [ONE, "accepted"]);
});

test("the next photo's box has no past", () => {
  draft.change(TWO, "adjusted");
  draft.begin(THREE, "drawn");
  draft.back();
  assert.deepEqual(state(), [THREE, "drawn"]);
});

test("a model's box that is changed a little is adjusted, any other stays what it was", () => {
  assert.equal(draft.adjusted, "adjusted");
  draft.change(TWO, "extreme");
  assert.equal(draft.adjusted, "extreme");
});

test("a draft is kept over a reload for whoever drew it, until it is forgotten", () => {
  assert.equal(BoxDraft.kept("Ann"), null);
  draft.keep("photo", "annotator", "Ann", 2.5);
  assert.deepEqual(BoxDraft.kept("Ann"), {
    photo: "photo",
    role: "annotator",
    person: "Ann",
    box: [1, 0, 10, 10],
    method: "accepted",
    seconds: 2.5,
  });
  assert.equal(BoxDraft.kept("Bob"), null);
  assert.equal(BoxDraft.opening("Bob", null), null);
  const opened = { photo: "photo", role: "annotator", undone: true };
  assert.deepEqual(BoxDraft.opening("Ann", opened), opened);
  assert.deepEqual(BoxDraft.opening("Ann", { photo: "another", undone: true }), { photo: "photo", role: "annotator" });
  BoxDraft.forget("another photo");
  assert.equal(BoxDraft.kept("Ann").photo, "photo");
  BoxDraft.forget("photo");
  assert.equal(BoxDraft.kept("Ann"), null);
});
