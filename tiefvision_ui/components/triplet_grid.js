// H+ and H- for a reference, by click or key. All state lives here; Python hears one commit a triplet.

class TripletGrid {
  constructor(root) {
    this.view = new TripletView(root);
    this.outbox = new Outbox("triplet", root, () => this.tell("Not saved yet; trying again…"));
    this.watch = new Stopwatch();
    this.task = null;
    this.next = null;
    this.ahead = false;
    this.listen();
  }

  listen() {
    const { grid, existing, buttons, help, reference } = this.view;
    this.closing = new AbortController();
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal: this.closing.signal });
    grid.onclick = (event) => {
      const tile = event.target.closest(".tile");
      if (tile) this.choose(tile.dataset.id);
    };
    existing.onclick = (event) => {
      const row = event.target.closest(".remove");
      if (row) this.commit("remove", row.dataset.positive, row.dataset.negative);
    };
    for (const [action, button] of Object.entries(buttons)) {
      button.onclick = () => {
        // Else the next Enter would press the button that was clicked last.
        reference.focus({ preventScroll: true });
        this.perform(action);
      };
    }
    help.onclose = () => reference.focus({ preventScroll: true });
  }

  // Called at every render of the page.
  update(data, send) {
    this.outbox.connect(send, data.saved);
    this.tell(this.outbox.waiting ? (data.problem ?? "") : "");
    this.view.buttons.undo.disabled = !data.undoable;
    // The page may still speak of the reference that was just decided about.
    if (this.ahead && this.outbox.waiting) return;
    this.ahead = false;
    this.next = data.next;
    this.preload();
    if (JSON.stringify(this.task) === JSON.stringify(data.now)) return;
    const first = this.task === null;
    this.open(data.now);
    if (first || !document.activeElement?.matches("input, textarea")) {
      this.view.reference.focus({ preventScroll: true });
    }
  }

  preload() {
    for (const photo of this.next ? [this.next.reference, ...this.next.candidates] : []) {
      const image = new Image();
      image.sizes = "200px";
      image.srcset = photo.srcset;
    }
  }

  open(task) {
    this.task = task;
    this.positive = null;
    this.negative = null;
    this.watch.restart();
    this.view.show(task);
    this.draw();
  }

  choose(id) {
    if (id === this.positive) [this.positive, this.negative] = [this.negative, null];
    else if (id === this.negative) this.negative = null;
    else if (this.positive === null) this.positive = id;
    else this.negative = id;
    this.draw();
  }

  onKey(event) {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || this.view.help.open || !this.task) return;
    const tile = event.composedPath()[0]?.closest?.(".tile");
    const complete = this.positive !== null && this.negative !== null;
    if (pressesButton(event) && !(tile && event.key === "Enter" && complete)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = {
      Enter: "save", " ": "save", x: "swap", t: "tie", s: "skip", u: "undo", Escape: "clear", "?": "help",
    }[key];
    const number = /^[1-9]$/.test(key) ? Number(key) : 0;
    if (!action && !key.startsWith("Arrow") && !(number && number <= this.task.candidates.length)) return;
    event.preventDefault();
    event.stopPropagation();
    if (number) this.choose(this.task.candidates[number - 1].id);
    else if (action) this.perform(action, event.repeat);
    else this.walk(tile, key);
  }

  // Moves the focus through the grid as it is laid out.
  walk(tile, key) {
    const tiles = [...this.view.grid.children];
    if (!tiles.length) return;
    const columns = tiles.filter((other) => other.offsetTop === tiles[0].offsetTop).length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
    const place = tile ? tiles.indexOf(tile) + by : 0;
    tiles[place]?.focus();
  }

  perform(action, repeated = false) {
    const actions = {
      save: () => this.positive && this.negative && this.commit("save", this.positive, this.negative),
      tie: () => this.commit("tie", this.positive, this.negative),
      skip: () => this.commit("skip"),
      undo: () => !this.view.buttons.undo.disabled && this.commit("undo"),
      swap: () => ([this.positive, this.negative] = [this.negative, this.positive]),
      clear: () => ([this.positive, this.negative] = [null, null]),
      help: () => this.view.help.showModal(),
    };
    // A key that is held down must not save reference after reference.
    if (repeated && ["save", "tie", "skip", "undo"].includes(action)) return;
    if (action === "swap" && !(this.positive && this.negative)) return;
    actions[action]();
    this.draw();
  }

  commit(action, positive = null, negative = null) {
    if (this.outbox.waiting) return;
    const { reference } = this.task;
    this.outbox.post({ action, photo: reference.id, positive, negative, seconds: this.watch.seconds });
    if (!["save", "tie", "skip"].includes(action) || !this.next) return;
    // The next reference is known and loaded: show it while this one is being saved.
    this.ahead = true;
    this.open(this.next);
  }

  draw() {
    this.view.draw(this.positive, this.negative);
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

const grids = new WeakMap();

// Streamlit calls this at every render, and what it returned last when the component goes away.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".table");
  if (!grids.has(root)) grids.set(root, new TripletGrid(root));
  const grid = grids.get(root);
  grid.update(data, setTriggerValue);
  return () => {
    grid.close();
    grids.delete(root);
  };
}
