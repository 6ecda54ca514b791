// A grid of links to photos. A plain click or Enter is sent to Python as the trigger "opened"; a click with a
// modifier key follows the link, so that a photo can be opened in a tab of its own. A tile's buttons send "acted".

import { element, markLoading } from "../shared/elements.js";
import { _, speak } from "../shared/texts.js";

let lastSubject = null;

export default function ({ parentElement, data, setTriggerValue }) {
  speak(data);
  const grid = parentElement.querySelector(".grid");
  const signature = JSON.stringify(data.tiles);
  grid.classList.toggle("small", Boolean(data.small));
  if (grid.dataset.signature !== signature) {
    grid.dataset.signature = signature;
    grid.replaceChildren(...data.tiles.map(tileElement));
  }

  // A property, not a listener: it is replaced at every render, of which the component is not told otherwise.
  grid.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) {
      setTriggerValue("acted", { action: button.dataset.action, id: button.closest("li").dataset.id });
      return;
    }
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    setTriggerValue("opened", link.dataset.id);
  };

  if (data.subject !== lastSubject) {
    if (lastSubject !== null) scrollToTop(grid);
    lastSubject = data.subject;
  }
}

function scrollToTop(grid) {
  const root = grid.getRootNode();
  (root.host ?? grid).closest('[data-testid="stMain"]')?.scrollTo({ top: 0 });
}

function tileElement(tile) {
  const { href, label, caption } = tile;
  const link = element("a", { href, title: caption }, photoElement(tile), captionElement(tile));
  if (hasSecondLine(tile)) link.append(detailElement(tile));
  else link.setAttribute("aria-label", label);
  link.classList.toggle("product", tile.product);
  link.dataset.id = tile.id;
  const item = element("li", {}, link);
  item.dataset.id = tile.id;
  if (tile.folded) item.append(foldedElement(tile));
  if (tile.actions.length) item.append(actionsElement(tile));
  return item;
}

function photoElement(tile) {
  const image = element("img", { loading: "lazy", decoding: "async", alt: "" });
  const frame = element("span", { className: "frame" }, image);
  markLoading(image, frame);
  image.sizes = "(max-width: 640px) 45vw, 190px";
  image.srcset = tile.srcset;
  image.src = tile.src;
  if (tile.level) {
    const level = textElement("level", tile.likeness);
    level.dataset.level = tile.level;
    frame.append(level);
  }
  return frame;
}

function captionElement(tile) {
  const caption = element("span", { className: "caption" }, textElement("name", tile.caption));
  if (tile.move) caption.append(" ", textElement("move", tile.move));
  if (tile.score) caption.append(textElement("score", tile.score));
  if (hasSecondLine(tile)) sayInWords(caption, tile);
  return caption;
}

// With a second line a tile has no label: all that is written on it is read out.
function hasSecondLine({ price, detail, product }) {
  return Boolean(price || detail || product);
}

function sayInWords(caption, { move, moved, score }) {
  if (move) {
    caption.querySelector(".move").setAttribute("aria-hidden", "true");
    caption.append(textElement("unseen", moved));
  }
  if (score) caption.querySelector(".score").before(textElement("unseen", _("score")));
}

function detailElement({ price, detail }) {
  const line = element("span", { className: "about" });
  if (price) line.append(textElement("price", price));
  if (detail) line.append(textElement("detail", detail));
  return line;
}

function actionsElement(tile) {
  const buttons = tile.actions.map(({ name, sign, label }) => {
    const button = element("button", { type: "button", textContent: sign, title: label });
    button.setAttribute("aria-label", `${label}: ${tile.caption}`);
    button.dataset.action = name;
    return button;
  });
  return element("span", { className: "actions" }, ...buttons);
}

// Photos of the same shot lie under this one: the button that shows them.
function foldedElement({ folded, caption }) {
  const label = _("Show {number} more of this shot", { number: folded });
  const button = element("button", { type: "button", className: "folded", textContent: `+${folded}`, title: label });
  button.setAttribute("aria-label", `${label}: ${caption}`);
  button.dataset.action = "twins";
  return button;
}

function textElement(className, text) {
  return element("span", { className, textContent: text });
}
