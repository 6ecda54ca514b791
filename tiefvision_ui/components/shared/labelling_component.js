// What the box editor and the triplet grid have in common: tasks that are shown one after the other while the decisions
// about them are being saved, buttons, and keys. A component adds what its tasks are: `open`, `shows`,
// `preload`, `perform`, `answerTo`.

import { isBrowsers, isTyping } from "./keys.js";
import { outboxOf } from "./outbox.js";
import { Stopwatch } from "./stopwatch.js";
import { TabSession } from "./tab_session.js";
import { _ } from "./texts.js";

const NOT_REPEATED = new Set(["save", "accept", "absent", "tie", "skip", "undo"]);
const DECISIONS = new Set(["save", "absent", "tie", "skip"]);
export const RETELL_MS = 2000;

export class LabellingComponent {
  // `home` has the focus while nothing else wants it; `commands` are the keys that count with Ctrl or Cmd too,
  // `alternates` those that do with Alt.
  constructor(kind, root, view, home, { commands = [], alternates = [] } = {}) {
    this.root = root;
    this.view = view;
    this.home = home;
    this.commands = commands;
    this.alternates = alternates;
    this.tab = new TabSession(kind);
    this.outbox = outboxOf(kind);
    this.outbox.attach(this);
    this.watch = new Stopwatch();
    this.task = null;
    this.decided = false; // about the task that is shown
    this.coming = [];
    this.newest = null; // the last decision that the server is known to have of this tab
    this.news = null; // answers that the page has not heard of
    this.closing = new AbortController();
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal: this.closing.signal });
    for (const [action, button] of Object.entries(view.buttons)) {
      button.onclick = () => {
        // Else the next Enter would press the button that was clicked last.
        this.goHome();
        this.perform(action);
      };
    }
    view.discard.onclick = () => {
      this.goHome();
      const { outbox } = this;
      const number = outbox.refused.length;
      const question = _("Discard {number} that the server refused? What was decided is then lost.", { number });
      if (confirm(question)) outbox.discard();
    };
    view.help.onclose = () => this.goHome();
  }

  // Called at every render of the page.
  update(data, send) {
    this.tell = (news) => send("news", { session: this.tab.id, ...news });
    this.tab.begin(data.session, data.person);
    const { person, logged_in: loggedIn, database } = data;
    this.outbox.connect({ person, loggedIn, database, session: this.tab.id });
    if (data.session === this.tab.id) this.render(data);
    // The page was loaded anew, or the server was started anew: it hears which session this is before it says more.
    else this.tell({ ...this.news, open: data.opened ?? this.unsaved() ?? this.news?.open ?? this.tab.open });
    this.changed();
  }

  render(data) {
    if (this.news && this.news.heard === data.heard) this.news = null;
    const tasks = data.now ? [data.now, ...data.coming] : [];
    if (this.upToDate) {
      this.newest = data.undoable;
      this.tab.open = data.opened;
      this.coming = tasks.slice(1);
      this.show(tasks[0] ?? null);
    } else {
      // The page may still speak of tasks that were decided about.
      const done = this.done;
      this.coming = tasks.filter((task) => !done.has(this.idOf(task)) && !(this.task && this.shows(task)));
      if (!this.task || this.decided) this.advance();
    }
    this.preload();
  }

  show(task) {
    if (!task) this.task = null;
    else if (this.decided || !this.task || !this.shows(task)) {
      const first = this.task === null;
      this.decided = false;
      this.open(task);
      this.arrived();
      // Whoever has just typed their name goes on with the keyboard; later, nobody is torn from what they type.
      if (first || !document.activeElement?.matches("input, textarea")) this.goHome();
    }
  }

  // The photo that a task is about.
  idOf(task) {
    return (task.photo ?? task.reference).id;
  }

  arrived() {}

  // A task that has unsaved work, in the form of `open` of the news.
  unsaved() {
    return null;
  }

  // Whether the page knows all answers, and none is waited for.
  get upToDate() {
    return this.news === null && this.own.length === 0;
  }

  get own() {
    return this.outbox.of(this.tab.id);
  }

  // The tasks that were decided about since the page was heard of.
  get done() {
    const sent = this.own.filter((commit) => DECISIONS.has(commit.action)).map((commit) => commit.photo);
    return new Set([...sent, ...(this.news?.done ?? [])]);
  }

  // Whether an answer is to say what is shown next.
  get asked() {
    return Boolean(this.news?.open) || this.own.some((commit) => !DECISIONS.has(commit.action));
  }

  // Whether the shown task may be decided about.
  get ready() {
    return this.task !== null && !this.decided && !this.asked;
  }

  // The decision that an undo takes back. It is named, so that no late copy of the undo takes back another.
  get undoes() {
    return this.own.findLast((commit) => DECISIONS.has(commit.action))?.commit_id ?? this.newest;
  }

  get canUndo() {
    return this.undoes !== null && !this.asked;
  }

  goHome() {
    this.home.focus({ preventScroll: true });
  }

  onKey(event) {
    if (isTyping(event) || isBrowsers(event, this.commands, this.alternates) || this.view.help.open || !this.task) return;
    const answer = this.answerTo(event);
    if (!answer) return;
    event.preventDefault();
    event.stopPropagation();
    answer();
  }

  // Whether a key that is held down asks for what must not happen to task after task.
  heldDown(action, repeated) {
    return repeated && NOT_REPEATED.has(action);
  }

  // Sends a decision and says so, unless it may not be made now; the next task is shown while this one is being saved.
  post(commit) {
    if (commit.action === "undo" ? !this.canUndo : !this.ready) return false;
    const undoes = commit.action === "undo" ? { undoes: this.undoes } : {};
    this.outbox.post(this.tab.id, { ...commit, ...undoes, seconds: this.watch.seconds });
    if (DECISIONS.has(commit.action)) {
      this.decided = true;
      this.advance();
    }
    this.changed();
    return true;
  }

  advance() {
    if (!this.coming.length) return;
    this.decided = false;
    this.open(this.coming.shift());
    this.arrived();
  }

  // What the server says about a commit goes on to the page, until that has heard it.
  answered(answer, commit) {
    const before = this.news ?? { done: [], open: null, notice: null, problem: null };
    if (commit.session !== this.tab.id) {
      // What a closed tab has left is gone once it is answered for good: this page alone can say that it was not saved.
      if (!answer.saved || !answer.problem) return;
      this.news = { ...before, heard: commit.commit_id, problem: answer.problem };
      this.retell();
      return;
    }
    const decided = DECISIONS.has(commit.action) && answer.saved && !answer.problem;
    const done = decided ? [...before.done, commit.photo] : before.done;
    if (decided) this.newest = commit.commit_id;
    else if (commit.action === "undo") this.newest = null;
    const open = answer.open ?? null;
    const notice = answer.notice ?? before.notice;
    // A refusal is shown here, for as long as the commit is kept.
    const problem = (answer.saved ? answer.problem : null) ?? before.problem;
    this.news = { heard: commit.commit_id, done, open, notice, problem };
    if (open) this.tab.open = open;
    this.retell();
  }

  retell() {
    clearTimeout(this.telling);
    if (!this.news || this.closing.signal.aborted) return;
    this.tell?.(this.news);
    this.telling = setTimeout(() => {
      // A server that was started anew hears nothing before the whole page has run.
      globalThis.dispatchEvent?.(new Event("tiefvision-unheard"));
      this.retell();
    }, RETELL_MS);
  }

  // Called when commits were sent, answered, or not answered.
  changed() {
    this.root.dataset.state = this.own.length ? "saving" : "saved";
    this.root.dataset.task = this.task === null ? "none" : this.ready ? "ready" : "waiting";
    this.view.buttons.undo.disabled = !this.canUndo;
    this.view.trouble.textContent = this.outbox.words;
    this.view.discard.hidden = this.outbox.refused.length === 0;
  }

  close() {
    clearTimeout(this.telling);
    this.closing.abort();
    this.outbox.detach(this);
    this.watch.close();
  }
}
