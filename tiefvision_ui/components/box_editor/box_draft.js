// The box of the photo that is shown, how it was made, and its way back and forth; kept over a reload of the page.

import { asList } from "../shared/box_geometry.js";
import { keep, kept } from "../shared/session_values.js";

const DRAFT = "tiefvision-draft-box";

export class BoxDraft {
  // Begins with a box, or none; `method` says how it was made.
  begin(box, method) {
    this.box = box;
    this.method = method;
    this.past = [];
    this.future = [];
  }

  change(box, method) {
    this.past.push([this.box, this.method]);
    this.future = [];
    this.box = box;
    this.method = method;
  }

  back() {
    this.step(this.past, this.future);
  }

  forward() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push([this.box, this.method]);
    [this.box, this.method] = from.pop();
  }

  // How the box was made, once it is changed a little.
  get adjusted() {
    return this.method === "accepted" ? "adjusted" : this.method;
  }

  keep(photoId, role, person, seconds) {
    keep(DRAFT, { photo: photoId, role, person, box: asList(this.box), method: this.method, seconds });
  }

  // What that person drew; nobody goes on from another's box unknowingly.
  static kept(person) {
    const draft = kept(DRAFT);
    return draft?.person === person ? draft : null;
  }

  // Where that person goes on, in the form of what the tab has open; null where nothing is kept.
  static opening(person, open) {
    const draft = BoxDraft.kept(person);
    return draft && { ...(open?.photo === draft.photo ? open : null), photo: draft.photo, role: draft.role };
  }

  // Forgets what was drawn on that photo.
  static forget(photoId) {
    if (kept(DRAFT)?.photo === photoId) keep(DRAFT, null);
  }
}
