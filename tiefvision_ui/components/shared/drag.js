// A drag of the pointer over a photo: it draws a box, moves one, or stretches it by a grip.

import { boxBetween, moved, stretched } from "./box_geometry.js";

export class Drag {
  // `kind` is draw, move or stretch, `from` the point of the photo where the drag begins, `box` the box until then;
  // `slip` is how many screen pixels the pointer has to go until the drag counts.
  constructor(event, { kind, grip, from, box, slip }) {
    this.kind = kind;
    this.grip = grip;
    this.from = from;
    this.box = box;
    this.slip = slip;
    this.origin = [event.clientX, event.clientY];
    this.far = false;
    this.to = null;
  }

  // Follows the pointer to `point` of the photo; `to` is the box that comes of it, once the pointer went far enough.
  follow(event, point, size) {
    this.far ||= Math.hypot(event.clientX - this.origin[0], event.clientY - this.origin[1]) >= this.slip;
    if (!this.far) return;
    const [dx, dy] = [point[0] - this.from[0], point[1] - this.from[1]];
    if (this.kind === "draw") this.to = boxBetween(this.from, point, size);
    else if (this.kind === "move") this.to = moved(this.box, dx, dy, size);
    else this.to = stretched(this.box, this.grip, dx, dy, size);
  }
}
