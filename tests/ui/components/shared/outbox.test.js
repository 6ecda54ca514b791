import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { LEFT_MS, Outbox, SLOW_MS, newCommitId, outboxOf } from "../../../../tiefvision_ui/components/shared/outbox.js";
import { emptyElsewhere, openServer, openTab, setLocks, settled } from "../browser.js";

let requests, answers, outboxes;

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  openTab();
  requests = openServer();
  answers = [];
  outboxes = [];
});

afterEach(() => outboxes.forEach((outbox) => outbox.close()));

function opened(person = "Ann", loggedIn = false, database = "labels", session = "tab") {
  const outbox = new Outbox("box");
  outboxes.push(outbox);
  outbox.attach({ changed: () => {}, answered: (answer, commit) => answers.push([answer.saved, commit.action]) });
  outbox.connect({ person, loggedIn, database, session });
  return outbox;
}

const ids = () => requests.map(({ commit }) => commit.commit_id);
const actions = () => requests.map(({ commit }) => commit.action);

test("a commit gets an id and goes to the server at once, with who made it and where", () => {
  opened().post("tab", { action: "skip" });
  const [{ url, commit }] = requests;
  assert.equal(url, "/commits/box");
  assert.match(commit.commit_id, /^[0-9a-f]{32}$/);
  assert.deepEqual([commit.action, commit.session, commit.person], ["skip", "tab", "Ann"]);
});

test("commits go one after the other, in the order in which they were made", async () => {
  const outbox = opened();
  for (const action of ["save", "skip", "undo"]) outbox.post("tab", { action });
  assert.deepEqual(actions(), ["save"]);
  assert.equal(outbox.words, "Saving 3…");
  await requests[0].save();
  await requests[1].save();
  await requests[2].save();
  assert.deepEqual(actions(), ["save", "skip", "undo"]);
  assert.deepEqual(answers.map(([, action]) => action), ["save", "skip", "undo"]);
  assert.equal(outbox.words, "");
});

test("their order does not depend on the clock", async (t) => {
  let now = 5000;
  t.mock.method(Date, "now", () => now);
  const outbox = opened();
  outbox.post("tab", { action: "save" });
  now = 10;
  outbox.post("tab", { action: "undo" });
  await requests[0].fail();
  t.mock.timers.tick(1000);
  assert.deepEqual(actions(), ["save", "save"]);
});

test("a commit is sent again, the same, until an answer names it, less and less often", async (t) => {
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  for (const pause of [1000, 2000, 4000, 8000, 8000]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what is tested
    await requests.at(-1).fail();
    const before = requests.length;
    t.mock.timers.tick(pause - 1);
    assert.equal(requests.length, before);
    t.mock.timers.tick(1);
    assert.equal(requests.length, before + 1);
  }
  assert.match(outbox.words, /^1 not saved yet, kept in this browser; trying again…/);
  await requests.at(-1).answer({ saved: "another" });
  assert.equal(outbox.pending.length, 1);
  t.mock.timers.tick(8000);
  await requests.at(-1).save();
  assert.equal(new Set(ids()).size, 1);
  assert.equal(outbox.pending.length, 0);
});

test("why a commit is not saved is said", async (t) => {
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  await requests[0].answer({ saved: null, problem: "The database is busy." }, { status: 503 });
  assert.match(outbox.words, /The database is busy\.$/);
  t.mock.timers.tick(1000);
  await requests[1].answer("Log in first.", { status: 401, type: "text/plain" });
  assert.match(outbox.words, /Log in first\.$/);
  t.mock.timers.tick(2000);
  await requests[2].answer("<html>", { status: 500, type: "text/html" });
  assert.match(outbox.words, /The server does not answer\.$/);
});

test("a commit that is refused is kept, said, and holds no other up", async (t) => {
  const outbox = opened();
  for (const action of ["save", "skip", "absent"]) outbox.post("tab", { action });
  await requests[0].answer({ saved: null, problem: "Ask an administrator." }, { status: 403 });
  assert.deepEqual(actions(), ["save", "skip"]);
  assert.equal(outbox.words, "Saving 2… 1 refused, kept in this browser: Ask an administrator.");
  assert.equal(outbox.of("tab").length, 2);
  await requests[1].save();
  await requests[2].save();
  outbox.wake();
  t.mock.timers.tick(60_000);
  assert.equal(requests.length, 3);
  assert.equal(outbox.words, "1 refused, kept in this browser: Ask an administrator.");
  outbox.close();
  opened();
  assert.deepEqual(requests[3].commit, requests[0].commit, "it is tried once by each page");
});

