// Two fingers on a zoomable view: they move the photo, and zoom it as they spread or close; one finger does not.

export class TwoFingers {
  constructor(view) {
    this.view = view;
    this.fingers = new Map();
    this.active = false;
  }

  // Each of the three says whether the event belongs to this gesture alone; it ends with the last finger.
  down(event) {
    if (event.pointerType !== "touch") return false;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.fingers.size === 2) [this.apart, this.zoom] = [this.distance, this.view.zoom];
    this.active ||= this.fingers.size > 1;
    return this.active;
  }

  move(event) {
    if (!this.fingers.has(event.pointerId)) return false;
    const before = this.middle;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.active && this.fingers.size === 2) this.follow(before, this.middle);
    return this.active;
  }

  up(event) {
    const { active } = this;
    this.fingers.delete(event.pointerId);
    this.active &&= this.fingers.size > 0;
    return active;
  }

  follow(before, now) {
    this.view.moveBy(now[0] - before[0], now[1] - before[1]);
    const zoom = (this.zoom * this.distance) / this.apart;
    if (zoom !== this.view.zoom) this.view.zoomTo(zoom, { clientX: now[0], clientY: now[1] });
  }

  get middle() {
    const points = [...this.fingers.values()];
    return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  }

  get distance() {
    const [one, other] = [...this.fingers.values()];
    return Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
  }
}
