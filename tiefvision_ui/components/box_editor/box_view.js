// What the box editor shows: the photo, boxes over it as SVG in the photo's own pixels, buttons, and words.

import { GRIPS, describe, gripPoint, hasArea, sameBox } from "../shared/box_geometry.js";
import { actionButton, discardButton, element, helpDialog, markLoading, toolButton } from "../shared/elements.js";
import { pointOnPhoto } from "../shared/photo_points.js";
import { outsideOf, rectangle, setAttributes, svgElement, viewBox } from "../shared/svg.js";
import { HELP } from "./box_keys.js";
import { Look } from "./look.js";
import { Minimap } from "./minimap.js";
import { limited, marginAt, scaleAt } from "./zoom.js";
import { _, formatted } from "../shared/texts.js";

const SHAPES = { outside: "path", model: "rect", halo: "rect", box: "rect", across: "line", down: "line", points: "g" };

export class BoxView {
  constructor(root) {
    this.image = element("img", { draggable: false });
    this.shapes = Object.fromEntries(
      Object.entries(SHAPES).map(([name, tag]) => [name, svgElement(tag, { class: name })]),
    );
    this.grips = Object.entries(GRIPS).map(([name, grip]) => gripShape(name, grip));
    this.overlay = svgElement("svg", { class: "overlay" }, ...Object.values(this.shapes), ...this.grips);
    this.stage = element("div", { className: "stage", tabIndex: 0, role: "group" }, this.image, this.overlay);
    markLoading(this.image, this.stage);
    this.viewport = element("div", { className: "viewport" }, this.stage);
    this.viewport.onscroll = () => this.follow();
    this.minimap = new Minimap(([x, y]) => this.centreOn([x * this.size.width, y * this.size.height]));
    this.look = new Look(this.image, () => this.stage.focus({ preventScroll: true }));
    this.enlarged = element("span", { className: "enlarged" });
    this.tag = element("span", { className: "tag" });
    this.numbers = element("span", { className: "numbers" });
    this.trouble = element("span", { className: "trouble", role: "alert" });
    this.discard = discardButton();
    this.status = element("div", { className: "unseen", role: "status" });
    this.buttons = {
      save: actionButton("save", _("Save"), "Enter", _("Save the box and go on")),
      absent: actionButton("absent", _("No object"), "X", _("There is no object on this photo")),
      skip: actionButton("skip", _("Skip"), "S", _("Leave this photo to others")),
      undo: actionButton("undo", _("Undo"), "U", _("Take back what was saved last")),
      extreme: actionButton("extreme", _("Four clicks"), "E", _("Click the four outermost points of the object")),
      help: actionButton("help", "", "?", _("All keys")),
      back: toolButton("back", "↶", "Z", _("Undo a change of the box")),
      forward: toolButton("forward", "↷", "Y", _("Redo a change of the box")),
      same: toolButton("same", _("Same box"), "P", _("The box that was saved last")),
      snap: toolButton("snap", _("Snap"), "M", _("Put the nearest edge where the proposed box has it")),
      farther: toolButton("farther", "−", "-", _("Zoom out")),
      closer: toolButton("closer", "+", "+", _("Zoom in")),
      look: toolButton("look", _("View"), "V", _("Brightness, contrast and inversion")),
    };
    this.help = helpDialog(_("Keys"), HELP);
    const { help, back, forward, same, snap, farther, closer, look, ...actions } = this.buttons;
    root.replaceChildren(
      element("div", { className: "tools" }, back, forward, same, snap, look, farther, this.enlarged, closer),
      this.look.panel,
      element("div", { className: "frame" }, this.viewport, this.minimap.root),
      element("div", { className: "readout" }, this.tag, this.numbers, this.trouble, this.discard, help),
      element("div", { className: "actions" }, ...Object.values(actions)),
      this.status,
      this.help,
    );
    this.zoom = 1;
    this.anchor = null; // the point of the photo that was zoomed at, and where it is on the screen
    this.pointer = null; // where the pointer is on the screen, while it is over the photo
  }

  show(photo) {
    this.size = { width: photo.width, height: photo.height };
    this.zoom = 1;
    this.anchor = null;
    this.image.alt = photo.name;
    this.stage.setAttribute("aria-label", _("{name}: draw a box around the object", { name: photo.name }));
    this.stage.classList.remove("loaded", "missing");
    this.image.src = photo.src;
    this.minimap.show(photo.src);
    setAttributes(this.overlay, { viewBox: viewBox(photo) });
    this.fit();
  }

  // Gives the stage its size: that of the whole photo in the viewport, times the zoom. The bars that scroll it take room
  // of the photo's, not of its scale, which would change as they come and go.
  fit() {
    const { offsetWidth: width, offsetHeight: height } = this.viewport;
    this.scale = scaleAt(this.zoom, this.size, { width, height });
    this.stage.style.width = `${this.size.width * this.scale}px`;
    this.stage.style.height = `${this.size.height * this.scale}px`;
    this.stage.style.margin = marginAt(this.zoom, { width, height });
    this.stage.classList.toggle("pixels", this.zoom >= 4);
    this.enlarged.textContent = `${formatted(this.zoom, this.zoom < 9.95 ? 1 : 0)}×`;
    this.follow();
  }

