// The keys of the triplet grid: what they do, and how the help says it.

import { N_ } from "../shared/texts.js";

export const ACTIONS = {
  Enter: "save",
  " ": "save",
  x: "swap",
  t: "tie",
  s: "skip",
  u: "undo",
  Escape: "clear",
  "?": "help",
};

// The keys that choose a photo, in the order of the grid; the other letters are actions.
export const PHOTO_KEYS = [..."123456789abcdefghijklmno"];

// Of a question about two photos.
export const QUICK_KEYS = ["1", "2"];
export const QUICK_ACTIONS = { t: "tie", s: "skip", u: "undo", "?": "help" };
export const QUICK_HELP = [
  ["1 2", N_("that photo is closer to the reference; the next question comes at once")],
  ["T", N_("too close to call: no triplet comes of it")],
  ["S", N_("skip: not me, not now")],
  ["U", N_("take back what was decided last")],
];

export const HELP = [
  ["1 … 9 A … O", N_("choose that photo: first H+, the closest one, then H−, one that is less close")],
  ["← ↑ → ↓", N_("go through the photos; Space chooses")],
  ["Enter", N_("save the triplet and go on")],
  ["X", N_("swap H+ and H−")],
  ["T", N_("too close to call: no triplet comes of it")],
  ["S", N_("skip: not me, not now")],
  ["U", N_("take back what was saved last")],
  ["Esc", N_("choose anew")],
];
