import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { LabellingComponent } from "../../../../tiefvision_ui/components/shared/labelling_component.js";
import { keyPress, openTab } from "../browser.js";

let component, root, home, sent;

class Component extends LabellingComponent {
  constructor() {
    const view = { buttons: { skip: {}, undo: {} }, trouble: {}, help: { open: false } };
    super("test", root, view, home, ["z"]);
    this.opened = [];
    this.preloaded = [];
    this.performed = [];
    this.arrivals = [];
  }

  arrived() {
    this.arrivals.push(this.task.id);
  }

  shows(task) {
    return this.task?.id === task.id;
  }

  preload() {
    this.preloaded.push(this.next?.id ?? null);
  }

  open(task) {
    this.task = task;
    this.opened.push(task.id);
    this.watch.restart();
  }

  answerTo(event) {
    return event.key === "s" || event.key === "z" ? () => this.perform(event.key) : undefined;
  }

  perform(action) {
    this.performed.push(action);
  }
}

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  openTab();
  root = { dataset: {} };
  home = { focused: 0, focus: () => (home.focused += 1) };
  sent = [];
  component = new Component();
});

afterEach(() => component.close());

function render(now, next, rest = {}) {
  const data = { now: { id: now }, next: next && { id: next }, saved: null, problem: null, undoable: false, ...rest };
  component.update(data, (_, commit) => sent.push(commit));
}

test("the first render opens the task, loads the next one and takes the focus", () => {
  render("a", "b");
  assert.deepEqual(component.opened, ["a"]);
  assert.deepEqual(component.preloaded, ["b"]);
  assert.equal(home.focused, 1);
});

test("a render with the same task leaves what was drawn on it alone", () => {
  render("a", "b");
  render("a", "c");
  assert.deepEqual(component.opened, ["a"]);
  assert.deepEqual(component.preloaded, ["b", "c"]);
});

test("after a decision the next task is shown before the answer, and stays until then", () => {
  render("a", "b");
  component.post({ action: "save" }, true);
  assert.deepEqual(component.opened, ["a", "b"]);
  render("a", "b");
  assert.deepEqual(component.opened, ["a", "b"]);
  render("b", "c", { saved: sent[0].commit_id });
  assert.deepEqual(component.opened, ["a", "b"]);
  assert.deepEqual(component.preloaded, ["b", "c"]);
  assert.deepEqual(component.arrivals, ["a"]);
});

test("once the answer is there, the page decides again what is shown, whatever else is on its way", () => {
  render("a", "b");
  component.post({ action: "save" }, true);
  render("b", "c", { saved: sent[0].commit_id });
  component.post({ action: "undo" }, false);
  render("a", "b");
  assert.deepEqual(component.opened, ["a", "b", "a"]);
});

test("a decision that is refused brings its task back", () => {
  render("a", "b");
  component.post({ action: "save" }, true);
  render("a", "b", { saved: sent[0].commit_id });
  assert.deepEqual(component.opened, ["a", "b", "a"]);
});

test("without a next task, or with an undo, the same one is shown until the page has another", () => {
  render("a", null);
  component.post({ action: "save" }, true);
  assert.deepEqual(component.opened, ["a"]);
  render("a", "b", { saved: sent[0].commit_id });
  component.post({ action: "undo" }, false);
  assert.deepEqual(component.opened, ["a"]);
});

test("a decision says how long the task was looked at", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  render("a", "b");
  now = 2500;
  component.post({ action: "save" }, true);
  assert.equal(sent[0].seconds, 2.5);
  assert.equal(component.watch.seconds, 0);
});

test("a problem is shown while its commit waits, and no longer", () => {
  render("a", "b");
  component.post({ action: "save" }, true);
  render("a", "b", { problem: "The disk is full." });
  assert.equal(component.view.trouble.textContent, "The disk is full.");
  render("b", "c", { saved: sent[0].commit_id, problem: "The disk is full." });
  assert.equal(component.view.trouble.textContent, "");
});

test("what there is to undo decides about the button", () => {
  render("a", "b", { undoable: false });
  assert.equal(component.view.buttons.undo.disabled, true);
  render("a", "b", { undoable: true });
  assert.equal(component.view.buttons.undo.disabled, false);
});

test("whoever types elsewhere keeps the focus, but for the first task", () => {
  document.activeElement = { matches: () => true };
  render("a", "b");
  assert.equal(home.focused, 1);
  render("c", "d");
  assert.deepEqual(component.opened, ["a", "c"]);
  assert.equal(home.focused, 1);
  document.activeElement = null;
  render("e", "f");
  assert.equal(home.focused, 2);
});

test("a button does what it says and gives the focus back", () => {
  render("a", "b");
  component.view.buttons.skip.onclick();
  assert.deepEqual(component.performed, ["skip"]);
  assert.equal(home.focused, 2);
});

function press(key, options) {
  const event = keyPress(key, options);
  document.dispatchEvent(event);
  return event.defaultPrevented;
}

test("a key that has an answer is answered and kept from the page, others are left to it", () => {
  render("a", "b");
  assert.equal(press("s"), true);
  assert.equal(press("q"), false);
  assert.deepEqual(component.performed, ["s"]);
});

test("keys are left alone before there is a task, in a field, under the help, and with Ctrl", () => {
  assert.equal(press("s"), false);
  render("a", "b");
  assert.equal(press("s", { target: { tagName: "INPUT" } }), false);
  assert.equal(press("s", { ctrlKey: true }), false);
  component.view.help.open = true;
  assert.equal(press("s"), false);
  assert.deepEqual(component.performed, []);
  component.view.help.open = false;
  assert.equal(press("z", { ctrlKey: true }), true);
});

test("a decision does not repeat while its key is held, other actions may", () => {
  assert.equal(component.heldDown("save", true), true);
  assert.equal(component.heldDown("save", false), false);
  assert.equal(component.heldDown("closer", true), false);
});

test("a component that is gone hears no keys", () => {
  render("a", "b");
  component.close();
  assert.equal(press("s"), false);
});
