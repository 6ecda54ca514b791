// HTML elements that the components are made of.

import { N_, _ } from "./texts.js";

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Keys that have names of their own in other languages.
const NAMED_KEYS = new Set([N_("Space"), N_("Shift"), N_("arrows"), N_("Esc")]);

// A dialog that lists the keys; `rows` are pairs of keys and what they do, both in English.
export function helpDialog(title, rows) {
  const list = element("dl");
  for (const [keys, meaning] of rows) {
    const names = keys.split(" ").map((key) => element("kbd", { textContent: NAMED_KEYS.has(key) ? _(key) : key }));
    list.append(element("dt", {}, ...names), element("dd", { textContent: _(meaning) }));
  }
  const close = element("button", { type: "button", className: "close", textContent: _("Close") });
  // The button stands first: it gets the focus, which shows the list from its beginning.
  const head = element("header", {}, element("h2", { textContent: title }), close);
  const dialog = element("dialog", { "aria-label": title }, head, list);
  close.onclick = () => close.closest("dialog").close();
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  return dialog;
}

export function actionButton(action, label, key, title) {
  const button = element("button", { type: "button", title, className: `action ${action}` }, label);
  if (!label) button.setAttribute("aria-label", title);
  button.dataset.action = action;
  button.setAttribute("aria-keyshortcuts", key);
  button.append(element("kbd", { textContent: key === "Enter" ? "⏎" : key, "aria-hidden": "true" }));
  return button;
}

// A small button of a row of tools: a sign or a word, with its meaning and key as a title.
export function toolButton(action, sign, key, title) {
  const button = element("button", { type: "button", title: `${title} (${key})`, className: `tool ${action}` }, sign);
  if (!/[\p{L}\p{N}_]/u.test(sign[0])) button.setAttribute("aria-label", title);
  button.dataset.action = action;
  button.setAttribute("aria-keyshortcuts", key);
  return button;
}

// Shown beside the words about commits that were refused.
export function discardButton() {
  const title = _("Forget what the server refused");
  return element("button", { type: "button", className: "discard", textContent: _("Discard…"), title, hidden: true });
}

// Adds the class `loaded` or `missing` to `frame` once it is known what became of the image in it.
export function markLoading(image, frame) {
  image.onload = () => frame.classList.add("loaded");
  image.onerror = () => frame.classList.add("missing");
}
