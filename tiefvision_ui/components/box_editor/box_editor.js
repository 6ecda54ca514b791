// Draws, adjusts or accepts the one box of a photo. All state lives here; Python hears one commit a photo.

import {
  asList,
  boxAround,
  boxBetween,
  centreOf,
  closestSide,
  describe,
  fromList,
  hasArea,
  moved,
  nearestSide,
  resized,
  sameBox,
  snapped,
  stretched,
  within,
} from "../shared/box_geometry.js";
import { ARROWS, actionOf, pressesButton } from "../shared/keys.js";
import { LabellingComponent } from "../shared/labelling_component.js";
import { mounting } from "../shared/mounting.js";
import { BoxDraft } from "./box_draft.js";
import { ACTIONS, ALTERNATES, COMMANDS, HAND } from "./box_keys.js";
import { BoxPointer } from "./box_pointer.js";
import { BoxView } from "./box_view.js";
import { keepLastBox, lastBoxOn } from "./last_box.js";
import { zoomAfter } from "./zoom.js";
import { _ } from "../shared/texts.js";

const LOOKS = new Set(["lighter", "darker", "harder", "softer", "invert", "plain"]);

export class BoxEditor extends LabellingComponent {
  constructor(root, view = new BoxView(root)) {
    super("box", root, view, view.stage, { commands: COMMANDS, alternates: ALTERNATES });
    this.extreme = localStorage.getItem("tiefvision-four-clicks") === "yes";
    this.draft = new BoxDraft();
    this.pointer = new BoxPointer(this, view);
    this.resize = new ResizeObserver(() => this.task && (view.fit(), this.draw()));
    this.resize.observe(view.viewport);
    const { signal } = this.closing;
    document.addEventListener("keyup", (event) => event.key === HAND && this.letGo(event), { signal });
    window.addEventListener("blur", (event) => this.pointer.hand.close(event), { signal });
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
    this.pointer.forget();
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

  // The box is another one, by a hand or by a key.
  change(box, method) {
    this.draft.change(box, method);
    this.settled();
    this.view.announce(describe(box));
  }

  // What the key press does, or undefined.
  answerTo(event) {
    if (pressesButton(event)) return undefined;
    if (event.key === HAND) return () => event.repeat || this.pointer.hand.open(event, this.task);
    const step = ARROWS[event.key];
    if (step) return () => this.nudge(step, event);
    const action = actionOf(event, ACTIONS);
    return action && (() => this.perform(action, event.repeat));
  }

  // Space is let go of.
  letGo(event) {
    if (this.pointer.hand.close(event, this.task)) this.perform("save");
  }

  nudge([x, y], { shiftKey, altKey, ctrlKey, metaKey }) {
    if (!hasArea(this.box)) return;
    const grip = this.view.focusedGrip;
    const by = ctrlKey || metaKey || (grip && shiftKey) ? 10 : 1;
    const box = this.nudged([x, y], by, grip, { shiftKey, altKey });
    if (hasArea(box) && !sameBox(box, this.box)) this.change(box, this.draft.adjusted);
  }

  nudged([x, y], by, grip, { shiftKey, altKey }) {
    if (grip) return stretched(this.box, grip, x * by, y * by, this.photo);
    if (shiftKey || altKey) return resized(this.box, [x, y], by, altKey, this.photo);
    return moved(this.box, x * by, y * by, this.photo);
  }

  perform(action, repeated = false) {
    const actions = {
      save: () => (this.pointer.up(), hasArea(this.box) && this.commit("save")), // as it is drawn, the button still down
      accept: () => this.accept(),
      absent: () => this.commit("absent"),
      skip: () => this.commit("skip"),
      undo: () => !this.view.buttons.undo.disabled && this.commit("undo"),
      extreme: () => this.toggleExtreme(),
      back: () => (this.draft.back(), this.settled()),
      forward: () => (this.draft.forward(), this.settled()),
      restart: () => this.restart(),
      centre: () => this.drawCentre(),
      same: () => this.drawSame(),
      snap: () => this.snap(),
      closer: () => this.zoom(1),
      farther: () => this.zoom(-1),
      whole: () => this.zoom(0),
      look: () => (this.view.look.panel.hidden = !this.view.look.panel.hidden),
      help: () => this.view.help.showModal(),
    };
    if (this.heldDown(action, repeated)) return;
    if (LOOKS.has(action)) this.view.look.perform(action);
    else actions[action]();
    this.draw();
  }

  // By keys and buttons, which have no place, the box comes to the middle.
  zoom(step) {
    const { width, height } = this.photo;
    this.view.zoomTo(zoomAfter(this.view.zoom, step));
    this.view.centreOn(centreOf(this.box ?? { left: 0, top: 0, right: width, bottom: height }));
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

  // The box that was saved last, which is a box of the person's own.
  drawSame() {
    const box = lastBoxOn(this.photo);
    if (hasArea(box) && !sameBox(box, this.box)) this.change(box, "drawn");
  }

  // One edge, or those of the grip in focus, to where the model has them.
  snap() {
    const { box, model, view } = this;
    if (!model) return;
    if (!hasArea(box)) return this.change(model, "accepted");
    const sides = view.focusedGrip ?? (view.pointed ? nearestSide(box, view.pointed) : closestSide(box, model));
    const made = sides && snapped(box, sides, model);
    if (made && !sameBox(made, box)) this.change(made, this.draft.adjusted);
  }

  drawCentre() {
    const { width, height } = this.photo;
    this.draft.change(boxBetween([width / 4, height / 4], [(3 * width) / 4, (3 * height) / 4], this.photo), "drawn");
    this.settled();
  }

  commit(action) {
    const label = action === "save" ? { box: asList(this.box), method: this.draft.method } : {};
    const photo = this.photo.id;
    const [box, size] = [this.box, this.photo];
    if (!this.post({ action, photo, role: this.task.role, ...label })) return;
    if (action === "save") keepLastBox(box, size);
    // Whatever happens between the two, the box is kept; so is one that was drawn before another is taken back.
    if (action !== "undo") BoxDraft.forget(photo);
  }

  words() {
    if (this.restored) return _("Your unsaved box was kept");
    if (this.extreme && !hasArea(this.box)) {
      return _("Click the outermost points: {number} of 4", { number: this.points.length });
    }
    if (!hasArea(this.box)) return _("Drag to draw a box");
    const { origin } = this.task;
    const made = {
      accepted: origin ?? _("The model's box"),
      adjusted: _("Adjusted"),
      drawn: _("Drawn"),
      extreme: _("From four clicks"),
    };
    return made[this.draft.method];
  }

  draw() {
    const acceptable = this.draft.method === "accepted" && sameBox(this.box, this.model);
    const { model, points, extreme, draft } = this;
    const box = this.pointer.box ?? this.box;
    const can = { back: draft.past.length, forward: draft.future.length, snap: model, same: lastBoxOn(this.photo) };
    this.view.draw({ box, model, points, extreme, words: this.words(), acceptable, can });
  }

  close() {
    super.close();
    this.resize.disconnect();
  }
}

export default mounting(".editor", (root) => new BoxEditor(root));
