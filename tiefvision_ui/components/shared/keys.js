// What a key press asks for.

// Where the arrow keys lead: right, and down.
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Whether the key press belongs to a field that somebody types in, or to a button that it presses.
export function isTyping(event) {
  const target = event.composedPath()[0];
  return Boolean(target?.isContentEditable) || /^(INPUT|TEXTAREA|SELECT)$/.test(target?.tagName ?? "");
}

export function pressesButton(event) {
  return /^(Enter| )$/.test(event.key) && /^(BUTTON|A|SUMMARY)$/.test(event.composedPath()[0]?.tagName ?? "");
}

// Whether the key is the browser's, not ours: held with Alt unless it is one of `alternates`, or with Ctrl or Cmd unless
// it is one of the `commands`.
export function isBrowsers(event, commands, alternates = []) {
  if (event.altKey && !alternates.includes(event.key)) return true;
  return (event.ctrlKey || event.metaKey) && !commands.includes(keyOf(event));
}

export function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

// The action of the key in `actions`, or undefined. "Shift+z" stands for the key with Shift; where that is not listed,
// Shift makes no difference: some keyboards need it for "+" or "?".
export function actionOf(event, actions) {
  return (event.shiftKey && actions[`Shift+${keyOf(event)}`]) || actions[keyOf(event)];
}
