// What a pointer does on the photo: it draws, moves and stretches the box, clicks extreme points, moves and zooms the photo.

import { hasArea, sameBox } from "../shared/box_geometry.js";
import { Drag } from "../shared/drag.js";
import { TwoFingers } from "../shared/two_fingers.js";
import { Hand } from "./hand.js";
import { wheeled } from "./zoom.js";

const SLIP = 4; // screen pixels: less is a click, not a box

export class BoxPointer {
  constructor(editor, view) {
    this.editor = editor;
    this.view = view;
    this.drag = null;
    this.fingers = new TwoFingers(view);
    this.hand = new Hand(view);
    const { stage, viewport } = view;
    stage.onpointerdown = (event) => this.down(event);
    stage.onpointermove = (event) => this.move(event);
    stage.onpointerup = (event) => this.fingers.up(event) || this.hand.up() || this.up();
    stage.onpointercancel = (event) => (this.fingers.up(event), this.hand.up(), this.giveUp());
    stage.onpointerleave = () => view.pointAt(null);
    // Else browsers scroll by themselves after the middle button.
    stage.onmousedown = (event) => event.button === 1 && event.preventDefault();
    stage.onauxclick = (event) => event.preventDefault();
    viewport.onwheel = (event) => this.wheel(event);
  }

  // The box while it is being drawn.
  get box() {
    return this.drag?.to ?? null;
  }

  down(event) {
    if (this.fingers.down(event)) return this.giveUp();
    if (this.hand.down(event) || event.button) return;
    event.preventDefault();
    const { editor, view } = this;
    const grip = event.shiftKey ? null : event.target.closest("[data-grip]"); // with Shift a box is drawn anew
    (grip ?? view.stage).focus({ preventScroll: true });
    view.stage.setPointerCapture(event.pointerId);
    const inside = event.target === view.shapes.box && !event.shiftKey;
    const clicked = editor.extreme && !hasArea(editor.box);
    const kind = grip ? "stretch" : clicked ? "point" : inside ? "move" : "draw";
    this.drag = new Drag(event, { kind, grip: grip?.dataset.grip, from: view.at(event), box: editor.box, slip: SLIP });
  }

  move(event) {
    this.view.pointAt(event.pointerType === "touch" ? null : event);
    if (this.fingers.move(event)) return this.editor.draw();
    if (this.hand.move(event) || !this.drag || this.drag.kind === "point") return;
    this.drag.follow(event, this.view.at(event), this.editor.photo);
    if (this.drag.far) this.editor.draw();
  }

  up() {
    const { drag, editor } = this;
    this.drag = null;
    if (drag?.kind === "point") return editor.addPoint(drag.from);
    if (!drag?.far) return;
    if (!hasArea(drag.to) || sameBox(drag.to, drag.box)) return editor.draw();
    editor.change(drag.to, drag.kind === "draw" ? "drawn" : editor.draft.adjusted);
  }

  // Another finger has come, or the browser has taken the pointer over: nothing was drawn.
  giveUp() {
    this.drag = null;
    this.editor.draw();
  }

  // Another photo comes: what was begun on the one before goes on neither.
  forget() {
    this.drag = null;
    this.hand.up();
  }

  wheel(event) {
    const { zoom } = this.view;
    const next = wheeled(zoom, event);
    // Beyond the whole photo the wheel is the page's.
    if (event.shiftKey || (zoom === 1 && next === 1)) return;
    event.preventDefault();
    this.view.zoomTo(next, event);
    this.editor.draw();
  }
}
