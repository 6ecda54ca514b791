import assert from "node:assert/strict";
import { test } from "node:test";

import { completed, suggestions } from "../../../../tiefvision_ui/components/condition_box/completion.js";

const COLUMNS = [
  { name: "width", type: "number", values: [], patterns: [], hint: "300 to 4,000" },
  { name: "path", type: "text", values: [], patterns: ["blue/%", "it's/%"], hint: "" },
  { name: "batch", type: "text", values: ["b0", "b1"], patterns: [], hint: "" },
  { name: "human", type: "yes or no", values: [], patterns: [], hint: "" },
];
const texts = (text, caret = text.length) => suggestions(text, caret, COLUMNS).options.map((option) => option.text);

test("columns come first, and after AND, NOT and parentheses", () => {
  for (const text of ["", "width > 5 AND ", "NOT ", "(", "human OR ("]) {
    assert.deepEqual(texts(text), ["width", "path", "batch", "human"], text);
  }
  assert.deepEqual(texts("width > 5 AND h"), ["human", "width", "path", "batch"], "those that begin so before those that contain it");
});

test("operators follow a column, by its type", () => {
  assert.deepEqual(texts("path "), ["=", "<>", "LIKE", "ILIKE", "IN (", "IS NULL"]);
  assert.deepEqual(texts("path l"), ["LIKE", "ILIKE", "IS NULL"]);
  assert.ok(texts("width ").includes("BETWEEN"));
  assert.ok(texts("HUMAN ").includes("AND"));
});

test("values follow an operator, quoted, and again within IN", () => {
  assert.deepEqual(texts("batch = "), ["'b0'", "'b1'"]);
  assert.deepEqual(texts("batch IN ("), ["'b0'", "'b1'"]);
  assert.deepEqual(texts("batch IN ('b0', "), ["'b0'", "'b1'"]);
  assert.deepEqual(texts("human = "), ["true", "false"]);
  assert.deepEqual(texts("path LIKE "), ["'blue/%'", "'it''s/%'"]);
  assert.deepEqual(texts("width > "), [], "a number is typed");
});

test("a value completes what is between the quotes, and takes a closing one along", () => {
  const text = "batch = 'b' AND human";
  const found = suggestions(text, "batch = 'b".length, COLUMNS);
  assert.deepEqual(found.options.map((option) => option.text), ["'b0'", "'b1'"]);
  assert.deepEqual(completed(text, found, found.options[1]), { text: "batch = 'b1' AND human", caret: 12 });
});

test("a comparison is followed by AND and OR", () => {
  assert.deepEqual(texts("width > 500 "), ["AND", "OR"]);
  assert.deepEqual(texts("path LIKE 'blue/%' "), ["AND", "OR"]);
});

const at = (text) => [text, suggestions(text, text.length, COLUMNS)];

test("a suggestion is followed by a space, but not after a parenthesis", () => {
  assert.deepEqual(completed(...at("wi"), { text: "width" }), { text: "width ", caret: 6 });
  assert.deepEqual(completed(...at("batch I"), { text: "IN (" }), { text: "batch IN (", caret: 10 });
});
