import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox, RESEND_MS, newCommitId } from "../../../../tiefvision_ui/components/shared/outbox.js";
import { openTab } from "../browser.js";

let root, sent, reminders;

beforeEach(() => {
  openTab();
  root = { dataset: {} };
  sent = [];
  reminders = 0;
});

const send = (name, commit) => sent.push([name, commit]);

function connected(savedId = null) {
  const outbox = new Outbox("box", root, () => (reminders += 1));
  outbox.connect(send, savedId);
  return outbox;
}

test("a commit gets an id and goes to Python at once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = connected();
  assert.equal(root.dataset.state, "saved");
  outbox.post({ action: "skip" });
  const [[name, commit]] = sent;
  assert.equal(name, "commit");
  assert.equal(commit.action, "skip");
  assert.match(commit.commit_id, /^[0-9a-f]{32}$/);
  assert.equal(root.dataset.state, "saving");
});

test("a commit is sent again, the same, until Python names it as saved", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = connected();
  outbox.post({ action: "skip" });
  t.mock.timers.tick(RESEND_MS - 1);
  assert.equal(sent.length, 1);
  t.mock.timers.tick(1);
  t.mock.timers.tick(RESEND_MS);
  assert.equal(sent.length, 3);
  assert.equal(reminders, 2);
  assert.equal(new Set(sent.map(([, commit]) => commit.commit_id)).size, 1);

  outbox.connect(send, "another commit");
  assert.equal(outbox.waiting, true);
  outbox.connect(send, sent[0][1].commit_id);
  assert.equal(outbox.waiting, false);
  assert.equal(root.dataset.state, "saved");
  t.mock.timers.tick(10 * RESEND_MS);
  assert.equal(sent.length, 3);
});

test("a render does not send what is on its way once more", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = connected();
  outbox.post({ action: "skip" });
  outbox.connect(send, null);
  assert.equal(sent.length, 1);
});

test("a commit survives a reload of the page", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const before = connected();
  before.post({ action: "save", box: [1, 2, 3, 4] });
  before.close();
  const after = connected();
  assert.equal(after.waiting, true);
  assert.deepEqual(sent[1], sent[0]);
  after.connect(send, sent[0][1].commit_id);
  after.close();
  assert.equal(connected().waiting, false);
});

test("a commit that was saved before the page was reloaded is not sent again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  connected().post({ action: "skip" });
  assert.equal(connected(sent[0][1].commit_id).waiting, false);
  assert.equal(sent.length, 1);
});

test("what another component left is not sent", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  connected().post({ action: "skip" });
  assert.equal(new Outbox("triplet", root, () => {}).waiting, false);
});

test("what cannot be read is no commit", () => {
  sessionStorage.setItem("tiefvision-outbox-box", "{");
  assert.equal(connected().waiting, false);
});

test("after the component is gone nothing is sent", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const outbox = connected();
  outbox.post({ action: "skip" });
  outbox.close();
  t.mock.timers.tick(2 * RESEND_MS);
  assert.equal(sent.length, 1);
});

test("no two commits have the same id", () => {
  assert.equal(new Set(Array.from({ length: 100 }, newCommitId)).size, 100);
});
