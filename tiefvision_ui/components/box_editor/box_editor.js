// Draws, adjusts or accepts the one box of a photo. All state lives here; Python hears one commit a photo.

import {
  asList,
  boxAround,
  boxBetween,
  centreOf,
  describe,
  fromList,
  hasArea,
  moved,
  sameBox,
  stretched,
  within,
} from "../shared/box_geometry.js";
import { Drag } from "../shared/drag.js";
import { ARROWS, actionOf, pressesButton } from "../shared/keys.js";
import { LabellingComponent } from "../shared/labelling_component.js";
import { mounting } from "../shared/mounting.js";
import { TwoFingers } from "../shared/two_fingers.js";
import { BoxDraft } from "./box_draft.js";
import { ACTIONS, COMMANDS } from "./box_keys.js";
import { BoxView } from "./box_view.js";

const SLIP = 4; // screen pixels: less is a click, not a box

class BoxEditor extends LabellingComponent {
  constructor(root) {
    const view = new BoxView(root);
    super("box", root, view, view.stage, COMMANDS);
    this.extreme = localStorage.getItem("tiefvision-four-clicks") === "yes";
    this.draft = new BoxDraft();
    this.fingers = new TwoFingers(view);
    this.resize = new ResizeObserver(() => this.task && (view.fit(), this.draw()));
    this.resize.observe(view.viewport);
    this.listen();
  }

  listen() {
    const { stage } = this.view;
    stage.onpointerdown = (event) => (this.fingers.down(event) ? this.giveUp() : this.onDown(event));
    stage.onpointermove = (event) => (this.fingers.move(event) ? this.draw() : this.onMove(event));
    stage.onpointerup = (event) => this.fingers.up(event) || this.onUp();
    stage.onpointercancel = (event) => (this.fingers.up(event), this.giveUp());
  }

  preload() {
    for (const { photo } of this.coming) new Image().src = photo.src;
  }

  shows(task) {
    return this.task?.photo.id === task.photo.id;
  }

  arrived() {
    this.restore();
    this.draw();
  }

  open(task) {
    this.task = task;
    this.photo = task.photo;
    this.model = fromList(task.model);
    this.view.show(this.photo);
    this.reset();
    this.draw();
    this.view.announce(`${this.photo.name}. ${this.words()}`);
  }

  reset() {
    const { start } = this.task;
    const box = fromList(start?.box ?? null) ?? (this.extreme ? null : this.model);
    this.draft.begin(box, start?.method ?? (box ? "accepted" : "drawn"));
    this.points = [];
    this.restored = false;
    this.watch.restart();
  }

  // A box that was drawn and not saved, before the page was reloaded or the server was started anew.
  restore() {
    const draft = BoxDraft.kept(this.tab.record.person);
    this.restored = draft?.photo === this.photo.id;
    if (!this.restored) return;
    this.draft.begin(fromList(draft.box), draft.method);
    this.watch.restart(draft.seconds);
  }

  unsaved() {
    return BoxDraft.opening(this.tab.record.person, this.tab.open);
  }

  get box() {
    return this.draft.box;
  }

  settled() {
    this.restored = false;
    this.draft.keep(this.photo.id, this.task.role, this.tab.record.person, this.watch.seconds);
    this.draw();
  }

  onDown(event) {
    if (event.button) return;
    event.preventDefault();
    const grip = event.target.closest("[data-grip]");
    (grip ?? this.view.stage).focus({ preventScroll: true });
    this.view.stage.setPointerCapture(event.pointerId);
    const inside = event.target === this.view.shapes.box && !event.shiftKey;
    const clicked = this.extreme && !hasArea(this.box);
    const kind = grip ? "stretch" : clicked ? "point" : inside ? "move" : "draw";
    const [from, box] = [this.view.at(event), this.box];
    this.drag = new Drag(event, { kind, grip: grip?.dataset.grip, from, box, slip: SLIP });
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
    if (!this.drag || this.drag.kind === "point") return;
    this.drag.follow(event, point, this.photo);
    if (this.drag.far) this.draw();
  }

  onUp() {
    const drag = this.drag;
    this.drag = null;
    if (drag?.kind === "point") return this.addPoint(drag.from);
    if (!drag?.far) return;
    if (!hasArea(drag.to) || sameBox(drag.to, drag.box)) return this.draw();
    this.draft.change(drag.to, drag.kind === "draw" ? "drawn" : this.draft.adjusted);
    this.settled();
    this.view.announce(describe(drag.to));
  }

  // Another finger has come, or the browser has taken the pointer over: nothing was drawn.
  giveUp() {
    this.drag = null;
    this.draw();
  }

  // What the key press does, or undefined.
  answerTo(event) {
    if (pressesButton(event)) return undefined;
    const step = ARROWS[event.key];
    if (step) return () => this.nudge(step, event.shiftKey ? 10 : 1);
    const action = actionOf(event, ACTIONS);
    return action && (() => this.perform(action, event.repeat));
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
    this.view.announce(describe(box));
  }

  perform(action, repeated = false) {
    const middle = centreOf(this.box ?? { left: 0, top: 0, right: this.photo.width, bottom: this.photo.height });
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
    if (this.heldDown(action, repeated)) return;
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
    BoxDraft.forget(this.photo.id);
  }

  drawCentre() {
    const { width, height } = this.photo;
    this.draft.change(boxBetween([width / 4, height / 4], [(3 * width) / 4, (3 * height) / 4], this.photo), "drawn");
    this.settled();
  }

  commit(action) {
    const label = action === "save" ? { box: asList(this.box), method: this.draft.method } : {};
    const photo = this.photo.id;
    // Whatever happens between the two, the box is kept; so is one that was drawn before another is taken back.
    if (this.post({ action, photo, role: this.task.role, ...label }) && action !== "undo") BoxDraft.forget(photo);
  }

  words() {
    if (this.restored) return "Your unsaved box was kept";
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

  close() {
    super.close();
    this.resize.disconnect();
  }
}

export default mounting(".editor", (root) => new BoxEditor(root));
