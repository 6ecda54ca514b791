import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { LabellingComponent, RETELL_MS } from "../../../../tiefvision_ui/components/shared/labelling_component.js";
import { LEFT_MS } from "../../../../tiefvision_ui/components/shared/outbox.js";
import { keyPress, openServer, openTab } from "../browser.js";

let component, root, home, requests, told;

class Component extends LabellingComponent {
  constructor() {
    const view = { buttons: { skip: {}, undo: {} }, trouble: {}, discard: {}, help: { open: false } };
    super("test", root, view, home, { commands: ["z"] });
    this.opened = [];
    this.performed = [];
    this.arrivals = [];
  }

  arrived() {
    this.arrivals.push(this.task.id);
  }

  idOf(task) {
    return task.id;
  }

  shows(task) {
    return this.task?.id === task.id;
  }

  preload() {
    this.preloaded = this.coming.map(({ id }) => id).join("");
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
  requests = openServer();
  root = { dataset: {} };
  home = { focused: 0, focus: () => (home.focused += 1) };
  told = [];
  component = new Component();
});

afterEach(() => {
  component.close();
  component.outbox.close();
});

// The page as it is drawn: `tasks` has the present one first; `heard` is the number of the request that it knows of.
function render(tasks, { heard = null, ...rest } = {}) {
  const [now = null, ...coming] = [...tasks].map((id) => ({ id }));
  const page = { session: "tab", database: "labels", person: "Ann", logged_in: false, undoable: null, opened: null };
  const id = heard === null ? null : requests[heard].commit.commit_id;
  component.update({ now, coming, ...page, heard: id, ...rest }, (name, news) => told.push(news));
}

function decide(action = "save") {
  return component.post({ action, photo: component.task.id });
}

test("the first render opens the task, loads the next ones and takes the focus", () => {
  render("abc");
  assert.deepEqual(component.opened, ["a"]);
  assert.equal(component.preloaded, "bc");
  assert.equal(home.focused, 1);
  assert.deepEqual(told, []);
});

test("a render with the same task leaves what was drawn on it alone", () => {
  render("ab");
  render("ac");
  assert.deepEqual(component.opened, ["a"]);
  assert.equal(component.preloaded, "c");
});

