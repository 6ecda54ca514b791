// A photo with boxes over it, in the photo's own pixels.

import { element } from "./elements.js";
import { rectangle, svgElement, viewBox } from "./svg.js";
import { fromList } from "./box_geometry.js";

export function labelledPhoto(photo, boxes = []) {
  const image = element("img", { alt: photo.name, srcset: photo.srcset, sizes: "240px", src: photo.src, loading: "lazy" });
  const frame = element("span", { className: "photo" }, image);
  frame.style.aspectRatio = `${photo.width} / ${photo.height}`;
  if (!boxes.length) return frame;
  const shapes = boxes.flatMap(({ sides, tone }) =>
    ["halo", `box ${tone}`].map((name) => svgElement("rect", { class: name, ...rectangle(fromList(sides)) })),
  );
  frame.append(svgElement("svg", { viewBox: viewBox(photo) }, ...shapes));
  return frame;
}
