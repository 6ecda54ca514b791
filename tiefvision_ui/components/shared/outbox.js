// Sends commits to the server, one after the other, and each again until an answer names it as saved. Its id lets the
// server write it once, however often it arrives.

import { allAreStored, dropCommit, holdCommit, isPlace, keepCommit, keptCommits, takenAway } from "./kept_commits.js";
import { N_, _ } from "./texts.js";

export const SLOW_MS = 3000; // after which the person is told that they wait
export const ANSWER_MS = 15000; // after which no answer is expected any more
export const LEFT_MS = 30_000; // after which another tab's commit is taken for one that was left behind
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 8000;
// Statuses of the route's refusals, the same however often the commit is sent; a log-in that ended (401) is none.
const REFUSALS = new Set([400, 403, 409, 413, 415]);
const UNREACHABLE = N_("The server does not answer.");

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
    this.session = null;
    this.posted = new Set(); // ids of this page's commits that are not answered
    this.failures = 0;
    this.trouble = "";
    this.refusals = new Map(); // why commits were refused, by their id: they are kept, and not sent again by this page
    this.closing = new AbortController();
    const { signal } = this.closing;
    globalThis.addEventListener?.("online", () => this.wake(), { signal });
    globalThis.addEventListener?.("storage", (event) => isPlace(event.key) && this.changedElsewhere(event), { signal });
  }

  // `listener.changed()` is called when `words` may have changed, `listener.answered(answer, commit)` with each answer.
  attach(listener) {
    this.listener = listener;
  }

  detach(listener) {
    if (this.listener === listener) this.listener = null;
  }

  // Called at every render, with who uses the page, the label database's id and the tab's session: a sign that
  // the server is there.
  connect({ person, loggedIn, database, session }) {
    const same = person === this.person && loggedIn === this.loggedIn && database === this.database;
    if (!same) this.refusals.clear();
    Object.assign(this, { person, loggedIn, database, session });
    this.wake();
  }

  post(session, commit) {
    const made = Math.max(Date.now(), 1 + (keptCommits(this.kind).at(-1)?.made ?? 0));
    const id = newCommitId();
    const { kind, database, person } = this;
    keepCommit({ ...commit, kind, made, commit_id: id, session, database, person });
    this.posted.add(id);
    this.wake();
    this.listener?.changed();
    return id;
  }

  // What may be sent now, one's own first. Others' who were logged in stay here until they are again, and what was made
  // for another data folder until that one is served.
  get pending() {
    return this.due.filter((commit) => !this.refusals.has(commit.commit_id));
  }

  get refused() {
    return this.due.filter((commit) => this.refusals.has(commit.commit_id));
  }

  // What another tab has just made is its own to send, and the answer its own to hear. A clock may have been set back.
  get due() {
    return this.kept.filter((commit) => commit.session === this.session || isLeft(commit));
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
    const values = { number: refused.length, reason: this.refusals.get(refused[0].commit_id) };
    return allAreStored()
      ? _("{number} refused, kept in this browser: {reason}", values)
      : _("{number} refused, kept until this page is closed: {reason}", values);
  }

  get pendingWords() {
    const number = this.pending.length;
    if (!number) return "";
    if (!this.trouble) return number > 1 ? _("Saving {number}…", { number }) : "";
    const waiting = allAreStored()
      ? _("{number} not saved yet, kept in this browser; trying again…", { number })
      : _("{number} not saved yet, kept until this page is closed; trying again…", { number });
    return `${waiting} ${_(this.trouble)}`;
  }

  wake() {
    clearTimeout(this.timer);
    this.deliver();
  }

  // Another tab has kept a commit, or has emptied a place. If that held this page's own, its answer went elsewhere: the
  // commit is sent once more, since it is answered alike, and changes nothing.
  changedElsewhere(event) {
    const commit = takenAway(event);
    if (commit && this.posted.has(commit.commit_id) && !this.refusals.has(commit.commit_id)) holdCommit(commit);
    this.wake();
    this.listener?.changed();
  }

  async deliver() {
    if (this.delivering || this.closing.signal.aborted) return;
    if (!this.pending.length) {
      if (this.kept.length > this.due.length) this.timer = setTimeout(() => this.deliver(), LEFT_MS);
      return;
    }
    this.delivering = true;
    const slow = setTimeout(() => this.say(UNREACHABLE), SLOW_MS);
    const settled = await alone(`tiefvision-${this.kind}`, () => this.send(this.pending[0]));
    clearTimeout(slow);
    this.delivering = false;
    if (settled) return this.deliver();
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    if (!this.closing.signal.aborted) this.timer = setTimeout(() => this.deliver(), pause);
  }

  // Forgets for good what was refused.
  discard() {
    for (const { commit_id } of this.refused) this.drop(commit_id);
    this.listener?.changed();
  }

  drop(id) {
    this.posted.delete(id);
    dropCommit(id);
  }

  // Whether the commit was answered for good, or refused: those behind it are then sent.
  async send(commit) {
    if (!commit) {
      this.say(""); // another tab has sent it meanwhile
      return true;
    }
    const answer = await answerTo(commit);
    const saved = answer.saved === commit.commit_id;
    const settled = saved || REFUSALS.has(answer.status);
    this.failures = settled ? 0 : this.failures + 1;
    if (saved) this.drop(commit.commit_id);
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

// Does the work while no other tab does such. Browsers have locks for pages that came over HTTPS or from this machine,
// unless their settings close all storage; without, a commit may be sent by two tabs, and is written once all the same.
async function alone(name, work) {
  if (!globalThis.navigator?.locks) return work();
  let begun = false;
  try {
    return await navigator.locks.request(name, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}

function isLeft(commit) {
  return Math.abs(Date.now() - commit.made) > LEFT_MS;
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
