// The keys of the box editor: what they do, and how the help says it.

import { ARROWS } from "../shared/keys.js";
import { N_ } from "../shared/texts.js";

export const ACTIONS = {
  Enter: "save",
  a: "accept",
  x: "absent",
  s: "skip",
  u: "undo",
  e: "extreme",
  b: "centre",
  p: "same",
  m: "snap",
  z: "back",
  "Shift+z": "forward",
  y: "forward",
  Escape: "restart",
  "?": "help",
  "+": "closer",
  "=": "closer",
  "-": "farther",
  0: "whole",
  v: "look",
  l: "lighter",
  "Shift+l": "darker",
  c: "harder",
  "Shift+c": "softer",
  i: "invert",
  o: "plain",
};

// Space saves when it is let go of, unless the photo was moved meanwhile.
export const HAND = " ";

// These count with Ctrl or Cmd too, as in other programs; and these with Alt.
export const COMMANDS = ["z", "y", ...Object.keys(ARROWS)];
export const ALTERNATES = Object.keys(ARROWS);

export const HELP = [
  ["Enter", N_("save the box, or the proposed box as it stands, and go on; so does a short press of Space")],
  ["A", N_("accept the proposed box, whatever was drawn")],
  ["X", N_("there is no object on this photo")],
  ["S", N_("skip: not me, not now")],
  ["U", N_("take back what was saved last")],
  ["Z Y", N_("undo and redo a change of the box; so do Ctrl+Z and Ctrl+Y")],
  ["E", N_("four clicks on the object's outermost points, instead of dragging")],
  ["← ↑ → ↓", N_("move the box by a pixel; with Ctrl by ten")],
  ["Shift arrows", N_("push the edge on that side out by a pixel; with Ctrl by ten")],
  ["Alt arrows", N_("push the opposite edge in by a pixel; with Ctrl by ten")],
  ["Tab", N_("to the grips, which the arrow keys then move; with Shift by ten")],
  ["P", N_("the same box as before: the one that was saved last")],
  ["M", N_("put the edge nearest to the pointer, or that of the grip in focus, where the proposed box has it")],
  ["B", N_("put a box in the middle, to be moved by keys")],
  ["Esc", N_("back to the proposed box, or to none")],
  ["+ − 0", N_("zoom in, out, and back; the wheel or two fingers zoom at their place, up to 16 times")],
  ["Space", N_("held down: the pointer moves the photo; so does the middle button")],
  ["V", N_("brightness, contrast and inversion of what is shown; they change no label")],
  ["L C", N_("lighter, more contrast; with Shift the opposite")],
  ["I O", N_("invert; back to the photo as it is")],
];
