// The function of a component that keeps its state: Streamlit calls it at every render, and what it returned last when
// the component goes away. `make` is called once for the element that `selector` finds; what it makes has `update` and
// `close`.

import { speak } from "./texts.js";

export function mounting(selector, make) {
  const made = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    speak(data);
    const root = parentElement.querySelector(selector);
    if (!made.has(root)) made.set(root, make(root));
    const component = made.get(root);
    component.update(data, setTriggerValue);
    return () => {
      component.close();
      made.delete(root);
    };
  };
}
