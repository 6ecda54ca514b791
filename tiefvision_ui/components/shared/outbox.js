// Keeps a commit until Python says that it was saved, and sends it again meanwhile: a message may get lost, the
// server may start anew, the page may be reloaded. Its id lets Python write it once, however often it arrives.

import { keep, kept } from "./session_values.js";

export const RESEND_MS = 3000;

export function newCommitId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  constructor(name, root, onWaiting) {
    this.root = root;
    this.key = `tiefvision-outbox-${name}`;
    this.commit = kept(this.key);
    this.onWaiting = onWaiting;
    this.timer = null;
  }

  // Called at every render, with the way to Python and the id of the commit that was saved last.
  connect(send, savedId) {
    const first = !this.deliver;
    this.deliver = send;
    if (this.commit && this.commit.commit_id === savedId) this.clear();
    else if (this.commit && first) this.transmit();
    this.mark();
  }

  mark() {
    this.root.dataset.state = this.waiting ? "saving" : "saved";
  }

  get waiting() {
    return this.commit !== null;
  }

  post(commit) {
    this.commit = { ...commit, commit_id: newCommitId() };
    keep(this.key, this.commit);
    this.mark();
    this.transmit();
  }

  transmit() {
    this.deliver("commit", this.commit);
    this.timer = setTimeout(() => {
      this.onWaiting();
      this.transmit();
    }, RESEND_MS);
  }

  clear() {
    clearTimeout(this.timer);
    this.commit = null;
    keep(this.key, null);
  }

  close() {
    clearTimeout(this.timer);
  }
}
