// What the box editor shows: the photo, boxes over it as SVG in the photo's own pixels, buttons, and words.

import { GRIPS, describe, gripPoint, hasArea, sameBox } from "../shared/box_geometry.js";
import { actionButton, discardButton, element, helpDialog, markLoading } from "../shared/elements.js";
import { pointOnPhoto } from "../shared/photo_points.js";
import { outsideOf, rectangle, setAttributes, svgElement, viewBox } from "../shared/svg.js";
import { HELP } from "./box_keys.js";
import { scaleAt, scrolledTo, zoomAfter } from "./zoom.js";

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
    this.tag = element("span", { className: "tag" });
    this.numbers = element("span", { className: "numbers" });
    this.trouble = element("span", { className: "trouble", role: "alert" });
    this.discard = discardButton();
    this.status = element("div", { className: "unseen", role: "status" });
    this.buttons = {
      save: actionButton("save", "Save", "Enter", "Save the box and go on"),
      absent: actionButton("absent", "No object", "X", "There is no object on this photo"),
      skip: actionButton("skip", "Skip", "S", "Leave this photo to others"),
      undo: actionButton("undo", "Undo", "U", "Take back what was saved last"),
      extreme: actionButton("extreme", "Four clicks", "E", "Click the four outermost points of the object"),
      help: actionButton("help", "", "?", "All keys"),
    };
    this.help = helpDialog("Keys", HELP);
    const { help, ...actions } = this.buttons;
    root.replaceChildren(
      this.viewport,
      element("div", { className: "readout" }, this.tag, this.numbers, this.trouble, this.discard, help),
      element("div", { className: "actions" }, ...Object.values(actions)),
      this.status,
      this.help,
    );
    this.zoom = 0;
  }

  show(photo) {
    this.size = { width: photo.width, height: photo.height };
    this.zoom = 0;
    this.image.alt = photo.name;
    this.stage.setAttribute("aria-label", `${photo.name}: draw a box around the object`);
    this.stage.classList.remove("loaded", "missing");
    this.image.src = photo.src;
    setAttributes(this.overlay, { viewBox: viewBox(photo) });
    this.fit();
  }

  // Gives the stage its size: that of the whole photo in the viewport, times the zoom.
  fit() {
    this.scale = scaleAt(this.zoom, this.size, this.viewport);
    this.stage.style.width = `${this.size.width * this.scale}px`;
    this.stage.style.height = `${this.size.height * this.scale}px`;
  }

  // Zoom by steps, or back to the whole photo at 0, with `centre` (in the photo's pixels) in the middle.
  zoomBy(step, centre) {
    this.zoom = zoomAfter(this.zoom, step);
    this.fit();
    const { left, top } = scrolledTo(centre, this.scale, this.viewport);
    this.viewport.scrollLeft = left;
    this.viewport.scrollTop = top;
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

  guides(x, y) {
    setAttributes(this.shapes.across, { x1: 0, x2: this.size.width, y1: y, y2: y });
    setAttributes(this.shapes.down, { x1: x, x2: x, y1: 0, y2: this.size.height });
  }

  draw({ box, model, points, extreme, words, acceptable }) {
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
    this.buttons.save.disabled = !shown;
    this.buttons.save.firstChild.textContent = acceptable ? "Accept" : "Save";
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

function gripShape(name, grip) {
  const label = `${grip.name}; arrow keys move it`;
  const shape = svgElement(
    "g",
    { class: "grip", tabindex: 0, role: "button", "aria-label": label, "data-grip": name },
    svgElement("circle", { class: "reach" }),
    svgElement("circle", { class: "knob" }),
  );
  shape.style.cursor = `${name}-resize`;
  return shape;
}
