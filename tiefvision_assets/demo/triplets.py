"""Triplets that follow from the styles: a reference, a photo closer to it in style, and one clearly further away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiefvision_assets.demo.palette import NEIGHBOURING_FAMILIES
from tiefvision_assets.demo.styles import Style, style_distance

# A gap in style distance that people would not argue about, and the one above which a negative is easy.
CLEAR_GAP = 0.10
EASY_GAP = 0.22
_CLOSEST = 6
_HARD_SHARE = 0.85
ANNOTATORS = ("Ada", "Ben", "Cleo")
# Standard deviations of a person's taste and of the moment, in style distance; most gaps are small, see above.
_TASTE, _MOMENT = 0.10, 0.07


@dataclass(frozen=True)
class StyleTriplet:
    """Photo numbers of a reference (H), a positive (H+) and a negative (H-)."""

    reference: int
    positive: int
    negative: int

    def swapped(self) -> "StyleTriplet":
        """The opposite answer."""
        return StyleTriplet(self.reference, self.negative, self.positive)


def style_triplets(
    styles: Sequence[Style], references: Sequence[int], each: int, rng: np.random.Generator
) -> list[StyleTriplet]:
    """Up to `each` different triplets for every reference, as numbers into `styles`.

    Positives come from the reference's closest photos. Most negatives are hard: of the reference's colour where there
    are such, at a gap between `CLEAR_GAP` and `EASY_GAP`; the others are further away. A reference without a clear
    gap gets none.
    """
    found: list[StyleTriplet] = []
    for reference in references:
        distance = np.array([style_distance(styles[reference], other) for other in styles])
        distance[reference] = np.inf
        closest = np.argsort(distance, kind="stable")[: min(_CLOSEST, len(styles) - 1)]
        drawn: set[tuple[int, int]] = set()
        for _ in range(each):
            if closest.size == 0:
                break
            positive = int(closest[int(rng.integers(closest.size))])
            negative = _negative(styles, reference, distance, float(distance[positive]), rng)
            if negative is not None and (positive, negative) not in drawn:
                drawn.add((positive, negative))
                found.append(StyleTriplet(reference, positive, negative))
    return found


def answers(
    styles: Sequence[Style], triplets: Sequence[StyleTriplet], repeated: int, rng: np.random.Generator
) -> list[tuple[str, StyleTriplet]]:
    """What each of the `ANNOTATORS` says about every triplet, and again about the first `repeated` ones.

    People compare differences of style by eye: everybody's taste shifts a difference by a fixed amount, the moment by
    another one (Thurstone, "A Law of Comparative Judgment", 1927). A difference below 0 is a wrong answer.
    """
    clear = np.array([_gap(styles, triplet) for triplet in triplets])
    said: list[tuple[str, StyleTriplet]] = []
    for annotator in ANNOTATORS:
        seen = clear + rng.normal(0, _TASTE, len(clear))
        for asked in (len(triplets), repeated):
            right = seen[:asked] + rng.normal(0, _MOMENT, len(seen[:asked])) > 0
            said += [(annotator, t if is_right else t.swapped()) for t, is_right in zip(triplets, right, strict=False)]
    return said


def _gap(styles: Sequence[Style], triplet: StyleTriplet) -> float:
    reference = styles[triplet.reference]
    near, far = (style_distance(reference, styles[number]) for number in (triplet.positive, triplet.negative))
    return far - near


def _negative(
    styles: Sequence[Style], reference: int, distance: NDArray[np.float64], near: float, rng: np.random.Generator
) -> int | None:
    gap = np.where(np.isfinite(distance), distance - near, -1.0)
    clear = np.flatnonzero(gap >= CLEAR_GAP)
    if clear.size == 0:
        return None
    if rng.random() < _HARD_SHARE:
        hard = clear[gap[clear] < EASY_GAP]
        alike = np.array([n for n in hard if _similar_colour(styles[reference], styles[n])], dtype=np.int64)
        pool = next(group for group in (alike, hard, clear) if group.size)
    else:
        easy = clear[gap[clear] >= EASY_GAP]
        pool = easy if easy.size else clear
    return int(pool[int(rng.integers(pool.size))])


def _similar_colour(a: Style, b: Style) -> bool:
    return a.colour_family == b.colour_family or frozenset((a.colour_family, b.colour_family)) in NEIGHBOURING_FAMILIES
