// H+ and H- for a reference, by click or key. All state lives here; Python hears one commit a triplet.

class TripletGrid extends Workbench {
  constructor(root) {
    const view = new TripletView(root);
    super("triplet", root, view, view.reference);
    view.grid.onclick = (event) => {
      const tile = event.target.closest(".tile");
      if (tile) this.choose(tile.dataset.id);
    };
    view.existing.onclick = (event) => {
      const row = event.target.closest(".remove");
      if (row) this.commit("remove", row.dataset.positive, row.dataset.negative);
    };
  }

  shows(task) {
    return JSON.stringify(this.task) === JSON.stringify(task);
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
    const key = keyOf(event);
    const action = {
      Enter: "save", " ": "save", x: "swap", t: "tie", s: "skip", u: "undo", Escape: "clear", "?": "help",
    }[key];
    const chosen = this.task.candidates[PLACES.indexOf(key)];
    if (!action && !key.startsWith("Arrow") && !chosen) return;
    event.preventDefault();
    event.stopPropagation();
    if (chosen) event.repeat || this.choose(chosen.id);
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
    if (this.heldDown(action, repeated)) return;
    if (action === "swap" && !(this.positive && this.negative)) return;
    actions[action]();
    this.draw();
  }

  commit(action, positive = null, negative = null) {
    if (this.outbox.waiting) return;
    const goOn = ["save", "tie", "skip"].includes(action);
    this.post({ action, photo: this.task.reference.id, positive, negative }, goOn);
  }

  draw() {
    this.view.draw(this.positive, this.negative);
  }
}

export default mounting(".table", (root) => new TripletGrid(root));
