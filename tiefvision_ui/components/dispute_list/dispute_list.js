// Labels that do not agree, side by side, each with buttons that decide.

import { element } from "../shared/elements.js";
import { labelledPhoto } from "../shared/labelled_photo.js";
import { newCommitId } from "../shared/outbox.js";
import { _, speak } from "../shared/texts.js";

export default function ({ parentElement, data, setTriggerValue }) {
  speak(data);
  const list = parentElement.querySelector(".disputes");
  const signature = JSON.stringify(data);
  if (list.dataset.signature === signature) return;
  list.dataset.signature = signature;
  list.replaceChildren(...data.cards.map((card) => cardElement(card, data.deciding)));
  list.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    for (const other of button.parentElement.children) other.disabled = true;
    setTriggerValue("decision", { commit_id: newCommitId(), photo: button.dataset.photo, choice: button.dataset.choice });
  };
}

function cardElement(card, deciding) {
  const photos = element("div", { className: `photos of${card.photos.length}` });
  for (const { photo, boxes, caption } of card.photos) {
    const figure = element("figure", {}, labelledPhoto(photo, boxes));
    if (caption) figure.append(element("figcaption", { textContent: caption }));
    photos.append(figure);
  }
  const sides = element("ul");
  for (const side of card.sides) {
    const swatch = element("i", { className: `swatch ${side.tone}` });
    sides.append(element("li", {}, ...(side.tone ? [swatch] : []), side.words));
  }
  const head = element("header", {}, element("b", { textContent: card.title, title: card.title }));
  head.append(element("span", { className: "measure", textContent: card.measure }));
  const item = element("article", { "aria-label": card.title }, photos, head, sides);
  if (deciding) item.append(actionsElement(card));
  return item;
}

function actionsElement(card) {
  const actions = element("div", { className: "actions" });
  for (const side of card.sides) {
    const button = element("button", { type: "button", textContent: side.action });
    Object.assign(button.dataset, { photo: card.id, choice: side.choice });
    button.setAttribute("aria-label", `${side.action}, ${card.title}`);
    actions.append(button);
  }
  if (card.href) actions.append(element("a", { href: card.href, textContent: _("Draw anew") }));
  return actions;
}
