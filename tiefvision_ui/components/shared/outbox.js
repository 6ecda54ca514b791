// Sends commits to the server, one after the other, and each again until an answer names it as saved. Its id lets the
// server write it once, however often it arrives.

import { allAreStored, dropCommit, keepCommit, keptCommits } from "./kept_commits.js";

export const SLOW_MS = 3000; // after which the person is told that they wait
export const ANSWER_MS = 15000; // after which no answer is expected any more
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 8000;
// Statuses of the route's refusals, which stay the same however often the commit is sent. A log-in that ended (401) passes.
const REFUSALS = new Set([400, 403, 409, 413, 415]);
const UNREACHABLE = "The server does not answer.";

export function newCommitId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const open = new Map();

// The outbox of that kind, which goes on sending when its component goes away: there is one a page.
export function outboxOf(kind) {
  if (!open.has(kind)) open.set(kind, new Outbox(kind));
  return open.get(kind);
}

export class Outbox {
  constructor(kind) {
    this.kind = kind;
    this.person = null;
    this.database = null;
    this.failures = 0;
    this.trouble = "";
    this.refusals = new Map(); // why commits were refused, by their id: they are kept, and not sent again by this page
    this.closing = new AbortController();
    const again = (event) => (event.type === "online" || event.key?.startsWith("tiefvision-commit-")) && this.wake();
    for (const name of ["online", "storage"]) globalThis.addEventListener?.(name, again, { signal: this.closing.signal });
  }

  // `listener.changed()` is called when `words` may have changed, `listener.answered(answer, commit)` with each answer.
  attach(listener) {
    this.listener = listener;
  }

  detach(listener) {
    if (this.listener === listener) this.listener = null;
  }

  // Called at every render, with who uses the page and the label database's id: a sign that the server is there.
  connect({ person, loggedIn, database }) {
    const same = person === this.person && loggedIn === this.loggedIn && database === this.database;
    if (!same) this.refusals.clear();
    Object.assign(this, { person, loggedIn, database });
    this.wake();
  }

  post(session, commit) {
    const made = Math.max(Date.now(), 1 + (keptCommits(this.kind).at(-1)?.made ?? 0));
    const id = newCommitId();
    keepCommit({ ...commit, kind: this.kind, made, commit_id: id, session, database: this.database, person: this.person });
    this.wake();
    this.listener?.changed();
    return id;
  }

  // What may be sent now, one's own first. Others' who were logged in stay here until they are again, and what was made
  // for another data folder until that one is served.
  get pending() {
    return this.kept.filter((commit) => !this.refusals.has(commit.commit_id));
  }

  get refused() {
    return this.kept.filter((commit) => this.refusals.has(commit.commit_id));
  }

  get kept() {
    const kept = keptCommits(this.kind).filter((commit) => commit.database === this.database);
    const own = kept.filter((commit) => commit.person === this.person);
    return this.loggedIn ? own : [...own, ...kept.filter((commit) => commit.person !== this.person)];
  }

  of(session) {
    return this.pending.filter((commit) => commit.session === session && commit.person === this.person);
  }

  get words() {
    return [this.pendingWords, this.refusedWords].filter(Boolean).join(" ");
  }

  get refusedWords() {
    const { refused } = this;
    if (!refused.length) return "";
    return `${refused.length} refused, ${this.place}: ${this.refusals.get(refused[0].commit_id)}`;
  }

  // Where the commits are until they are saved.
  get place() {
    return allAreStored() ? "kept in this browser" : "kept until this page is closed";
  }

  get pendingWords() {
    const number = this.pending.length;
    if (!number) return "";
    if (this.trouble) return `${number} not saved yet, ${this.place}; trying again… ${this.trouble}`;
    return number > 1 ? `Saving ${number}…` : "";
  }

  wake() {
    clearTimeout(this.timer);
    this.deliver();
  }

  async deliver() {
    const [commit] = this.pending;
    if (this.delivering || !commit || this.closing.signal.aborted) return;
    this.delivering = true;
    const settled = await this.send(commit);
    this.delivering = false;
    if (settled) return this.deliver();
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    if (!this.closing.signal.aborted) this.timer = setTimeout(() => this.deliver(), pause);
  }

  // Forgets for good what was refused.
  discard() {
    for (const { commit_id } of this.refused) dropCommit(commit_id);
    this.listener?.changed();
  }

  // Whether the commit was answered for good, or refused: those behind it are then sent.
  async send(commit) {
    const slow = setTimeout(() => this.say(UNREACHABLE), SLOW_MS);
    const answer = await answerTo(commit);
    clearTimeout(slow);
    const saved = answer.saved === commit.commit_id;
    const settled = saved || REFUSALS.has(answer.status);
    this.failures = settled ? 0 : this.failures + 1;
    if (saved) dropCommit(commit.commit_id);
    else if (settled) this.refusals.set(commit.commit_id, answer.problem);
    if (settled) this.listener?.answered(answer, commit);
    this.say(settled ? "" : (answer.problem ?? UNREACHABLE));
    return settled;
  }

  say(trouble) {
    this.trouble = trouble;
    this.listener?.changed();
  }

  close() {
    clearTimeout(this.timer);
    this.closing.abort();
    open.delete(this.kind);
  }
}

async function answerTo(commit) {
  try {
    const response = await fetch(`/commits/${commit.kind}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(commit),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    if (isJson) return { ...JSON.parse(text), status: response.status };
    return { problem: response.status < 500 || response.status === 503 ? text : null };
  } catch {
    return {};
  }
}
