// A photo, its box as an SVG overlay in the photo's own pixels, and a line of words beneath.

import { fromList } from "../shared/box_geometry.js";
import { element, markLoading } from "../shared/elements.js";
import { outsideOf, rectangle, svgElement, viewBox } from "../shared/svg.js";

export default function ({ parentElement, data }) {
  const figure = parentElement.querySelector(".photo");
  const signature = JSON.stringify(data);
  if (figure.dataset.signature === signature) return;
  figure.dataset.signature = signature;
  figure.style.setProperty("--ratio", data.width / data.height);

  const image = element("img", { alt: data.alt });
  const stage = element("div", { className: "stage" }, image);
  markLoading(image, stage);
  image.src = data.src;
  if (data.box) stage.append(overlay(data, fromList(data.box)));
  figure.replaceChildren(stage, element("figcaption", { textContent: data.words }));
}

function overlay(size, box) {
  return svgElement(
    "svg",
    { viewBox: viewBox(size), "aria-hidden": "true" },
    svgElement("path", { class: "outside", d: outsideOf(box, size) }),
    svgElement("rect", { class: "halo", ...rectangle(box) }),
    svgElement("rect", { class: "box", ...rectangle(box) }),
  );
}
