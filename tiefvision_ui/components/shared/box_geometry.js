// Boxes {left, top, right, bottom} in whole pixels of the original photo, of which `size` is {width, height}.

import { N_ } from "./texts.js";

export const GRIPS = {
  nw: { x: 0, y: 0, name: N_("Top left corner") },
  n: { x: 0.5, y: 0, name: N_("Top edge") },
  ne: { x: 1, y: 0, name: N_("Top right corner") },
  e: { x: 1, y: 0.5, name: N_("Right edge") },
  se: { x: 1, y: 1, name: N_("Bottom right corner") },
  s: { x: 0.5, y: 1, name: N_("Bottom edge") },
  sw: { x: 0, y: 1, name: N_("Bottom left corner") },
  w: { x: 0, y: 0.5, name: N_("Left edge") },
};

export const within = (value, limit) => Math.min(limit, Math.max(0, Math.round(value)));

export function boxBetween([x1, y1], [x2, y2], size) {
  return {
    left: within(Math.min(x1, x2), size.width),
    top: within(Math.min(y1, y2), size.height),
    right: within(Math.max(x1, x2), size.width),
    bottom: within(Math.max(y1, y2), size.height),
  };
}

export function boxAround(points, size) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return boxBetween([Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)], size);
}

// The box moved as far as it stays on the photo.
export function moved(box, dx, dy, size) {
  const x = Math.round(Math.max(-box.left, Math.min(size.width - box.right, dx)));
  const y = Math.round(Math.max(-box.top, Math.min(size.height - box.bottom, dy)));
  return { left: box.left + x, top: box.top + y, right: box.right + x, bottom: box.bottom + y };
}

// The box with the grip's sides moved by that much; sides may pass each other.
export function stretched(box, grip, dx, dy, size) {
  const from = [box.left + (grip.includes("w") ? dx : 0), box.top + (grip.includes("n") ? dy : 0)];
  const to = [box.right + (grip.includes("e") ? dx : 0), box.bottom + (grip.includes("s") ? dy : 0)];
  return boxBetween(from, to, size);
}

// The box with one edge moved by `by` pixels the way that an arrow key leads: the edge on that side, which makes the box
// larger, or the opposite one, which makes it smaller, as long as it has an area.
export function resized(box, [x, y], by, opposite, size) {
  const [forth, back] = x ? ["e", "w"] : ["s", "n"];
  const towards = x + y > 0 ? forth : back;
  const away = towards === forth ? back : forth;
  const most = (x ? box.right - box.left : box.bottom - box.top) - 1;
  const step = opposite ? Math.min(by, most) : by;
  return stretched(box, opposite ? away : towards, x * step, y * step, size);
}

const SIDES = { n: "top", e: "right", s: "bottom", w: "left" };

// The box with those sides ("n", "se") where another box has them; null where none would be left.
export function snapped(box, sides, other) {
  const changes = Object.fromEntries([...sides].map((side) => [SIDES[side], other[SIDES[side]]]));
  const made = { ...box, ...changes };
  return hasArea(made) ? made : null;
}

// The side of the box that differs least from that of another one, of those that differ; null where all are the same.
export function closestSide(box, other) {
  const gaps = Object.entries(SIDES).map(([side, name]) => [side, Math.abs(box[name] - other[name])]);
  return gaps.filter(([, gap]) => gap).toSorted(([, one], [, next]) => one - next)[0]?.[0] ?? null;
}

const beyond = (value, low, high) => Math.max(low - value, 0, value - high);

// The side of the box that is nearest to a point of the photo.
export function nearestSide(box, [x, y]) {
  const distances = {
    n: Math.hypot(y - box.top, beyond(x, box.left, box.right)),
    e: Math.hypot(x - box.right, beyond(y, box.top, box.bottom)),
    s: Math.hypot(y - box.bottom, beyond(x, box.left, box.right)),
    w: Math.hypot(x - box.left, beyond(y, box.top, box.bottom)),
  };
  return Object.keys(distances).toSorted((one, next) => distances[one] - distances[next])[0];
}

export function hasArea(box) {
  return box !== null && box.right > box.left && box.bottom > box.top;
}

export function sameBox(one, other) {
  return JSON.stringify(asList(one)) === JSON.stringify(asList(other));
}

export function asList(box) {
  return box && [box.left, box.top, box.right, box.bottom];
}

export function fromList(sides) {
  return sides && { left: sides[0], top: sides[1], right: sides[2], bottom: sides[3] };
}

export function centreOf({ left, top, right, bottom }) {
  return [(left + right) / 2, (top + bottom) / 2];
}

// Where a grip of the box is.
export function gripPoint(box, { x, y }) {
  return [box.left + x * (box.right - box.left), box.top + y * (box.bottom - box.top)];
}

export function describe(box) {
  return `${asList(box).join(", ")} · ${box.right - box.left} × ${box.bottom - box.top} px`;
}