const PASSING = [[401, "text/plain"], [404, "text/html"], [408, "text/plain"], [429, "application/json"]];
for (const [status, type] of PASSING) {
  test(`a commit that is answered by ${status} goes before the others`, async (t) => {
    const outbox = opened();
    for (const action of ["save", "skip"]) outbox.post("tab", { action });
    await requests[0].answer({ problem: "Not now." }, { status, type });
    t.mock.timers.tick(1000);
    assert.deepEqual(actions(), ["save", "save"]);
  });
}

test("what was refused for one person or database is tried again once that has changed", async () => {
  const outbox = opened();
  outbox.post("tab", { action: "save" });
  await requests[0].answer({ saved: null, problem: "Another data folder." }, { status: 409 });
  outbox.connect({ person: "Ann", loggedIn: false, database: "other labels", session: "tab" });
  outbox.connect({ person: "Ann", loggedIn: false, database: "labels", session: "tab" });
  await requests[1].save();
  assert.equal(outbox.words, "");
});

test("what was refused can be discarded, and nothing else with it", async () => {
  const outbox = opened();
  for (const action of ["save", "skip"]) outbox.post("tab", { action });
  await requests[0].answer({ saved: null, problem: "No." }, { status: 409 });
  outbox.discard();
  assert.deepEqual([outbox.words, outbox.kept.map(({ action }) => action)], ["", ["skip"]]);
  outbox.close();
  assert.deepEqual(opened().kept.map(({ action }) => action), ["skip"]);
});

test("whoever waits for long is told before there is an answer", (t) => {
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  t.mock.timers.tick(SLOW_MS - 1);
  assert.equal(outbox.words, "");
  t.mock.timers.tick(1);
  assert.match(outbox.words, /^1 not saved yet/);
});

test("a render of the page, a sign of the server, does not wait for the pause to end", async () => {
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  outbox.wake();
  assert.equal(requests.length, 1, "what is on its way is not sent once more");
  await requests[0].fail();
  outbox.connect({ person: "Ann", loggedIn: false, database: "labels", session: "tab" });
  assert.equal(requests.length, 2);
});

test("commits survive a reload of the page and the end of the tab", async () => {
  const before = opened();
  before.post("tab", { action: "save", box: [1, 2, 3, 4] });
  before.close();
  const after = opened();
  assert.deepEqual(requests[1].commit, requests[0].commit);
  await requests[1].save();
  assert.equal(after.pending.length, 0);
  after.close();
  assert.equal(opened().pending.length, 0);
});

test("what somebody made who was logged in is sent for nobody else", async () => {
  const ann = opened("ann@example.org", true);
  ann.post("tab", { action: "save" });
  ann.close();
  const bob = opened("bob@example.org", true);
  assert.equal(requests.length, 1);
  assert.equal(bob.words, "");
  bob.post("tab", { action: "skip" });
  await requests[1].save();
  bob.close();
  assert.equal(opened("ann@example.org", true).pending.length, 1);
  assert.deepEqual(actions(), ["save", "skip", "save"]);
});

test("without a log-in, what was made under another name is sent under that name", async () => {
  const ann = opened("Ann");
  ann.post("tab", { action: "save" });
  ann.close();
  const anna = opened("Anna");
  assert.deepEqual([requests[1].commit.person, requests[1].commit.action], ["Ann", "save"]);
  assert.equal(anna.of("tab").length, 0);
});

test("what was made for another label database is kept for it, and said of it", async () => {
  const before = opened();
  before.post("tab", { action: "save" });
  before.close();
  const other = opened("Ann", false, "other labels");
  assert.equal(requests.length, 1);
  assert.equal(other.words, "");
  other.post("tab", { action: "skip" });
  assert.equal(requests[1].commit.database, "other labels");
  await requests[1].save();
  other.close();
  opened();
  assert.deepEqual([requests[2].commit.action, requests[2].commit.database], ["save", "labels"]);
});

