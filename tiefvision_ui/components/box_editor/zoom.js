// How large a photo is shown in a viewport, and which part of it. A zoom is how many times larger the photo is shown than
// where the whole of it fits, a scale is in screen pixels per pixel of the photo.

export const MARGIN = 10; // screen pixels around the photo, in which grips on its border stay whole
export const CLOSEST = 16;
export const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8, 11, CLOSEST]; // by keys and buttons; wheel and fingers go between them
const WHEEL_PX = 300; // by which the wheel turns for twice the size
const PINCH_PX = 70; // the same for two fingers on a touch pad, which browsers report as a wheel with Ctrl
const LINE_PX = 33; // where a browser counts the wheel in lines

// The scale at which the photo takes the largest size that fits the viewport, times the zoom.
export function scaleAt(zoom, size, { width, height }) {
  const [across, down] = [width, height].map((length) => Math.max(1, length - 2 * MARGIN)); // none while it is hidden
  return Math.min(across / size.width, down / size.height) * zoom;
}

// The CSS margin around the photo. Beyond the whole photo it lets every point of it come to the viewport's middle, so that
// a narrow photo, too, stays where the pointer is while it is zoomed.
export function marginAt(zoom, { width, height }) {
  return zoom === 1 ? `${MARGIN}px` : `${Math.round(height / 2)}px ${Math.round(width / 2)}px`;
}

// The nearest zoom that there is.
export function limited(zoom) {
  return Math.min(CLOSEST, Math.max(1, zoom));
}

// The next of the `ZOOMS` in the direction of the step, or that of the whole photo after a step of 0.
export function zoomAfter(zoom, step) {
  if (step === 0) return 1;
  if (step > 0) return ZOOMS.find((next) => next > zoom) ?? CLOSEST;
  return ZOOMS.findLast((next) => next < zoom) ?? 1;
}

// The zoom after a turn of the wheel, or a pinch on a touch pad.
export function wheeled(zoom, { deltaY, deltaMode, ctrlKey }) {
  const turned = deltaMode === 0 ? deltaY : deltaY * LINE_PX;
  const share = Math.max(-1, Math.min(1, turned / (ctrlKey ? PINCH_PX : WHEEL_PX)));
  return limited(zoom * 2 ** -share);
}

const share = (from, to, start, length) => [from, to].map((edge) => Math.min(1, Math.max(0, (edge - start) / length)));

// The part of the photo that is in the viewport, in shares of its width and height; both are rectangles on the screen.
export function visiblePart(shown, viewport) {
  const [left, right] = share(viewport.left, viewport.right, shown.left, shown.width);
  const [top, bottom] = share(viewport.top, viewport.bottom, shown.top, shown.height);
  return { left, top, right, bottom };
}
