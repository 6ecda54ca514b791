// The labelling session of this tab of the browser: its id, and the photo that was opened out of turn. It outlives a
// reload of the page and a restart of the server, which forgets both.

import { keep, kept } from "./session_values.js";

export class TabSession {
  constructor(kind) {
    this.key = `tiefvision-session-${kind}`;
    this.record = kept(this.key) ?? { id: null, person: null, open: null };
  }

  get id() {
    return this.record.id;
  }

  // The page's own session is this tab's, too, unless it has had one.
  begin(session, person) {
    if (this.record.id === null || this.record.person !== person) this.write({ id: this.id ?? session, person, open: null });
  }

  get open() {
    return this.record.open;
  }

  set open(open) {
    if (JSON.stringify(open) !== JSON.stringify(this.open)) this.write({ ...this.record, open });
  }

  write(record) {
    this.record = record;
    keep(this.key, record);
  }
}
