// What the box editor and the triplet grid have in common: commits that arrive one at a time, the next task shown ahead
// of the answer, buttons, and keys. A component adds what its tasks are: `open`, `shows`, `preload`, `perform`,
// `answerTo`.

import { isBrowsers, isTyping } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Stopwatch } from "./stopwatch.js";

const DECISIONS = new Set(["save", "accept", "absent", "tie", "skip", "undo"]);

export class LabellingComponent {
  // `home` has the focus while nothing else wants it; `commands` are the keys that count with Ctrl or Cmd too.
  constructor(kind, root, view, home, commands = []) {
    this.view = view;
    this.home = home;
    this.commands = commands;
    this.outbox = new Outbox(kind, root, () => this.warn("Not saved yet; trying again…"));
    this.watch = new Stopwatch();
    this.task = null;
    this.next = null;
    this.ahead = false;
    this.closing = new AbortController();
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal: this.closing.signal });
    for (const [action, button] of Object.entries(view.buttons)) {
      button.onclick = () => {
        // Else the next Enter would press the button that was clicked last.
        this.goHome();
        this.perform(action);
      };
    }
    view.help.onclose = () => this.goHome();
  }

  // Called at every render of the page.
  update(data, send) {
    this.outbox.connect(send, data.saved);
    this.warn(this.outbox.waiting ? (data.problem ?? "") : "");
    this.view.buttons.undo.disabled = !data.undoable;
    // The page may still speak of the task that was just decided about.
    if (this.ahead && this.outbox.waiting) return;
    this.ahead = false;
    this.next = data.next;
    this.preload();
    if (this.shows(data.now)) return;
    const first = this.task === null;
    this.open(data.now);
    this.arrived();
    // Whoever has just typed their name goes on with the keyboard; later, nobody is torn from what they type.
    if (first || !document.activeElement?.matches("input, textarea")) this.goHome();
  }

  arrived() {}

  goHome() {
    this.home.focus({ preventScroll: true });
  }

  onKey(event) {
    if (isTyping(event) || isBrowsers(event, this.commands) || this.view.help.open || !this.task) return;
    const answer = this.answerTo(event);
    if (!answer) return;
    event.preventDefault();
    event.stopPropagation();
    answer();
  }

  // Whether a key that is held down asks for what must not happen to task after task.
  heldDown(action, repeated) {
    return repeated && DECISIONS.has(action);
  }

  // Sends a decision; the next task is known and loaded, and shown while this one is being saved.
  post(commit, advance) {
    this.outbox.post({ ...commit, seconds: this.watch.seconds });
    if (!advance || !this.next) return;
    this.ahead = true;
    this.open(this.next);
  }

  warn(trouble) {
    this.view.trouble.textContent = trouble;
  }

  close() {
    this.closing.abort();
    this.watch.close();
    this.outbox.close();
  }
}
