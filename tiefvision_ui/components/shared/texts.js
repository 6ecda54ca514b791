// The reader's language. The English text is the key, as in Python; values in braces are given by name. What a module keeps
// is marked by `N_` and given to `_` when it is shown, since modules are read before the language is known. The
// text is a literal in double quotes, by which Python finds it.

let texts = {};
let locale;

// Take the language from a component's data; called first at every render.
export function speak(data) {
  texts = data?.texts ?? {};
  locale = data?.locale;
}

export function _(text, values = {}) {
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces);
}

export function N_(text) {
  return text;
}

// 1,080 or 0.9: grouped, with `digits` after the point.
export function formatted(number, digits = 0) {
  return number.toLocaleString(locale ?? "en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function formattedMoment(moment) {
  return moment.toLocaleString(locale ?? [], { dateStyle: "medium", timeStyle: "short" });
}
