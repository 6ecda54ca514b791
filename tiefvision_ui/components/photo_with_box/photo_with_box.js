// A photo, its box as an SVG overlay in the photo's own pixels, and a line of words beneath.

const SVG = "http://www.w3.org/2000/svg";

export default function ({ parentElement, data }) {
  const figure = parentElement.querySelector(".photo");
  const signature = JSON.stringify(data);
  if (figure.dataset.signature === signature) return;
  figure.dataset.signature = signature;
  figure.style.setProperty("--ratio", data.width / data.height);

  const stage = document.createElement("div");
  stage.className = "stage";
  stage.append(imageElement(data, stage));
  if (data.box) stage.append(overlayElement(data));
  const words = document.createElement("figcaption");
  words.textContent = data.words;
  figure.replaceChildren(stage, words);
}

function imageElement({ src, alt }, stage) {
  const image = document.createElement("img");
  image.alt = alt;
  image.onload = () => stage.classList.add("loaded");
  image.onerror = () => stage.classList.add("missing");
  image.src = src;
  return image;
}

function overlayElement({ width, height, box }) {
  const svg = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const [left, top, right, bottom] = box;
  const outside = `M0 0H${width}V${height}H0Z M${left} ${top}V${bottom}H${right}V${top}Z`;
  const rectangle = { x: left, y: top, width: right - left, height: bottom - top };
  svg.append(
    svgElement("path", { class: "outside", d: outside }),
    svgElement("rect", { class: "halo", ...rectangle }),
    svgElement("rect", { class: "box", ...rectangle }),
  );
  return svg;
}

function svgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
