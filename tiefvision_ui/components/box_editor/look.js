// How light, how rich in contrast and whether inverted a photo is shown: for the eye alone, no label knows of it.

import { element } from "../shared/elements.js";
import { _ } from "../shared/texts.js";

const KEPT = "tiefvision-look";
export const PLAIN = { brightness: 100, contrast: 100, inverted: false }; // in percent
export const RANGE = { min: 30, max: 300, step: 10 };

const labelled = (words, control) => element("label", {}, words, control);
const within = (percent) => Math.min(RANGE.max, Math.max(RANGE.min, percent));

// The look after an action of the keys.
export function lookAfter(look, action) {
  const step = 2 * RANGE.step;
  const changes = {
    lighter: { brightness: within(look.brightness + step) },
    darker: { brightness: within(look.brightness - step) },
    harder: { contrast: within(look.contrast + step) },
    softer: { contrast: within(look.contrast - step) },
    invert: { inverted: !look.inverted },
    plain: PLAIN,
  };
  return { ...look, ...changes[action] };
}

export function isPlain(look) {
  return Object.entries(PLAIN).every(([name, value]) => look[name] === value);
}

// The look as a CSS filter.
export function filterOf(look) {
  if (isPlain(look)) return "none";
  return `brightness(${look.brightness}%) contrast(${look.contrast}%) invert(${look.inverted ? 1 : 0})`;
}

export class Look {
  // Kept from photo to photo and from visit to visit; `image` is the photo's. `done` is called when a pointer has
  // changed something, so that the next key is the editor's again.
  constructor(image, done) {
    this.image = image;
    this.done = done;
    this.sliders = Object.fromEntries(["brightness", "contrast"].map((name) => [name, this.slider(name)]));
    this.inverted = element("input", { type: "checkbox" });
    this.inverted.onchange = () => this.set({ ...this.look, inverted: this.inverted.checked });
    this.inverted.onclick = (event) => event.detail && this.done(); // none is counted for a click by key
    this.panel = element(
      "div",
      { className: "looks", role: "group", "aria-label": _("How the photo is shown"), hidden: true },
      labelled(_("Brightness"), this.sliders.brightness),
      labelled(_("Contrast"), this.sliders.contrast),
      labelled(_("Inverted"), this.inverted),
    );
    this.set(this.kept());
  }

  slider(name) {
    const slider = element("input", { type: "range", ...RANGE });
    slider.onpointerup = () => this.done();
    slider.oninput = () => this.set({ ...this.look, [name]: Number(slider.value) });
    return slider;
  }

  kept() {
    try {
      return { ...PLAIN, ...JSON.parse(localStorage.getItem(KEPT)) };
    } catch {
      return PLAIN;
    }
  }

  set(look) {
    this.look = look;
    this.image.style.filter = filterOf(look);
    for (const [name, slider] of Object.entries(this.sliders)) slider.value = look[name];
    this.inverted.checked = look.inverted;
    try {
      localStorage.setItem(KEPT, JSON.stringify(look));
    } catch {
      // Where the browser's storage is closed, it lasts as long as the page.
    }
  }

  perform(action) {
    this.set(lookAfter(this.look, action));
  }
}
