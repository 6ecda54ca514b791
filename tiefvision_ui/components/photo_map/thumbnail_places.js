// Which photos of those in view are shown as pictures: as many as fit without one lying on another.

export const APART = 60;
export const MOST_IN_VIEW = 4000;
const MOST_SHOWN = 160;
const AROUND = [-1, 0, 1];

// `placeOf` gives a row's place on the screen, in pixels, as [x, y], or nothing. Rows come first that come first.
export function shownRows(rows, placeOf, width, height) {
  const taken = new Map();
  if (rows.length > MOST_IN_VIEW) return [];
  for (const row of rows) {
    const place = placeOf(row);
    if (!place || place[0] < 0 || place[1] < 0 || place[0] > width || place[1] > height) continue;
    const column = Math.floor(place[0] / APART);
    const line = Math.floor(place[1] / APART);
    const isFree = AROUND.every((right) =>
      AROUND.every((down) => apart(taken.get(`${column + right} ${line + down}`)?.place, place)),
    );
    if (isFree) taken.set(`${column} ${line}`, { row, place });
    if (taken.size >= MOST_SHOWN) break;
  }
  return [...taken.values()].map(({ row }) => row);
}

function apart(one, other) {
  return !one || Math.max(Math.abs(one[0] - other[0]), Math.abs(one[1] - other[1])) >= APART;
}
