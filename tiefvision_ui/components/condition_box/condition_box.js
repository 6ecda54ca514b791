// A combobox (WAI-ARIA 1.2) for an SQL condition. Enter applies it, or takes the suggestion that the arrow keys chose.

import { completed, suggestions } from "./completion.js";
import { LastConditions } from "./last_conditions.js";
import { element } from "../shared/elements.js";
import { mounting } from "../shared/mounting.js";
import { _ } from "../shared/texts.js";

const PLACEHOLDER = "width > 500 AND path LIKE 'gowns/%'";

class ConditionBox {
  constructor(root) {
    this.input = element("input", {
      id: "condition", type: "text", placeholder: PLACEHOLDER, autocomplete: "off", autocapitalize: "off", spellcheck: false,
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions",
      "aria-describedby": "outcome", enterKeyHint: "search",
    });
    this.list = element("ul", { id: "suggestions", role: "listbox", "aria-label": _("Suggestions"), hidden: true });
    this.apply = element("button", { type: "button", className: "apply", textContent: _("Apply"), hidden: true });
    this.clear = element("button", { type: "button", className: "clear", textContent: "×", title: _("Clear the condition") });
    this.clear.setAttribute("aria-label", _("Clear the condition"));
    this.outcome = element("p", { id: "outcome", className: "outcome", role: "status" });
    const label = element("label", { htmlFor: "condition", textContent: _("Condition") });
    const field = element("div", { className: "field" }, this.input, this.apply, this.clear);
    root.replaceChildren(label, element("div", { className: "frame" }, field, this.list), this.outcome);
    this.active = -1;
    this.listen();
  }

  listen() {
    this.input.oninput = () => this.open();
    this.input.onclick = () => this.open();
    this.input.onfocus = () => this.buttons();
    this.input.onblur = () => this.close();
    this.input.onkeydown = (event) => this.onKey(event);
    this.apply.onclick = () => this.submit(this.input.value);
    this.clear.onclick = () => (this.submit(""), this.input.focus());
    // Before the input loses the focus, which would close the list.
    this.list.onpointerdown = (event) => event.preventDefault();
    this.list.onclick = (event) => {
      const item = event.target.closest("li");
      if (item) this.take(Number(item.dataset.place));
    };
  }

  // Called at every render of the page.
  update(data, send) {
    this.send = send;
    const signature = JSON.stringify(data);
    if (signature === this.signature) return;
    const before = this.data;
    this.signature = signature;
    this.data = data;
    this.last = new LastConditions(data.person);
    // What somebody is typing stays, unless another condition applies by now.
    if (!before || before.condition !== data.condition) this.input.value = data.condition;
    this.outcome.textContent = data.problem || data.note;
    this.outcome.classList.toggle("problem", Boolean(data.problem));
    this.input.setAttribute("aria-invalid", String(Boolean(data.problem)));
    if (data.condition && !data.problem) this.last.remember(data.condition);
    this.buttons();
  }

  buttons() {
    this.apply.hidden = this.input.value.trim() === this.data.condition;
    this.clear.hidden = !this.input.value && !this.data.condition;
  }

  open() {
    this.buttons();
    const { value, selectionStart } = this.input;
    this.found = suggestions(value, selectionStart ?? value.length, this.data.columns);
    const last = value.trim() ? [] : this.last.all().map((text) => ({ text, hint: _("used before"), whole: true }));
    this.options = [...last, ...this.found.options];
    this.active = -1;
    this.list.replaceChildren(...this.options.map(suggestionElement));
    this.show(this.options.length > 0);
  }

  close() {
    this.show(false);
  }

  show(is) {
    this.list.hidden = !is;
    this.input.setAttribute("aria-expanded", String(is));
    if (!is) this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) this.open();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (isOpen && this.active >= 0) this.take(this.active);
      else this.submit(this.input.value);
    } else if (event.key === "Tab" && isOpen && this.active >= 0) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      this.close();
    }
  }

  move(by) {
    if (!this.options?.length) return;
    const count = this.options.length;
    this.active = this.active < 0 ? (by > 0 ? 0 : count - 1) : (this.active + by + count) % count;
    for (const [place, item] of [...this.list.children].entries()) {
      item.setAttribute("aria-selected", String(place === this.active));
      if (place === this.active) item.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", `suggestion-${this.active}`);
  }

  take(place) {
    const option = this.options[place];
    if (option.whole) {
      this.submit(option.text);
      return;
    }
    const { text, caret } = completed(this.input.value, this.found, option);
    this.input.value = text;
    this.input.setSelectionRange(caret, caret);
    this.open();
  }

  submit(condition) {
    this.input.value = condition.trim();
    this.close();
    this.apply.hidden = true;
    if (this.input.value !== this.data.condition) this.send("condition", this.input.value);
  }
}

function suggestionElement({ text, hint }, place) {
  const item = element("li", { role: "option", id: `suggestion-${place}`, "aria-selected": "false" });
  item.dataset.place = place;
  item.append(element("code", { textContent: text }), element("span", { textContent: hint }));
  return item;
}

export default mounting(".condition", (root) => new ConditionBox(root));
