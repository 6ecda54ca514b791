// What is chosen for a reference so far: {positive, negative}, ids of photos or null.

export const NOTHING = { positive: null, negative: null };

// The choice after a photo was clicked: the first one is H+, the second H-, and a chosen one is given up.
export function choiceAfter({ positive, negative }, id) {
  if (id === positive) return { positive: negative, negative: null };
  if (id === negative) return { positive, negative: null };
  if (positive === null) return { positive: id, negative };
  return { positive, negative: id };
}

// The choice of the photo with that id, of two; the first one where none is named. Nothing of any other number.
export function chosenOf(candidates, id = candidates[0]?.id) {
  const other = candidates.find((photo) => photo.id !== id);
  return candidates.length === 2 && other ? { positive: id, negative: other.id } : NOTHING;
}

export function isComplete({ positive, negative }) {
  return positive !== null && negative !== null;
}

export function swapped(choice) {
  return isComplete(choice) ? { positive: choice.negative, negative: choice.positive } : choice;
}

// The index of the photo to which an arrow key leads in a grid of so many columns; the first one from outside of it.
export function indexAfter(index, [right, down], columns) {
  return index < 0 ? 0 : index + right + down * columns;
}
