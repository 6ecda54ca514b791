// SVG shapes over a photo, in the photo's own pixels.

const SVG = "http://www.w3.org/2000/svg";

export function svgElement(tag, attributes = {}, ...children) {
  const shape = document.createElementNS(SVG, tag);
  setAttributes(shape, attributes);
  shape.append(...children);
  return shape;
}

export function setAttributes(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
}

export function viewBox({ width, height }) {
  return `0 0 ${width} ${height}`;
}

// The attributes of a rect.
export function rectangle({ left, top, right, bottom }) {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

// The path of all of the photo but the box.
export function outsideOf({ left, top, right, bottom }, { width, height }) {
  return `M0 0H${width}V${height}H0Z M${left} ${top}V${bottom}H${right}V${top}Z`;
}
