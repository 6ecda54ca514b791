// A small picture of the whole photo with the part that is visible, shown while the photo is much larger than its viewport.

import { element } from "../shared/elements.js";
import { visiblePart } from "./zoom.js";

export const FROM_ZOOM = 2;

const percent = (share) => `${100 * share}%`;

export class Minimap {
  // `goTo` is called with the point of the photo, in shares of its width and height, that is to be in the middle.
  constructor(goTo) {
    this.image = element("img", { alt: "", draggable: false });
    this.part = element("div", { className: "part" });
    // Nothing that the wheel, the hand and the keys could not do: screen readers need not hear of it.
    this.root = element("div", { className: "minimap", hidden: true, "aria-hidden": "true" }, this.image, this.part);
    const go = (event) => {
      const { left, top, width, height } = this.image.getBoundingClientRect();
      goTo([(event.clientX - left) / width, (event.clientY - top) / height]);
    };
    this.root.onpointerdown = (event) => {
      event.preventDefault(); // the focus stays where it is
      this.root.setPointerCapture(event.pointerId);
      go(event);
    };
    this.root.onpointermove = (event) => event.buttons && go(event);
  }

  show(source) {
    this.image.src = source;
  }

  // `shown` and `viewport` are the rectangles of the photo and of its viewport on the screen.
  draw(zoom, shown, viewport) {
    this.root.hidden = zoom < FROM_ZOOM;
    if (this.root.hidden) return;
    const { left, top, right, bottom } = visiblePart(shown, viewport);
    Object.assign(this.part.style, {
      left: percent(left),
      top: percent(top),
      width: percent(right - left),
      height: percent(bottom - top),
    });
  }
}
