// What the components use of a browser, as far as Node has none of it.

export function openTab() {
  const values = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, String(value)),
    removeItem: (key) => values.delete(key),
  };
  globalThis.document = Object.assign(new EventTarget(), { hidden: false, activeElement: null });
}

export function hideTab(hidden) {
  document.hidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
}

// A key press as it reaches a listener: `target` is the element that has the focus.
export function keyPress(key, { target = { tagName: "DIV" }, ...modifiers } = {}) {
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };
  const event = Object.assign(new Event("keydown", { cancelable: true }), { key, ...none, ...modifiers });
  event.composedPath = () => [target];
  return event;
}