test("decisions go on while those before are being saved, and the page catches up", async () => {
  render("abc");
  decide();
  decide("skip");
  assert.deepEqual(component.opened, ["a", "b", "c"]);
  assert.equal(component.view.trouble.textContent, "Saving 2…");
  assert.equal(root.dataset.state, "saving");
  await requests[0].save();
  assert.deepEqual(told.at(-1), {
    session: "tab",
    heard: requests[0].commit.commit_id,
    done: ["a"],
    open: null,
    notice: null,
    problem: null,
  });
  render("bcd", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b", "c"], "b is decided about, though the page does not know yet");
  await requests[1].save();
  assert.equal(root.dataset.state, "saved");
  render("bcd", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b", "c"]);
  render("cde", { heard: 1 });
  assert.deepEqual(component.opened, ["a", "b", "c"]);
  assert.equal(component.preloaded, "de");
});

test("where no further task is known, the last one is not decided about twice", async () => {
  render("a");
  assert.equal(decide(), true);
  assert.equal(decide(), false);
  assert.equal(root.dataset.task, "waiting");
  await requests[0].save();
  assert.equal(requests.length, 1);
  render("b", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b"]);
  assert.equal(root.dataset.task, "ready");
});

test("a task that comes while others are being saved is shown to whoever waits for one", async () => {
  render("ab");
  decide();
  decide();
  await requests[0].save();
  render("bc", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b", "c"]);
});

test("a decision that is refused brings its task back", async () => {
  render("ab");
  decide();
  await requests[0].save({ problem: "That photo is gone." });
  assert.deepEqual([told.at(-1).done, told.at(-1).problem], [[], "That photo is gone."]);
  render("ab", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b", "a"]);
});

test("a decision that is refused for now brings its task back, is said, and can be discarded", async (t) => {
  render("ab");
  decide();
  await requests[0].answer({ saved: null, problem: "Ask an administrator." }, { status: 403 });
  assert.deepEqual([told.at(-1).done, told.at(-1).problem], [[], null]);
  render("ab", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b", "a"]);
  assert.deepEqual([root.dataset.state, root.dataset.task], ["saved", "ready"]);
  assert.match(component.view.trouble.textContent, /^1 refused/);
  assert.equal(component.view.discard.hidden, false);
  const asked = [];
  globalThis.confirm = (words) => (asked.push(words), asked.length > 1);
  t.after(() => delete globalThis.confirm);
  component.view.discard.onclick();
  assert.equal(component.view.discard.hidden, false, "they did not confirm");
  component.view.discard.onclick();
  assert.deepEqual([component.view.discard.hidden, component.view.trouble.textContent], [true, ""]);
});

test("what a closed tab has left is said when it cannot be saved, and changes nothing else", async (t) => {
  t.mock.method(Date, "now", () => 0);
  component.outbox.connect({ person: "Ann", loggedIn: false, database: "labels", session: "closed tab" });
  component.outbox.post("closed tab", { action: "save", photo: "x" });
  component.outbox.post("closed tab", { action: "save", photo: "y" });
  Date.now.mock.mockImplementation(() => LEFT_MS + 10);
  render("ab");
  await requests[0].save({ problem: "That box has no area." });
  const news = { done: [], open: null, notice: null, problem: "That box has no area." };
  assert.deepEqual(told.at(-1), { session: "tab", heard: requests[0].commit.commit_id, ...news });
  await requests[1].save({ open: { photo: "z" } });
  assert.deepEqual(told.at(-1).heard, requests[0].commit.commit_id);
  render("ab", { heard: 0 });
  assert.deepEqual(component.opened, ["a"]);
  assert.equal(root.dataset.task, "ready");
});

test("after an undo nothing is decided about before its photo is shown", async () => {
  render("ab", { undoable: "earlier" });
  assert.equal(decide("undo"), true);
  assert.equal(decide("undo"), false);
  assert.equal(decide(), false);
  await requests[0].save({ open: { photo: "z", role: "annotator", undone: true, draft: null } });
  assert.equal(decide(), false);
  assert.equal(told.at(-1).open.photo, "z");
  render("zab", { heard: 0, opened: told.at(-1).open });
  assert.deepEqual(component.opened, ["a", "z"]);
  assert.equal(decide(), true);
});

test("an undo that opens the task that is shown opens it anew", async () => {
  render("a");
  decide();
  decide("undo");
  await requests[0].save();
  await requests[1].save({ open: { photo: "a" } });
  render("a", { heard: 1 });
  assert.deepEqual(component.opened, ["a", "a"]);
  assert.equal(root.dataset.task, "ready");
});

test("an answer is told again until the page has heard it", async (t) => {
  render("ab");
  decide();
  await requests[0].save();
  t.mock.timers.tick(RETELL_MS);
  assert.equal(told.length, 2);
  assert.deepEqual(told[0], told[1]);
  render("b", { heard: 0 });
  t.mock.timers.tick(10 * RETELL_MS);
  assert.equal(told.length, 2);
});

test("a page that was started anew hears which session this is before it is listened to", async () => {
  render("ab");
  decide();
  render("xy", { session: "new" });
  assert.deepEqual(component.opened, ["a", "b"]);
  assert.equal(told.at(-1).session, "tab");
  render("abc");
  assert.deepEqual(component.opened, ["a", "b"]);
  await requests[0].save();
  render("bc", { heard: 0 });
  assert.deepEqual(component.opened, ["a", "b"]);
});

test("after a reload the tab goes on with its commits, its session and the photo that it had opened", async () => {
  render("abc", { opened: { photo: "a", role: "reviewer" } });
  decide();
  component.close();
  component.outbox.close();
  component = new Component();
  render("xy", { session: "new" });
  assert.deepEqual(component.opened, []);
  assert.deepEqual([told.at(-1).session, told.at(-1).open], ["tab", { photo: "a", role: "reviewer" }]);
  render("abc");
  assert.deepEqual(component.opened, ["b"], "a is being saved");
  await requests[1].save();
  assert.equal(requests[1].commit.commit_id, requests[0].commit.commit_id);
});

test("a photo that the address has opened goes before what was open", () => {
  render("ab", { opened: { photo: "a" } });
  render("cd", { session: "new", opened: { photo: "c" } });
  assert.deepEqual(told.at(-1).open, { photo: "c" });
});

test("nobody goes on with the photo that another person had opened in this tab", () => {
  render("ab", { opened: { photo: "a" } });
  render("cd", { session: "new", person: "Bob" });
  assert.deepEqual([told.at(-1).session, told.at(-1).open], ["tab", null]);
});

test("without a task there is nothing to decide about, and what was kept is sent", async () => {
  render("a");
  decide();
  await requests[0].fail();
  render("");
  assert.equal(requests.length, 2);
  await requests[1].save();
  render("", { heard: 0 });
  assert.equal(root.dataset.task, "none");
  assert.equal(press("s"), false);
});

test("a decision says how long the task was looked at", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  render("ab");
  now = 2500;
  decide();
  assert.equal(requests[0].commit.seconds, 2.5);
  assert.equal(component.watch.seconds, 0);
});

test("what there is to undo decides about the button", () => {
  render("ab");
  assert.equal(component.view.buttons.undo.disabled, true);
  assert.equal(decide("undo"), false);
  render("ab", { undoable: "earlier" });
  assert.equal(component.view.buttons.undo.disabled, false);
});

test("what was just decided can be undone at once", async () => {
  render("ab");
  decide();
  assert.equal(component.view.buttons.undo.disabled, false);
  await requests[0].save();
  assert.equal(component.view.buttons.undo.disabled, false);
});

test("an undo names the decision that it takes back", async () => {
  render("abcd", { undoable: "earlier" });
  decide();
  decide("undo");
  assert.equal(requests[0].commit.undoes, undefined);
  await requests[0].save();
  assert.equal(requests[1].commit.undoes, requests[0].commit.commit_id);
  await requests[1].save({ open: { photo: "a" } });
  assert.equal(component.view.buttons.undo.disabled, true, "the page has not said yet what is the newest now");
  render("abcd", { heard: 1, undoable: "earlier" });
  decide("undo");
  assert.equal(requests[2].commit.undoes, "earlier");
});

test("an undo names no decision that was refused", async () => {
  render("ab", { undoable: "earlier" });
  decide();
  await requests[0].answer({ saved: null, problem: "No." }, { status: 403 });
  decide("undo");
  assert.equal(requests[1].commit.undoes, "earlier");
});

test("whoever types elsewhere keeps the focus, but for the first task", () => {
  document.activeElement = { matches: () => true };
  render("ab");
  assert.equal(home.focused, 1);
  render("cd");
  assert.deepEqual(component.opened, ["a", "c"]);
  assert.equal(home.focused, 1);
  document.activeElement = null;
  render("ef");
  assert.equal(home.focused, 2);
});

test("a button does what it says and gives the focus back", () => {
  render("ab");
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
  render("ab");
  assert.equal(press("s"), true);
  assert.equal(press("q"), false);
  assert.deepEqual(component.performed, ["s"]);
});

test("keys are left alone before there is a task, in a field, under the help, and with Ctrl", () => {
  assert.equal(press("s"), false);
  render("ab");
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
  render("ab");
  component.close();
  assert.equal(press("s"), false);
});
