// What the triplet grid shows: the reference, what was chosen for it before, the candidates, buttons, and words.

import { actionButton, discardButton, element, helpDialog } from "../shared/elements.js";
import { N_, _ } from "../shared/texts.js";
import { isComplete } from "./triplet_choice.js";
import { HELP, PHOTO_KEYS, QUICK_HELP } from "./triplet_keys.js";

const PROMPTS = [
  N_("Which photo is closest to the reference?"),
  N_("And which one is less close?"),
  N_("Enter saves; another click changes your choice"),
];
const QUESTION = N_("Which one is closer to the reference?");

export class TripletView {
  constructor(root) {
    this.root = root;
    this.prompt = element("p", { className: "prompt", role: "status" });
    this.trouble = element("span", { className: "trouble", role: "alert" });
    this.discard = discardButton();
    this.buttons = {
      save: actionButton("save", _("Save"), "Enter", _("Save the triplet and go on")),
      swap: actionButton("swap", _("Swap"), "X", _("Swap H+ and H−")),
      tie: actionButton("tie", _("Too close to call"), "T", _("None of them is closer than another")),
      skip: actionButton("skip", _("Skip"), "S", _("Leave this reference to others")),
      undo: actionButton("undo", _("Undo"), "U", _("Take back what was saved last")),
      help: actionButton("help", "", "?", _("All keys")),
    };
    this.reference = element("figure", { className: "reference", tabIndex: -1 });
    this.existing = element("div", { className: "existing" });
    this.grid = element("div", { className: "grid", role: "group", "aria-label": _("Photos to choose from") });
    this.help = helpDialog(_("Keys"), HELP);
    this.quick = false;
    const { help, ...actions } = this.buttons;
    root.replaceChildren(
      element("div", { className: "side" }, this.reference, this.existing),
      element(
        "div",
        { className: "main" },
        element("div", { className: "head" }, this.prompt, this.trouble, this.discard, help),
        this.grid,
        element("div", { className: "actions" }, ...Object.values(actions)),
      ),
      this.help,
    );
  }

  show({ reference, candidates, existing, quick }) {
    this.ask(quick);
    const caption = element("figcaption", {}, element("b", { textContent: "H" }), ` ${reference.name}`);
    this.reference.replaceChildren(picture(reference, "(max-width: 640px) 40vw, 320px", reference.name), caption);
    this.grid.replaceChildren(...candidates.map((photo, index) => this.tile(photo, index)));
    this.grid.classList.toggle("pair", candidates.length <= 2);
    this.existing.hidden = quick; // it would say how the same question was answered before
    const title = existing.length
      ? _("Triplets of this photo: {number}", { number: existing.length })
      : _("No triplet of this photo yet");
    this.existing.replaceChildren(element("h2", { textContent: title }), ...existing.map((pair) => this.row(pair)));
  }

  // Whether the tasks are questions about two photos, which the first click answers.
  ask(quick) {
    if (this.quick === quick) return;
    this.quick = quick;
    this.root.classList.toggle("quick", quick);
    for (const name of ["save", "swap"]) this.buttons[name].hidden = quick;
    const help = helpDialog(_("Keys"), quick ? QUICK_HELP : HELP);
    this.help.replaceChildren(...help.childNodes);
  }

  tile(photo, index) {
    const tile = element("button", { type: "button", className: "tile" });
    tile.dataset.id = photo.id;
    tile.dataset.name = photo.name;
    tile.append(
      picture(photo, "(max-width: 640px) 30vw, 200px", ""),
      element("span", { className: "badge", "aria-hidden": "true" }),
      element("span", { className: "name", textContent: photo.name }),
      // Its name is what is written on it, and this: a label would say something else than what is seen.
      element("span", { className: "unseen" }),
    );
    const key = PHOTO_KEYS[index]?.toUpperCase();
    if (key) tile.append(element("span", { className: "number", textContent: key, "aria-hidden": "true" }));
    return tile;
  }

  row({ positive, negative }) {
    const remove = element("button", { type: "button", className: "remove", textContent: _("Remove") });
    Object.assign(remove.dataset, { positive: positive.id, negative: negative.id });
    const names = { positive: positive.name, negative: negative.name };
    remove.setAttribute("aria-label", _("Remove: {positive} is closer than {negative}", names));
    const picks = [
      ["pos", positive],
      ["neg", negative],
    ].map(([kind, photo]) => {
      const image = element("img", { src: photo.small, alt: photo.name, title: photo.name, loading: "lazy" });
      return element("span", { className: `pick ${kind}` }, image);
    });
    return element("div", { className: "row" }, ...picks, remove);
  }

  draw(choice) {
    const { positive, negative } = choice;
    for (const tile of this.grid.children) {
      const kind = tile.dataset.id === positive ? "pos" : tile.dataset.id === negative ? "neg" : "";
      const badge = { pos: "H+", neg: "H−" }[kind] ?? "";
      tile.classList.toggle("pos", kind === "pos");
      tile.classList.toggle("neg", kind === "neg");
      tile.setAttribute("aria-pressed", String(kind !== ""));
      const words = { pos: _(", the closer one, H plus"), neg: _(", the less close one, H minus") }[kind] ?? "";
      tile.querySelector(".unseen").textContent = words;
      tile.querySelector(".badge").textContent = badge;
    }
    const step = isComplete(choice) ? 2 : positive ? 1 : 0;
    const prompt = _(this.quick ? QUESTION : PROMPTS[step]);
    if (this.prompt.textContent !== prompt) this.prompt.textContent = prompt;
    this.buttons.save.disabled = step < 2;
    this.buttons.swap.disabled = step < 2;
  }
}

function picture(photo, sizes, alt) {
  return element("img", { alt, sizes, srcset: photo.srcset, src: photo.src, decoding: "async", draggable: false });
}
