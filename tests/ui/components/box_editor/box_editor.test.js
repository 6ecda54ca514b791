import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { BoxEditor } from "../../../../tiefvision_ui/components/box_editor/box_editor.js";
import { keyPress, openServer, openTab } from "../browser.js";

let editor, view, requests, moves;

const place = ({ clientX, clientY }) => [clientX, clientY];

// The view of a photo that is shown in its own pixels.
function shown() {
  const buttons = Object.fromEntries(["save", "absent", "skip", "undo"].map((name) => [name, {}]));
  const stage = { classList: { add() {}, remove() {} }, focus() {}, setPointerCapture() {} };
  const parts = { buttons, stage, viewport: {}, trouble: {}, discard: {}, help: { open: false }, shapes: { box: null } };
  const methods = { show() {}, draw() {}, announce() {}, pointAt() {}, fit() {}, at: place, moveBy: (...by) => moves.push(by) };
  return Object.assign(parts, methods, { focusedGrip: null });
}

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  openTab();
  globalThis.window = globalThis;
  globalThis.Image = class {};
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  requests = openServer();
  moves = [];
  view = shown();
  editor = new BoxEditor({ dataset: {} }, view);
  const tasks = ["a", "b", "c"].map((id) => ({ photo: { id, name: id, src: id, width: 100, height: 80 }, model: null, role: "annotator" }));
  const page = { session: "tab", database: "labels", person: "Ann", logged_in: false, heard: null, undoable: null, opened: null };
  editor.update({ now: tasks[0], coming: tasks.slice(1), ...page }, () => {});
});

afterEach(() => {
  editor.close();
  editor.outbox.close();
});

const pointer = (clientX, clientY, button = 0) => ({
  clientX,
  clientY,
  button,
  pointerId: 1,
  pointerType: "mouse",
  preventDefault() {},
  target: { closest: () => null },
});

function draw([left, top], [right, bottom]) {
  view.stage.onpointerdown(pointer(left, top));
  view.stage.onpointermove(pointer(right, bottom));
}

const press = (key, timeStamp) => document.dispatchEvent(at(keyPress(key), timeStamp));
const letGo = (key, timeStamp) => document.dispatchEvent(at(Object.assign(new Event("keyup"), { key }), timeStamp));
const at = (event, timeStamp = 0) => Object.defineProperty(event, "timeStamp", { value: timeStamp });

// Of each photo the box that was saved.
const saved = () => requests.map(({ commit }) => [commit.photo, commit.box]);

test("a box is saved as it is drawn, though the button is let go of later, and is never the next photo's", async () => {
  draw([10, 10], [50, 40]);
  press("Enter");
  assert.equal(editor.task.photo.id, "b");
  view.stage.onpointermove(pointer(60, 60));
  view.stage.onpointerup(pointer(60, 60));
  assert.equal(editor.box, null);
  press("Enter");
  assert.equal(editor.task.photo.id, "b");
  await requests[0].save();
  assert.deepEqual(saved(), [["a", [10, 10, 50, 40]]]);
});

test("a short press of Space saves what is being drawn, too", () => {
  draw([10, 10], [50, 40]);
  press(" ", 1000);
  letGo(" ", 1100);
  assert.deepEqual(saved(), [["a", [10, 10, 50, 40]]]);
});

test("the next photo is not moved by the hand that moved the one before", () => {
  view.stage.onpointerdown(pointer(10, 10, 1));
  press("s");
  view.stage.onpointermove(pointer(30, 30));
  assert.deepEqual(moves, []);
});

test("Space that was pressed on one photo saves no other one", async () => {
  press(" ", 1000);
  press("s");
  press("b");
  letGo(" ", 1100);
  await requests[0].save();
  assert.deepEqual(requests.map(({ commit }) => commit.action), ["skip"]);
});
