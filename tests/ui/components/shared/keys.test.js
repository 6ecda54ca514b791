import assert from "node:assert/strict";
import { test } from "node:test";

import {
  actionOf,
  isBrowsers,
  isTyping,
  keyOf,
  pressesButton,
} from "../../../../tiefvision_ui/components/shared/keys.js";
import { keyPress } from "../browser.js";

const ACTIONS = { Enter: "save", z: "back", "Shift+z": "forward", "+": "closer" };

test("letters count whether or not they are capitals, other keys by their names", () => {
  assert.equal(keyOf(keyPress("X")), "x");
  assert.equal(keyOf(keyPress("Enter")), "Enter");
});

test("a key asks for its action", () => {
  assert.equal(actionOf(keyPress("Enter"), ACTIONS), "save");
  assert.equal(actionOf(keyPress("q"), ACTIONS), undefined);
});

test("Shift makes a difference only where it is listed", () => {
  assert.equal(actionOf(keyPress("z"), ACTIONS), "back");
  assert.equal(actionOf(keyPress("Z", { shiftKey: true }), ACTIONS), "forward");
  assert.equal(actionOf(keyPress("Z"), ACTIONS), "back"); // with Caps Lock
  assert.equal(actionOf(keyPress("+", { shiftKey: true }), ACTIONS), "closer");
});

test("with Alt, Ctrl or Cmd a key is the browser's, but for commands that other programs have too", () => {
  assert.equal(isBrowsers(keyPress("s"), ["z"]), false);
  assert.equal(isBrowsers(keyPress("s", { ctrlKey: true }), ["z"]), true);
  assert.equal(isBrowsers(keyPress("s", { metaKey: true }), ["z"]), true);
  assert.equal(isBrowsers(keyPress("Z", { ctrlKey: true, shiftKey: true }), ["z"]), false);
  assert.equal(isBrowsers(keyPress("z", { metaKey: true }), ["z"]), false);
  assert.equal(isBrowsers(keyPress("z", { altKey: true }), ["z"]), true);
  assert.equal(isBrowsers(keyPress("ArrowUp", { altKey: true }), [], ["ArrowUp"]), false);
  assert.equal(isBrowsers(keyPress("ArrowUp", { altKey: true, ctrlKey: true }), [], ["ArrowUp"]), true);
});

test("what is typed into a field is nobody else's", () => {
  for (const tagName of ["INPUT", "TEXTAREA", "SELECT"]) {
    assert.equal(isTyping(keyPress("s", { target: { tagName } })), true);
  }
  assert.equal(isTyping(keyPress("s", { target: { tagName: "DIV", isContentEditable: true } })), true);
  assert.equal(isTyping(keyPress("s", { target: { tagName: "BUTTON" } })), false);
  assert.equal(isTyping(keyPress("s", { target: {} })), false);
});

test("Enter and Space press the button that has the focus, letters do not", () => {
  const target = { tagName: "BUTTON" };
  assert.equal(pressesButton(keyPress("Enter", { target })), true);
  assert.equal(pressesButton(keyPress(" ", { target })), true);
  assert.equal(pressesButton(keyPress("s", { target })), false);
  assert.equal(pressesButton(keyPress("Enter")), false);
});