test("what another tab has just made is left to it, and sent when nobody has for a while", async (t) => {
  let now = 1000;
  t.mock.method(Date, "now", () => now);
  const closed = opened("Ann", false, "labels", "closed tab");
  closed.post("closed tab", { action: "save" });
  closed.close();
  const outbox = opened();
  assert.deepEqual([requests.length, outbox.words], [1, ""]);
  now += LEFT_MS + 1;
  t.mock.timers.tick(LEFT_MS);
  assert.deepEqual(requests[1].commit, requests[0].commit);
  await requests[1].save();
  assert.deepEqual(answers, [[requests[0].commit.commit_id, "save"]]);
});

test("a clock that was set back keeps nothing from being sent", (t) => {
  let now = 10 * LEFT_MS;
  t.mock.method(Date, "now", () => now);
  const closed = opened("Ann", false, "labels", "closed tab");
  closed.post("closed tab", { action: "save" });
  closed.close();
  now = 0;
  assert.equal(opened().pending.length, 1);
});

test("a commit that another tab has sent is answered here, too", async () => {
  const outbox = opened();
  outbox.post("tab", { action: "save" });
  outbox.post("tab", { action: "undo" });
  await requests[0].fail();
  const [, undo] = outbox.pending;
  emptyElsewhere(`tiefvision-commit-${undo.commit_id}`);
  assert.equal(requests.length, 2);
  await requests[1].save();
  assert.deepEqual(requests[2].commit, undo);
  await requests[2].save();
  assert.deepEqual(answers.map(([, action]) => action), ["save", "undo"]);
  assert.equal(outbox.words, "");
});

test("what another tab discards, or answers of its own, is not sent again", async () => {
  const outbox = opened();
  outbox.post("tab", { action: "save" });
  const { commit_id } = requests[0].commit;
  await requests[0].answer({ saved: null, problem: "No." }, { status: 409 });
  emptyElsewhere(`tiefvision-commit-${commit_id}`);
  localStorage.setItem("tiefvision-commit-1", JSON.stringify({ ...requests[0].commit, commit_id: "1" }));
  emptyElsewhere("tiefvision-commit-1");
  assert.deepEqual([requests.length, outbox.words], [1, ""]);
});

test("one tab sends at a time, where the browser has locks", async () => {
  let last = Promise.resolve();
  setLocks({ request: (_name, work) => (last = last.then(work)) });
  const [one, other] = ["one", "other"].map((session) => opened("Ann", false, "labels", session));
  one.post("one", { action: "save" });
  other.post("other", { action: "skip" });
  await settled();
  assert.deepEqual(actions(), ["save"]);
  await requests[0].save();
  assert.deepEqual(actions(), ["save", "skip"]);
});

test("where the browser gives no lock, commits are sent without", async () => {
  setLocks({ request: () => Promise.reject(new DOMException("closed", "SecurityError")) });
  opened().post("tab", { action: "save" });
  await settled();
  assert.deepEqual(actions(), ["save"]);
});

test("what another component left is not sent", () => {
  opened().post("tab", { action: "skip" });
  const triplets = new Outbox("triplet");
  triplets.connect({ person: "Ann", loggedIn: false, database: "labels", session: "tab" });
  assert.equal(triplets.pending.length, 0);
});

test("what cannot be read is no commit, and is left alone", () => {
  for (const [key, value] of [["tiefvision-commit-1", "{"], ["tiefvision-commit-2", "null"], ["other", "{}"]]) {
    localStorage.setItem(key, value);
  }
  assert.equal(opened().pending.length, 0);
});

test("where nothing can be stored, commits last as long as the page, which says so", async () => {
  localStorage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  await requests[0].fail();
  assert.match(outbox.words, /kept until this page is closed/);
  outbox.wake();
  await requests[1].save();
  assert.equal(outbox.pending.length, 0);
});

test("the same outbox goes on when its component comes and goes", () => {
  const outbox = outboxOf("box");
  outboxes.push(outbox);
  assert.equal(outboxOf("box"), outbox);
  const [first, second] = [{ changed: () => {} }, { changed: () => {} }];
  outbox.attach(first);
  outbox.attach(second);
  outbox.detach(first);
  assert.equal(outbox.listener, second);
});

test("after it is closed nothing is sent", async (t) => {
  const outbox = opened();
  outbox.post("tab", { action: "skip" });
  outbox.close();
  await requests[0].fail();
  t.mock.timers.tick(60_000);
  assert.equal(requests.length, 1);
});

test("no two commits have the same id", () => {
  assert.equal(new Set(Array.from({ length: 100 }, newCommitId)).size, 100);
});
