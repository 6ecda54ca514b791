// Commits that are not acknowledged yet. Each has a place of its own in the browser's local storage, so that several
// tabs may write at once; it outlives a reload, the browser, and the server.

const PREFIX = "tiefvision-commit-";
const unstored = new Map(); // where the browser's storage is full or closed, they last as long as the page
const dropped = new Set();

export function keepCommit(commit) {
  try {
    localStorage.setItem(PREFIX + commit.commit_id, JSON.stringify(commit));
  } catch {
    holdCommit(commit);
  }
}

// The commit in the place of that name, once another tab has emptied it; null where it held none.
export function takenAway({ key, oldValue, newValue }) {
  return isPlace(key) && newValue === null ? (parsed(oldValue)[0] ?? null) : null;
}

// Keeps the commit for as long as the page lasts.
export function holdCommit(commit) {
  unstored.set(commit.commit_id, commit);
}

export function isPlace(key) {
  return Boolean(key?.startsWith(PREFIX));
}

export function dropCommit(id) {
  unstored.delete(id);
  dropped.add(id);
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // What cannot be reached was not kept there.
  }
}

// Those of one kind, in the order in which they were made.
export function keptCommits(kind) {
  const kept = [...stored(), ...unstored.values()].filter(
    (commit) => commit.kind === kind && !dropped.has(commit.commit_id),
  );
  return kept.toSorted((one, other) => one.made - other.made);
}

// Whether all of them outlive the page.
export function allAreStored() {
  return unstored.size === 0;
}

function stored() {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place));
    return keys.filter(isPlace).flatMap((key) => parsed(localStorage.getItem(key)));
  } catch {
    return [];
  }
}

function parsed(text) {
  try {
    const commit = JSON.parse(text);
    return typeof commit?.commit_id === "string" ? [commit] : [];
  } catch {
    return [];
  }
}
