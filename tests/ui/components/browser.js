// What the components use of a browser, as far as Node has none of it.

export function openTab() {
  globalThis.sessionStorage = storage();
  globalThis.localStorage = storage();
  const target = new EventTarget();
  for (const name of ["addEventListener", "dispatchEvent"]) globalThis[name] = target[name].bind(target);
  setLocks(undefined);
  globalThis.document = Object.assign(new EventTarget(), { hidden: false, activeElement: null });
}

// The locks that the tabs of a browser share; undefined where there are none.
export function setLocks(locks) {
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
}

// Another tab empties a place of the local storage.
export function emptyElsewhere(key) {
  const oldValue = localStorage.getItem(key);
  localStorage.removeItem(key);
  dispatchEvent(Object.assign(new Event("storage"), { key, oldValue, newValue: null }));
}

function storage() {
  const values = new Map();
  return {
    get length() {
      return values.size;
    },
    key: (place) => [...values.keys()][place] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, String(value)),
    removeItem: (key) => values.delete(key),
  };
}

// A server that holds every commit until it is answered: `requests` has each with `commit`, `url` and `answer`.
export function openServer() {
  const requests = [];
  globalThis.fetch = (url, { body, signal }) =>
    new Promise((resolve, reject) => {
      const answer = (data, { status = 200, type = "application/json" } = {}) => {
        const text = typeof data === "string" ? data : JSON.stringify(data);
        resolve({ status, text: async () => text, headers: { get: () => type } });
        return settled();
      };
      const commit = JSON.parse(body);
      const save = (rest = {}) => answer({ saved: commit.commit_id, ...rest });
      const fail = () => (reject(new TypeError("Failed to fetch")), settled());
      requests.push({ url, commit, signal, answer, save, fail });
    });
  return requests;
}

// Until whatever waits for an answer has had its turn.
export async function settled() {
  await new Promise(setImmediate);
}

export function hideTab(hidden) {
  document.hidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
}

// A key press as it reaches a listener: `target` is the element that has the focus.
export function keyPress(key, { target = { tagName: "DIV" }, ...modifiers } = {}) {
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };
  const event = Object.assign(new Event("keydown", { cancelable: true }), { key, ...none, ...modifiers });
  event.composedPath = () => [target];
  return event;
}
