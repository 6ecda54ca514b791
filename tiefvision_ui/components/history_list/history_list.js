// Who decided what, newest first, with a button that undoes it.

import { element } from "../shared/elements.js";
import { labelledPhoto } from "../shared/labelled_photo.js";
import { _, formattedMoment, speak } from "../shared/texts.js";

export default function ({ parentElement, data, setTriggerValue }) {
  speak(data);
  const list = parentElement.querySelector(".history");
  const signature = JSON.stringify(data);
  if (list.dataset.signature === signature) return;
  list.dataset.signature = signature;
  list.replaceChildren(...data.rows.map(rowElement));
  list.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    button.disabled = true;
    setTriggerValue("undo", Number(button.dataset.event));
  };
}

function rowElement(row) {
  const photos = element("span", { className: "photos" });
  for (const { photo, boxes, tone } of row.photos) {
    const shown = labelledPhoto(photo, boxes);
    if (tone) shown.classList.add(tone);
    photos.append(shown);
  }
  const when = element("time", { dateTime: row.when });
  when.textContent = formattedMoment(new Date(row.when));
  const what = element(
    "span",
    { className: "what" },
    element("b", { textContent: row.title }),
    element("span", { className: "detail", textContent: row.detail }),
  );
  const who = element("span", { className: "who" }, element("b", { textContent: row.who }), when);
  const item = element("li", { className: row.undone ? "undone" : "" }, photos, what, who);
  item.append(element("span", { className: "seconds", textContent: row.seconds }));
  if (row.undone) item.append(element("span", { className: "by", textContent: row.undone }));
  else if (row.undoable) item.append(undoButton(row));
  return item;
}

function undoButton(row) {
  const button = element("button", { type: "button", textContent: _("Undo") });
  button.dataset.event = row.id;
  button.setAttribute("aria-label", _("Undo: {title} by {who}, {detail}", row));
  return button;
}
