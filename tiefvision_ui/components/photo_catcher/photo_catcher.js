// Photos that are pasted or dropped anywhere in the page are posted, and Python hears of their hash.

import { onlyPhoto } from "./photo_files.js";
import { element } from "../shared/elements.js";
import { isTyping } from "../shared/keys.js";
import { mounting } from "../shared/mounting.js";
import { N_, _ } from "../shared/texts.js";

const OWN_PLACES = '[data-testid="stFileUploaderDropzone"], [data-testid="stFileUploader"]';
const SHOWN_MS = 6000;
const NO_PHOTO = N_("Drop or paste one photo to search by it.");
const NOT_SENT = N_("The photo could not be sent; is the server up? Try again.");

class PhotoCatcher {
  constructor(root) {
    this.words = element("p", { role: "status" });
    this.curtain = element("div", { className: "curtain", popover: "manual" }, this.words);
    root.replaceChildren(this.curtain);
    this.closing = new AbortController();
    const { signal } = this.closing;
    const on = (name, act) => document.addEventListener(name, (event) => act.call(this, event), { signal });
    on("dragstart", () => (this.isOurs = true)); // a photo of the page itself, which is no file
    on("dragend", () => (this.isOurs = false));
    on("dragover", this.onOver);
    on("dragleave", (event) => event.relatedTarget || this.hide());
    on("drop", this.onDrop);
    on("paste", this.onPaste);
  }

  update(data, send) {
    this.data = data;
    this.send = send;
  }

  isMine(event) {
    return !this.isOurs && event.dataTransfer?.types.includes("Files") && !event.composedPath().some(takesFiles);
  }

  onOver(event) {
    if (!this.isMine(event)) {
      if (!this.busy) this.hide();
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.show(_("Drop the photo to search by it"));
  }

  onDrop(event) {
    if (!this.isMine(event)) {
      this.hide();
      return;
    }
    event.preventDefault();
    this.take([...event.dataTransfer.files]);
  }

  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || isTyping(event) || event.composedPath().some(takesFiles)) return;
    event.preventDefault();
    this.take(files);
  }

  async take(files) {
    const photo = onlyPhoto(files, this.data.suffixes);
    if (!photo) {
      this.tell(_(NO_PHOTO));
      return;
    }
    if (this.busy) return;
    this.busy = true;
    this.show(_("Sending the photo…"));
    const problem = await this.post(photo);
    this.busy = false;
    if (problem) this.tell(problem);
    else this.hide();
  }

  // Returns what went wrong, if anything did.
  async post(photo) {
    const asked = new URLSearchParams({ name: photo.name || "pasted photo", person: this.data.person });
    try {
      const headers = { "Content-Type": "application/octet-stream" };
      const response = await fetch(`/uploads?${asked}`, { method: "POST", headers, body: photo });
      const text = await response.text();
      const { upload, problem } = text.startsWith("{") ? JSON.parse(text) : { problem: text };
      // The time makes a photo that is sent again another event.
      if (upload) this.send("arrived", { upload, at: Date.now() });
      return upload ? "" : problem || _(NOT_SENT);
    } catch {
      return NOT_SENT;
    }
  }

  show(words) {
    clearTimeout(this.hiding);
    this.words.textContent = words;
    if (!this.curtain.matches(":popover-open")) this.curtain.showPopover();
  }

  tell(words) {
    this.show(words);
    this.hiding = setTimeout(() => this.hide(), SHOWN_MS);
  }

  hide() {
    clearTimeout(this.hiding);
    if (this.curtain.matches(":popover-open")) this.curtain.hidePopover();
  }

  close() {
    clearTimeout(this.hiding);
    this.closing.abort();
  }
}

function takesFiles(target) {
  return target instanceof Element && target.matches(OWN_PLACES);
}

export default mounting(".catcher", (root) => new PhotoCatcher(root));
