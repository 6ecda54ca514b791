// Draws, adjusts or accepts the one box of a photo. All state lives here; Python hears one commit a photo.

const LEAST_DRAG = 4; // screen pixels: less is a click, not a box
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class BoxEditor {
  constructor(root) {
    this.view = new BoxView(root);
    this.outbox = new Outbox("box", root, () => this.tell("Not saved yet; trying again…"));
    this.watch = new Stopwatch();
    this.extreme = localStorage.getItem("tiefvision-four-clicks") === "yes";
    this.draft = new BoxDraft();
    this.photo = null;
    this.next = null;
    this.ahead = false;
    this.resize = new ResizeObserver(() => this.photo && (this.view.fit(), this.draw()));
    this.resize.observe(this.view.viewport);
    this.listen();
  }

  listen() {
    const { stage, image, buttons, help } = this.view;
    this.closing = new AbortController();
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal: this.closing.signal });
    stage.onpointerdown = (event) => this.onDown(event);
    stage.onpointermove = (event) => this.onMove(event);
    stage.onpointerup = () => this.onUp();
    stage.onpointercancel = () => this.onUp();
    image.onload = () => stage.classList.add("loaded");
    image.onerror = () => stage.classList.add("missing");
    for (const [action, button] of Object.entries(buttons)) {
      button.onclick = () => {
        // Else the next Enter would press the button that was clicked last.
        stage.focus({ preventScroll: true });
        this.perform(action);
      };
    }
    help.onclose = () => stage.focus({ preventScroll: true });
  }

  // Called at every render of the page.
  update(data, send) {
    this.outbox.connect(send, data.saved);
    this.tell(this.outbox.waiting ? (data.problem ?? "") : "");
    this.view.buttons.undo.disabled = !data.undoable;
    // The page may still speak of the photo that was just decided about.
    if (this.ahead && this.outbox.waiting) return;
    this.ahead = false;
    this.next = data.next;
    if (data.next) new Image().src = data.next.photo.src;
    if (this.photo?.id === data.now.photo.id) return;
    const first = this.photo === null;
    this.open(data.now);
    this.restore();
    this.draw();
    // Whoever has just typed their name goes on with the keyboard; later, nobody is torn from what they type.
    if (first || !document.activeElement?.matches("input, textarea")) this.view.stage.focus({ preventScroll: true });
  }

  open({ photo, model, start, role }) {
    this.photo = photo;
    this.role = role;
    this.model = fromList(model);
    this.start = start;
    this.view.show(photo);
    this.reset();
    this.draw();
    this.view.say(`${photo.name}. ${this.words()}`);
  }

  reset() {
    const box = fromList(this.start?.box ?? null) ?? (this.extreme ? null : this.model);
    this.draft.begin(box, this.start?.method ?? (box ? "accepted" : "drawn"));
    this.points = [];
    this.watch.restart();
  }

  // A box that was drawn and not saved, before the page was reloaded or the server was started anew.
  restore() {
    const draft = BoxDraft.kept();
    if (!draft || this.outbox.waiting) return;
    if (draft.photo === this.photo.id) {
      this.draft.begin(fromList(draft.box), draft.method);
      this.watch.restart(draft.seconds);
      this.tell("Your unsaved box was kept.");
    } else if (!this.resumed) {
      this.outbox.post({ action: "resume", photo: draft.photo, role: draft.role });
    }
    this.resumed = true;
  }

  get box() {
    return this.draft.box;
  }

  settled() {
    this.draft.keep(this.photo.id, this.role, this.watch.seconds);
    this.draw();
  }

  onDown(event) {
    if (event.button) return;
    event.preventDefault();
    const grip = event.target.closest("[data-grip]");
    (grip ?? this.view.stage).focus({ preventScroll: true });
    const point = this.view.at(event);
    if (!grip && this.extreme && !hasArea(this.box)) return this.addPoint(point);
    this.view.stage.setPointerCapture(event.pointerId);
    const inside = event.target === this.view.shapes.box && !event.shiftKey;
    const kind = grip ? "stretch" : inside ? "move" : "draw";
    this.drag = { kind, grip: grip?.dataset.grip, from: point, box: this.box, far: false };
    this.drag.origin = [event.clientX, event.clientY];
  }

  addPoint([x, y]) {
    const { width, height } = this.photo;
    this.points.push([within(x, width), within(y, height)]);
    if (this.points.length === 4) {
      this.draft.change(boxAround(this.points, this.photo), "extreme");
      this.points = [];
      this.settled();
    }
    this.draw();
  }

  onMove(event) {
    const point = this.view.at(event);
    this.view.guides(...point);
    const drag = this.drag;
    if (!drag) return;
    drag.far ||= Math.hypot(event.clientX - drag.origin[0], event.clientY - drag.origin[1]) >= LEAST_DRAG;
    if (!drag.far) return;
    const [dx, dy] = [point[0] - drag.from[0], point[1] - drag.from[1]];
    if (drag.kind === "draw") drag.to = boxBetween(drag.from, point, this.photo);
    else if (drag.kind === "move") drag.to = moved(drag.box, dx, dy, this.photo);
    else drag.to = stretched(drag.box, drag.grip, dx, dy, this.photo);
    this.draw();
  }

  onUp() {
    const drag = this.drag;
    this.drag = null;
    if (!drag?.far) return;
    if (!hasArea(drag.to) || sameBox(drag.to, drag.box)) return this.draw();
    this.draft.change(drag.to, drag.kind === "draw" ? "drawn" : this.draft.adjusted);
    this.settled();
    this.view.say(describe(drag.to));
  }

  onKey(event) {
    if (isTyping(event) || pressesButton(event) || event.altKey || this.view.help.open || !this.photo) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = event.ctrlKey || event.metaKey;
    if (command && !["z", "y"].includes(key)) return;
    const step = STEPS[key];
    const action = {
      Enter: "save", " ": "save", a: "accept", x: "absent", s: "skip", u: "undo", e: "extreme", b: "centre",
      z: event.shiftKey ? "forward" : "back", y: "forward", Escape: "restart", "?": "help",
      "+": "closer", "=": "closer", "-": "farther", 0: "whole",
    }[key];
    if (!step && !action) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.nudge(step, event.shiftKey ? 10 : 1);
    else this.perform(action, event.repeat);
  }

  nudge([x, y], by) {
    if (!hasArea(this.box)) return;
    const grip = this.view.stage.getRootNode().activeElement?.closest("[data-grip]")?.dataset.grip;
    const box = grip
      ? stretched(this.box, grip, x * by, y * by, this.photo)
      : moved(this.box, x * by, y * by, this.photo);
    if (!hasArea(box) || sameBox(box, this.box)) return;
    this.draft.change(box, this.draft.adjusted);
    this.settled();
    this.view.say(describe(box));
  }

  perform(action, repeated = false) {
    const centre = this.box ?? { left: 0, top: 0, right: this.photo.width, bottom: this.photo.height };
    const middle = [(centre.left + centre.right) / 2, (centre.top + centre.bottom) / 2];
    const actions = {
      save: () => hasArea(this.box) && this.commit("save"),
      accept: () => this.accept(),
      absent: () => this.commit("absent"),
      skip: () => this.commit("skip"),
      undo: () => !this.view.buttons.undo.disabled && this.commit("undo"),
      extreme: () => this.toggleExtreme(),
      back: () => (this.draft.back(), this.settled()),
      forward: () => (this.draft.forward(), this.settled()),
      restart: () => this.restart(),
      centre: () => this.drawCentre(),
      closer: () => this.view.zoomBy(1, middle),
      farther: () => this.view.zoomBy(-1, middle),
      whole: () => this.view.zoomBy(0, middle),
      help: () => this.view.help.showModal(),
    };
    // A key that is held down must not save photo after photo.
    if (repeated && ["save", "accept", "absent", "skip", "undo"].includes(action)) return;
    actions[action]();
    this.draw();
  }

  accept() {
    if (!this.model) return;
    this.draft.change(this.model, "accepted");
    this.commit("save");
  }

  toggleExtreme() {
    this.extreme = !this.extreme;
    localStorage.setItem("tiefvision-four-clicks", this.extreme ? "yes" : "no");
    this.points = [];
    if (this.extreme && hasArea(this.box)) this.draft.change(null, "extreme");
    else if (!this.extreme && !hasArea(this.box) && this.model) this.draft.change(this.model, "accepted");
  }

  restart() {
    this.points = [];
    const box = this.extreme ? null : this.model;
    if (!sameBox(box, this.box)) this.draft.change(box, box ? "accepted" : "drawn");
    BoxDraft.forget();
  }

  drawCentre() {
    const { width, height } = this.photo;
    this.draft.change(boxBetween([width / 4, height / 4], [(3 * width) / 4, (3 * height) / 4], this.photo), "drawn");
    this.settled();
  }

  commit(action) {
    if (this.outbox.waiting) return;
    const box = action === "save" ? asList(this.box) : null;
    const method = action === "save" ? this.draft.method : null;
    BoxDraft.forget();
    this.outbox.post({ action, photo: this.photo.id, role: this.role, box, method, seconds: this.watch.seconds });
    if (action === "undo" || !this.next) return;
    // The next photo is known and loaded: show it while this one is being saved.
    this.ahead = true;
    this.open(this.next);
  }

  words() {
    if (this.extreme && !hasArea(this.box)) return `Click the outermost points: ${this.points.length} of 4`;
    if (!hasArea(this.box)) return "Drag to draw a box";
    const made = { accepted: "The model's box", adjusted: "Adjusted", drawn: "Drawn", extreme: "From four clicks" };
    return made[this.draft.method];
  }

  draw() {
    const acceptable = this.draft.method === "accepted" && sameBox(this.box, this.model);
    const { model, points, extreme } = this;
    const box = this.drag?.to ?? this.box;
    this.view.draw({ box, model, points, extreme, words: this.words(), acceptable });
  }

  tell(trouble) {
    this.view.trouble.textContent = trouble;
  }

  close() {
    this.closing.abort();
    this.resize.disconnect();
    this.watch.close();
    this.outbox.close();
  }
}

const editors = new WeakMap();

// Streamlit calls this at every render, and what it returned last when the component goes away.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".editor");
  if (!editors.has(root)) editors.set(root, new BoxEditor(root));
  const editor = editors.get(root);
  editor.update(data, setTriggerValue);
  return () => {
    editor.close();
    editors.delete(root);
  };
}
