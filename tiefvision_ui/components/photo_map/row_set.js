// Rows of points as a bit each, in Base64: what is chosen of a million points is 170 kB.

export function bitsOf(rows, count) {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (const row of rows) bytes[row >> 3] |= 1 << (row & 7);
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCodePoint(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}
