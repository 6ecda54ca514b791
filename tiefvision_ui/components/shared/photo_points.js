// Points of the screen as points of a photo.

// Where a pointer is, in pixels of the photo, whose picture takes the rectangle `shown` on the screen.
export function pointOnPhoto({ clientX, clientY }, shown, size) {
  return [
    ((clientX - shown.left) * size.width) / shown.width,
    ((clientY - shown.top) * size.height) / shown.height,
  ];
}
