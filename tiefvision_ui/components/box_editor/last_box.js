// The box that was saved last in this tab, for photos of the same arrangement.

import { asList, boxBetween, fromList } from "../shared/box_geometry.js";
import { keep, kept } from "../shared/session_values.js";

const LAST = "tiefvision-last-box";

export function keepLastBox(box, { width, height }) {
  keep(LAST, { box: asList(box), size: { width, height } });
}

// That box on a photo of that size: in the same pixels, or in the same shares of a photo of another size. Null where
// none was saved.
export function lastBoxOn(size) {
  const last = kept(LAST);
  if (!last) return null;
  const [x, y] = [size.width / last.size.width, size.height / last.size.height];
  const box = fromList(last.box);
  return boxBetween([box.left * x, box.top * y], [box.right * x, box.bottom * y], size);
}
