// The keys of the box editor: what they do, and how the help says it.

export const ACTIONS = {
  Enter: "save",
  " ": "save",
  a: "accept",
  x: "absent",
  s: "skip",
  u: "undo",
  e: "extreme",
  b: "centre",
  z: "back",
  "Shift+z": "forward",
  y: "forward",
  Escape: "restart",
  "?": "help",
  "+": "closer",
  "=": "closer",
  "-": "farther",
  0: "whole",
};

// These count with Ctrl or Cmd too, as in other programs.
export const COMMANDS = ["z", "y"];

export const HELP = [
  ["Enter", "save the box, or the model's box as it stands, and go on"],
  ["A", "accept the model's box, whatever was drawn"],
  ["X", "there is no object on this photo"],
  ["S", "skip: not me, not now"],
  ["U", "take back what was saved last"],
  ["Z Y", "undo and redo a change of the box"],
  ["E", "four clicks on the object's outermost points, instead of dragging"],
  ["← ↑ → ↓", "move the box, or the grip that has the focus, by a pixel; with Shift by ten"],
  ["B", "put a box in the middle, to be moved by keys"],
  ["Esc", "back to the model's box, or to none"],
  ["+ − 0", "zoom in, out, and back; on a touch screen two fingers zoom and move the photo"],
];