  // Zoom with what is under a place of the screen, by default the viewport's middle, staying there.
  zoomTo(zoom, place = middleOf(this.viewport.getBoundingClientRect())) {
    const { clientX, clientY } = place;
    // Browsers scroll by whole pixels: step by step the point would wander off.
    const same = this.anchor?.clientX === clientX && this.anchor.clientY === clientY;
    const point = same ? this.anchor.point : this.at(place);
    this.zoom = limited(zoom);
    this.fit();
    this.bring(point, place);
    this.anchor = { clientX, clientY, point };
  }

  // Scroll the point of the photo to the middle of the viewport.
  centreOn(point) {
    this.anchor = null;
    this.bring(point, middleOf(this.viewport.getBoundingClientRect()));
  }

  // Scroll the point of the photo to that place of the screen, as far as the photo goes.
  bring([x, y], { clientX, clientY }) {
    const shown = this.image.getBoundingClientRect();
    this.moveBy(clientX - shown.left - x * this.scale, clientY - shown.top - y * this.scale);
    this.follow();
  }

  // Move the photo by that many screen pixels, as far as it is larger than the viewport.
  moveBy(x, y) {
    this.viewport.scrollLeft -= x;
    this.viewport.scrollTop -= y;
  }

  // Where a pointer is, in the photo's pixels.
  at(event) {
    return pointOnPhoto(event, this.image.getBoundingClientRect(), this.size);
  }

  // The pointer is over the photo, or has left it.
  pointAt(event) {
    if (event?.clientX !== this.pointer?.clientX || event?.clientY !== this.pointer?.clientY) this.anchor = null;
    this.pointer = event && { clientX: event.clientX, clientY: event.clientY };
    this.follow();
  }

  // The point of the photo under the pointer, or null.
  get pointed() {
    return this.pointer && this.at(this.pointer);
  }

  get focusedGrip() {
    return this.stage.getRootNode().activeElement?.closest("[data-grip]")?.dataset.grip ?? null;
  }

  // The crosshair stays at the pointer, also when another photo or part of it comes to lie there.
  follow() {
    const { pointed, size } = this;
    this.stage.classList.toggle("pointed", pointed !== null);
    if (pointed) {
      const [x, y] = pointed;
      setAttributes(this.shapes.across, { x1: 0, x2: size.width, y1: y, y2: y });
      setAttributes(this.shapes.down, { x1: x, x2: x, y1: 0, y2: size.height });
    }
    this.minimap.draw(this.zoom, this.image.getBoundingClientRect(), this.viewport.getBoundingClientRect());
  }

  draw({ box, model, points, extreme, words, acceptable, can }) {
    const shown = hasArea(box);
    for (const part of [this.shapes.outside, this.shapes.halo, this.shapes.box, ...this.grips]) {
      part.style.display = shown ? "" : "none";
    }
    this.shapes.model.style.display = model && !sameBox(model, box) ? "" : "none";
    if (model) setAttributes(this.shapes.model, rectangle(model));
    if (shown) this.drawBox(box);
    this.shapes.points.replaceChildren(...points.map(([cx, cy]) => svgElement("circle", { class: "point", cx, cy, r: 5 / this.scale })));
    this.tag.textContent = words;
    this.numbers.textContent = shown ? describe(box) : "";
    this.stage.classList.toggle("extreme", extreme);
    this.buttons.extreme.setAttribute("aria-pressed", String(extreme));
    this.buttons.look.setAttribute("aria-expanded", String(!this.look.panel.hidden));
    this.buttons.save.disabled = !shown;
    for (const [action, possible] of Object.entries(can)) this.buttons[action].disabled = !possible;
    this.buttons.save.firstChild.textContent = acceptable ? _("Accept") : _("Save");
  }

  drawBox(box) {
    setAttributes(this.shapes.outside, { d: outsideOf(box, this.size) });
    setAttributes(this.shapes.halo, rectangle(box));
    setAttributes(this.shapes.box, rectangle(box));
    const reach = matchMedia("(pointer: coarse)").matches ? 22 : 12;
    for (const grip of this.grips) {
      const [cx, cy] = gripPoint(box, GRIPS[grip.dataset.grip]);
      setAttributes(grip.firstChild, { cx, cy, r: reach / this.scale });
      setAttributes(grip.lastChild, { cx, cy, r: 6 / this.scale });
    }
  }

  // To screen readers.
  announce(words) {
    this.status.textContent = words;
  }
}

const middleOf = ({ left, top, width, height }) => ({ clientX: left + width / 2, clientY: top + height / 2 });

function gripShape(name, grip) {
  const label = _("{grip}; arrow keys move it", { grip: _(grip.name) });
  const shape = svgElement(
    "g",
    { class: "grip", tabindex: 0, role: "button", "aria-label": label, "data-grip": name },
    svgElement("circle", { class: "reach" }),
    svgElement("circle", { class: "knob" }),
  );
  shape.style.cursor = `${name}-resize`;
  return shape;
}
