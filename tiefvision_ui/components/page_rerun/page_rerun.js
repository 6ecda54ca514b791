// Has the whole page run anew when a component says that nobody hears it.

import { mounting } from "../shared/mounting.js";

class PageRerun {
  update({ event }, send) {
    this.send = send;
    if (this.closing) return;
    this.closing = new AbortController();
    globalThis.addEventListener(event, () => this.send("rerun", Date.now()), { signal: this.closing.signal });
  }

  close() {
    this.closing?.abort();
  }
}

export default mounting(".rerun", () => new PageRerun());
