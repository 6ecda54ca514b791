// What the box editor and the triplet grid have in common: commits that arrive one at a time, the next task shown ahead
// of the answer, buttons, and keys. A component adds what its tasks are: `open`, `shows`, `perform`, `onKey`.

const DECISIONS = ["save", "accept", "absent", "tie", "skip", "undo"];

class Workbench {
  // `home` has the focus while nothing else wants it.
  constructor(kind, root, view, home) {
    this.view = view;
    this.home = home;
    this.outbox = new Outbox(kind, root, () => this.tell("Not saved yet; trying again…"));
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
    this.tell(this.outbox.waiting ? (data.problem ?? "") : "");
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

  // Whether a key that is held down asks for what must not happen to task after task.
  heldDown(action, repeated) {
    return repeated && DECISIONS.includes(action);
  }

  // Sends a decision; the next task is known and loaded, and shown while this one is being saved.
  post(commit, goOn) {
    this.outbox.post({ ...commit, seconds: this.watch.seconds });
    if (!goOn || !this.next) return;
    this.ahead = true;
    this.open(this.next);
  }

  tell(trouble) {
    this.view.trouble.textContent = trouble;
  }

  close() {
    this.closing.abort();
    this.watch.close();
    this.outbox.close();
  }
}

const keyOf = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

// Makes the component's function: Streamlit calls it at every render, and what it returned last when it goes away.
function mounting(selector, make) {
  const made = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    const root = parentElement.querySelector(selector);
    if (!made.has(root)) made.set(root, make(root));
    const workbench = made.get(root);
    workbench.update(data, setTriggerValue);
    return () => {
      workbench.close();
      made.delete(root);
    };
  };
}
