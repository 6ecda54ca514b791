// A photo whose box can be drawn, moved and stretched, by pointer or by keys; Python hears of it when it rests.

import { GRIPS, asList, fromList, gripPoint, hasArea, sameBox, stretched } from "../shared/box_geometry.js";
import { Drag } from "../shared/drag.js";
import { element, markLoading } from "../shared/elements.js";
import { ARROWS } from "../shared/keys.js";
import { mounting } from "../shared/mounting.js";
import { pointOnPhoto } from "../shared/photo_points.js";
import { outsideOf, rectangle, setAttributes, svgElement, viewBox } from "../shared/svg.js";
import { _ } from "../shared/texts.js";

const SLIP = 5; // screen pixels: less is a slip of the hand, not a box
const RESTS_MS = 500; // after the last key

class AdjustableBox {
  constructor(root) {
    this.root = root;
    this.image = element("img", { draggable: false });
    this.svg = svgElement("svg");
    this.stage = element("div", { className: "stage" }, this.image, this.svg);
    markLoading(this.image, this.stage);
    this.words = element("span");
    this.reset = element("button", { type: "button", textContent: _("Use the found box") });
    this.reset.onclick = () => this.send("reset", true);
    root.replaceChildren(this.stage, element("figcaption", {}, this.words, this.reset));
    // Once: a grip that is made anew has lost the focus of whoever moves it by keys.
    this.shapes = {
      outside: svgElement("path", { class: "outside" }),
      halo: svgElement("rect", { class: "halo" }),
      box: svgElement("rect", { class: "box" }),
    };
    this.grips = Object.entries(GRIPS).map(([name, grip]) => gripShape(name, grip));
    this.listen();
  }

  listen() {
    this.stage.onpointerdown = (event) => this.onDown(event);
    this.stage.onpointermove = (event) => this.onMove(event);
    this.stage.onpointerup = () => this.onUp();
    this.stage.onpointercancel = () => this.giveUp();
    this.stage.onkeydown = (event) => this.onKey(event);
  }

  // Called at every render of the page.
  update(data, send) {
    this.send = send;
    const signature = JSON.stringify(data);
    if (signature === this.signature) return;
    this.signature = signature;
    this.size = { width: data.width, height: data.height };
    this.box = fromList(data.box);
    this.root.style.setProperty("--ratio", data.width / data.height);
    if (this.image.getAttribute("src") !== data.src) {
      this.stage.classList.remove("loaded", "missing");
      this.image.src = data.src;
    }
    this.image.alt = data.alt;
    this.words.textContent = data.words;
    this.reset.hidden = !data.adjusted;
    setAttributes(this.svg, { viewBox: viewBox(data) });
    this.draw();
  }

  draw() {
    const box = this.drag?.to ?? this.box;
    if (!hasArea(box)) {
      this.svg.replaceChildren();
      return;
    }
    if (!this.svg.firstChild) this.svg.replaceChildren(...Object.values(this.shapes), ...this.grips);
    setAttributes(this.shapes.outside, { d: outsideOf(box, this.size) });
    setAttributes(this.shapes.halo, rectangle(box));
    setAttributes(this.shapes.box, rectangle(box));
    const r = (7 * this.size.width) / (this.stage.clientWidth || this.size.width);
    for (const shape of this.grips) {
      const [cx, cy] = gripPoint(box, GRIPS[shape.dataset.grip]);
      setAttributes(shape, { cx, cy, r });
    }
  }

  at(event) {
    return pointOnPhoto(event, this.stage.getBoundingClientRect(), this.size);
  }

  onDown(event) {
    const grip = gripOf(event);
    // A finger elsewhere on the photo scrolls the page.
    if (event.button !== 0 || (event.pointerType === "touch" && !grip)) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    grip?.focus();
    const kind = grip ? "stretch" : event.target === this.shapes.box ? "move" : "draw";
    const [from, box] = [this.at(event), this.box];
    this.drag = new Drag(event, { kind, grip: grip?.dataset.grip, from, box, slip: SLIP });
  }

  onMove(event) {
    if (!this.drag) return;
    this.drag.follow(event, this.at(event), this.size);
    if (this.drag.far) this.draw();
  }

  onUp() {
    const drag = this.drag;
    this.drag = null;
    if (!drag?.far) return;
    const changed = hasArea(drag.to) && !sameBox(drag.to, drag.box);
    if (changed) this.box = drag.to;
    this.draw();
    if (changed) this.send("box", asList(this.box));
  }

  giveUp() {
    this.drag = null;
    this.draw();
  }

  onKey(event) {
    const step = ARROWS[event.key];
    const grip = gripOf(event)?.dataset.grip;
    if (!step || !grip) return;
    event.preventDefault();
    const by = Math.max(1, Math.round(this.size.width / 200)) * (event.shiftKey ? 10 : 1);
    const box = stretched(this.box, grip, step[0] * by, step[1] * by, this.size);
    if (!hasArea(box) || sameBox(box, this.box)) return;
    this.box = box;
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.send("box", asList(this.box)), RESTS_MS);
  }

  close() {
    clearTimeout(this.resting);
  }
}

function gripShape(name, grip) {
  const label = _("{grip}; arrow keys move it, with Shift further", { grip: _(grip.name) });
  return svgElement("circle", { class: "grip", tabindex: 0, role: "button", "aria-label": label, "data-grip": name });
}

function gripOf(event) {
  return event.target.closest?.("[data-grip]");
}

export default mounting(".photo", (root) => new AdjustableBox(root));
