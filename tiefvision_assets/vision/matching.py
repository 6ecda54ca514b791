"""Which cells of two objects match: the dot products whose mean is the classic similarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CellMatch:
    """The cosines of the cells at the same position of two objects."""

    cosines: np.ndarray
    """(h, w), on the first object's grid."""
    mirrored: bool
    """Whether the second object was compared as its mirror image, because that matches better."""


def match_cells(first: np.ndarray, second: np.ndarray) -> CellMatch:
    """Compare (2, C, h, w) with (2, C, h, w), each the L2-normalised cells of an object and of its mirror image."""
    straight, mirrored = (first[0] * second).sum(1)
    if mirrored.mean() > straight.mean():
        return CellMatch(mirrored, True)
    return CellMatch(straight, False)
