// What the labelling components share: commits that arrive, a stopwatch, keys that are not meant for a text field.

const RESEND_MS = 3000;

// Whether the key press belongs to a field that somebody types in, or to a button that it presses.
function isTyping(event) {
  const target = event.composedPath()[0];
  return target?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target?.tagName ?? "");
}

function pressesButton(event) {
  return /^(Enter| )$/.test(event.key) && /^(BUTTON|A|SUMMARY)$/.test(event.composedPath()[0]?.tagName ?? "");
}

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function stored(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function store(key, value) {
  if (value === null) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, JSON.stringify(value));
}

function newCommitId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Keeps a commit until Python says that it was saved, and sends it again meanwhile: a message may get lost, the
// server may start anew, the page may be reloaded. Its id lets Python write it once, however often it arrives.
class Outbox {
  constructor(name, root, onWaiting) {
    this.root = root;
    this.key = `tiefvision-outbox-${name}`;
    this.commit = stored(this.key);
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
    store(this.key, this.commit);
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
    store(this.key, null);
  }

  close() {
    clearTimeout(this.timer);
  }
}

// Seconds that somebody looked at a photo; time in which the tab was hidden does not count.
class Stopwatch {
  constructor() {
    this.restart();
    this.onVisibility = () => (document.hidden ? this.pause() : this.resume());
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  restart(seconds = 0) {
    this.before = seconds * 1000;
    this.since = document.hidden ? null : performance.now();
  }

  pause() {
    this.before += this.since === null ? 0 : performance.now() - this.since;
    this.since = null;
  }

  resume() {
    this.since ??= performance.now();
  }

  get seconds() {
    const running = this.since === null ? 0 : performance.now() - this.since;
    return Math.round(this.before + running) / 1000;
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}

// A dialog that lists the keys; `rows` are pairs of keys and what they do.
function helpDialog(title, rows) {
  const list = element("dl");
  for (const [keys, meaning] of rows) {
    const names = keys.split(" ").map((key) => element("kbd", { textContent: key }));
    list.append(element("dt", {}, ...names), element("dd", { textContent: meaning }));
  }
  const close = element("button", { type: "button", className: "close", textContent: "Close" });
  const dialog = element("dialog", { "aria-label": title }, element("h2", { textContent: title }), list, close);
  close.onclick = () => dialog.close();
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  return dialog;
}

function actionButton(action, label, key, title) {
  const button = element("button", { type: "button", title, className: `action ${action}` }, label);
  if (!label) button.setAttribute("aria-label", title);
  button.dataset.action = action;
  button.setAttribute("aria-keyshortcuts", key);
  button.append(element("kbd", { textContent: key === "Enter" ? "⏎" : key, "aria-hidden": "true" }));
  return button;
}
