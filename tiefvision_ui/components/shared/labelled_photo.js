// A photo with boxes over it, in the photo's own pixels.

const SVG = "http://www.w3.org/2000/svg";

function labelledPhoto(photo, boxes = []) {
  const image = element("img", { alt: photo.name, srcset: photo.srcset, sizes: "240px", src: photo.src, loading: "lazy" });
  const frame = element("span", { className: "photo" }, image);
  frame.style.aspectRatio = `${photo.width} / ${photo.height}`;
  if (!boxes.length) return frame;
  const overlay = document.createElementNS(SVG, "svg");
  overlay.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
  for (const { sides, look } of boxes) {
    const [left, top, right, bottom] = sides;
    for (const className of ["halo", `box ${look}`]) {
      const shape = document.createElementNS(SVG, "rect");
      shape.setAttribute("class", className);
      const place = { x: left, y: top, width: right - left, height: bottom - top };
      for (const [name, value] of Object.entries(place)) shape.setAttribute(name, value);
      overlay.append(shape);
    }
  }
  frame.append(overlay);
  return frame;
}
