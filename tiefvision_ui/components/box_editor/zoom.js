// How large a photo is shown in a viewport, and which part of it. A scale is in screen pixels per pixel of the photo.

export const MARGIN = 10; // screen pixels around the photo, in which grips on its border stay whole
export const ZOOMS = [1, 1.5, 2, 3, 4];

// The scale at which the photo takes the largest size that fits the viewport, times the zoom of that number.
export function scaleAt(zoom, size, { clientWidth, clientHeight }) {
  const fitting = Math.min((clientWidth - 2 * MARGIN) / size.width, (clientHeight - 2 * MARGIN) / size.height);
  return fitting * ZOOMS[zoom];
}

// The number of the zoom that many steps further, or of the whole photo after a step of 0.
export function zoomAfter(zoom, step) {
  return step === 0 ? 0 : Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
}

// Where the viewport is scrolled to, so that the photo's point `centre` is in its middle.
export function scrolledTo([x, y], scale, { clientWidth, clientHeight }) {
  return { left: x * scale - clientWidth / 2, top: y * scale - clientHeight / 2 };
}
