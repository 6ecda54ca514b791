// H+ and H- for a reference, by click or key. All state lives here; Python hears one commit a triplet.

import { ARROWS, actionOf, keyOf, pressesButton } from "../shared/keys.js";
import { LabellingComponent } from "../shared/labelling_component.js";
import { mounting } from "../shared/mounting.js";
import { NOTHING, choiceAfter, chosenOf, indexAfter, isComplete, swapped } from "./triplet_choice.js";
import { ACTIONS, PHOTO_KEYS, QUICK_ACTIONS, QUICK_KEYS } from "./triplet_keys.js";
import { TripletView } from "./triplet_view.js";

const HASTE_MS = 250; // a click on a question that has just come was meant for the one before

export class TripletGrid extends LabellingComponent {
  constructor(root, view = new TripletView(root)) {
    super("triplet", root, view, view.reference);
    view.grid.onclick = (event) => {
      const tile = event.target.closest(".tile");
      if (tile && !this.isHasty(event)) this.choose(tile.dataset.id);
    };
    view.existing.onclick = (event) => {
      const row = event.target.closest(".remove");
      if (row) this.commit("remove", row.dataset);
    };
  }

  shows(task) {
    return JSON.stringify(this.task) === JSON.stringify(task);
  }

  preload() {
    for (const photo of this.coming.flatMap(({ reference, candidates }) => [reference, ...candidates])) {
      const image = new Image();
      image.sizes = "200px";
      image.srcset = photo.srcset;
    }
  }

  open(task) {
    this.task = task;
    this.choice = task.choice ?? NOTHING;
    this.watch.restart();
    this.opened = performance.now();
    this.view.show(task);
    this.draw();
  }

  // Whether it is the second click of a double click, or one that comes too soon: each would answer a quick question.
  isHasty({ detail, timeStamp }) {
    return this.task.quick && (detail > 1 || timeStamp - this.opened < HASTE_MS);
  }

  choose(id) {
    if (this.task.quick) return this.answer(id);
    this.choice = choiceAfter(this.choice, id);
    this.draw();
  }

  // Of two photos that is the closer one, and nothing is left to be chosen.
  answer(id) {
    const choice = chosenOf(this.task.candidates, id);
    if (isComplete(choice)) this.commit("save", choice);
  }

  // What the key press does, or undefined.
  answerTo(event) {
    const tile = event.composedPath()[0]?.closest?.(".tile");
    const saves = tile && event.key === "Enter" && isComplete(this.choice);
    if (pressesButton(event) && !saves) return undefined;
    if (this.task.quick) return this.quickAnswerTo(event);
    const photo = this.task.candidates[PHOTO_KEYS.indexOf(keyOf(event))];
    if (photo) return () => event.repeat || this.choose(photo.id);
    const arrow = ARROWS[event.key];
    if (arrow) return () => this.walk(tile, arrow);
    const action = actionOf(event, ACTIONS);
    return action && (() => this.perform(action, event.repeat));
  }

  quickAnswerTo(event) {
    const photo = this.task.candidates[QUICK_KEYS.indexOf(event.key)];
    if (photo) return () => event.repeat || this.choose(photo.id);
    const action = actionOf(event, QUICK_ACTIONS);
    return action && (() => this.perform(action, event.repeat));
  }

  // Moves the focus through the grid as it is laid out.
  walk(tile, arrow) {
    const tiles = [...this.view.grid.children];
    const columns = tiles.filter((other) => other.offsetTop === tiles[0].offsetTop).length;
    tiles[indexAfter(tiles.indexOf(tile), arrow, columns)]?.focus();
  }

  perform(action, repeated = false) {
    const actions = {
      save: () => isComplete(this.choice) && this.commit("save", this.choice),
      tie: () => this.commit("tie", this.task.quick ? chosenOf(this.task.candidates) : this.choice),
      skip: () => this.commit("skip"),
      undo: () => !this.view.buttons.undo.disabled && this.commit("undo"),
      swap: () => (this.choice = swapped(this.choice)),
      clear: () => (this.choice = NOTHING),
      help: () => this.view.help.showModal(),
    };
    if (this.heldDown(action, repeated)) return;
    actions[action]();
    this.draw();
  }

  commit(action, { positive, negative } = NOTHING) {
    const way = this.task.quick ? "quick" : "grid";
    this.post({ action, photo: this.task.reference.id, positive, negative, way });
  }

  draw() {
    this.view.draw(this.choice);
  }
}

export default mounting(".triplets", (root) => new TripletGrid(root));
