// What may come next in an SQL condition, judged by what stands before the caret.

const OPERATORS = {
  text: ["=", "<>", "LIKE", "ILIKE", "IN (", "IS NULL"],
  number: [">", ">=", "<", "<=", "=", "<>", "BETWEEN"],
  "yes or no": ["=", "AND", "OR"],
};
const MOST = 50;

// The place in `text` that a suggestion replaces, and the suggestions: each with `text`, which is put there, and a
// `hint` of what it is. `columns` are known columns, as Python has them.
export function suggestions(text, caret, columns) {
  const before = text.slice(0, caret);
  const quote = openQuote(before);
  if (quote >= 0) return inQuotes(text, caret, quote, columns);
  const partial = before.match(/[\w.]*$/)[0];
  const from = caret - partial.length;
  const options = next(before.slice(0, from).trimEnd(), columns);
  return { from, to: caret, options: fitting(options, partial) };
}

// `text` with the suggestion in its place, and where the caret stands then.
export function completed(text, { from, to }, option) {
  const rest = text.slice(to);
  const gap = /^[\s)]/.test(rest) || option.text.endsWith("(") ? "" : " ";
  return { text: text.slice(0, from) + option.text + gap + rest, caret: from + option.text.length + gap.length };
}

function openQuote(before) {
  const quotes = [...before.matchAll(/'/g)];
  return quotes.length % 2 ? quotes.at(-1).index : -1;
}

function inQuotes(text, caret, quote, columns) {
  const column = comparedColumn(text.slice(0, quote).trimEnd(), columns);
  const to = text[caret] === "'" ? caret + 1 : caret;
  return { from: quote, to, options: column ? fitting(texts(column), text.slice(quote + 1, caret)) : [] };
}

function next(before, columns) {
  const words = before.split(/\s+|(?=[()])|(?<=[()])/).filter(Boolean);
  const last = (words.at(-1) ?? "").toUpperCase();
  if (!last || ["AND", "OR", "NOT", "("].includes(last) && !comparedColumn(before, columns)) return names(columns);
  if (last === "IS") return ["NULL", "NOT NULL"].map((each) => ({ text: each, hint: "" }));
  const column = named(words.at(-1), columns);
  if (column) return operators(column);
  const compared = comparedColumn(before, columns);
  if (compared) return texts(compared);
  return ["AND", "OR"].map((each) => ({ text: each, hint: "" }));
}

// The column that stands before an operator at the end: its values come next.
function comparedColumn(before, columns) {
  const found = before.match(/([\w.]+)\s*(?:=|<>|<=|>=|<|>|\bNOT\s+LIKE|\bI?LIKE|\bBETWEEN|\bIN\s*\((?:[^()]*,)?)$/i);
  return found ? named(found[1], columns) : undefined;
}

function named(word, columns) {
  return columns.find(({ name }) => name.toLowerCase() === (word ?? "").toLowerCase());
}

function names(columns) {
  return columns.map(({ name, type, hint }) => ({ text: name, hint: hint || type }));
}

function operators({ type }) {
  return OPERATORS[type].map((text) => ({ text, hint: "" }));
}

function texts({ type, values, patterns, hint }) {
  if (type === "yes or no") return ["true", "false"].map((text) => ({ text, hint: "" }));
  if (type === "number") return hint ? [{ text: "", hint }] : [];
  return [...values, ...patterns].map((value) => ({ text: `'${value.replaceAll("'", "''")}'`, hint: "" }));
}

function bare({ text }) {
  return text.toLowerCase().replace(/^'/, "");
}

// Those that begin with what was typed before those that contain it; what is there already is no suggestion.
function fitting(options, partial) {
  const wanted = partial.toLowerCase();
  const able = options.filter((option) => option.text && option.text.toLowerCase() !== wanted);
  const first = able.filter((option) => bare(option).startsWith(wanted));
  const others = able.filter((option) => !first.includes(option) && bare(option).includes(wanted));
  return [...first, ...others].slice(0, MOST);
}
