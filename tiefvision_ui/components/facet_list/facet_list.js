// Facets: for each column a group of check boxes with counts. A click sends the option's key as the trigger "toggled".

import { element } from "../shared/elements.js";
import { mounting } from "../shared/mounting.js";
import { _, formatted } from "../shared/texts.js";

const SHOWN = 6;
const NARROW = "(max-width: 640px)";

class FacetList {
  constructor(root) {
    this.root = root;
    this.summary = element("summary", {});
    this.body = element("div", { className: "body" });
    this.narrow = matchMedia(NARROW);
    this.whole = element("details", { open: !this.narrow.matches }, this.summary, this.body);
    // Where there is room they are always open: nothing is there to open them by.
    this.onWidth = () => (this.whole.open = this.whole.open || !this.narrow.matches);
    this.narrow.addEventListener("change", this.onWidth);
    root.replaceChildren(this.whole);
    this.unfolded = new Set();
    this.body.onchange = (event) => this.send("toggled", JSON.parse(event.target.dataset.key));
    this.body.onclick = (event) => {
      const button = event.target.closest("button");
      if (button) this.unfold(button.dataset.column);
    };
  }

  // Called at every render of the page.
  update({ facets }, send) {
    this.send = send;
    const signature = JSON.stringify(facets);
    if (signature === this.signature) return;
    this.signature = signature;
    this.facets = facets;
    const chosen = facets.flatMap(({ options }) => options).filter((option) => option.chosen).length;
    this.summary.textContent = chosen ? _("Filters ({number})", { number: chosen }) : _("Filters");
    this.draw();
  }

  close() {
    this.narrow.removeEventListener("change", this.onWidth);
  }

  // All elements are made anew; whoever works by keys stays where they were.
  draw() {
    const focused = this.root.getRootNode().activeElement?.dataset.key;
    this.body.replaceChildren(...this.facets.map((facet) => this.facetElement(facet)));
    if (focused) this.boxOf(focused)?.focus();
  }

  boxOf(key) {
    return [...this.body.querySelectorAll("input")].find((box) => box.dataset.key === key);
  }

  unfold(column) {
    this.unfolded.add(column);
    this.draw();
    const options = this.facets.find((facet) => facet.column === column).options;
    this.boxOf(JSON.stringify(options[SHOWN].key))?.focus();
  }

  facetElement({ column, heading, options }) {
    // One more is shown rather than a button that shows one more.
    const number = this.unfolded.has(column) || options.length <= SHOWN + 1 ? options.length : SHOWN;
    const shown = options.filter((option, place) => place < number || option.chosen);
    const group = element("fieldset", {}, element("legend", { textContent: heading }), ...shown.map(optionElement));
    if (shown.length < options.length) {
      const more = element("button", { type: "button", textContent: _("{number} more", { number: options.length - shown.length }) });
      more.setAttribute("aria-label", `${more.textContent}: ${heading}`);
      more.dataset.column = column;
      group.append(more);
    }
    return group;
  }
}

function optionElement({ key, words, count, chosen }) {
  const box = element("input", { type: "checkbox", checked: chosen });
  box.dataset.key = JSON.stringify(key);
  const label = element("label", { title: words }, box, element("span", { className: "words", textContent: words }));
  if (count !== null) label.append(element("span", { className: "count", textContent: formatted(count) }));
  return label;
}

export default mounting(".facets", (root) => new FacetList(root));
