"""TiefVision's classic similarity: the mean over cells of the dot products of cells at the same place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

TOO_DIFFERENT = 5
"""Rows of cells by which two maps must differ to be told not comparable, as in the 2016 program."""


@dataclass(frozen=True)
class NotComparable:
    """Two maps of heights too different for their rows to be laid over each other."""

    heights: tuple[int, int]


def classic_similarity(first: Tensor, second: Tensor) -> Tensor:
    """(N, C, h, w) and (M, C, h, w) L2-normalised cells → (N, M) mean dot product of the cells at the same place."""
    return first.flatten(1) @ second.flatten(1).T / (first.shape[-1] * first.shape[-2])


def matching_cells(first: Tensor, second: Tensor) -> Tensor | NotComparable:
    """(C, h, w) and (C, h', w) L2-normalised cells → (min(h, h'), w) their dot products over the common rows.

    The mean of these is the classic similarity, each of them what its place adds to it. `NotComparable` when the
    heights differ by 5 cells or more; ValueError for maps of different widths or channels.
    """
    if first.shape[0] != second.shape[0] or first.shape[-1] != second.shape[-1]:
        raise ValueError(f"cells of shapes {tuple(first.shape)} and {tuple(second.shape)} lie on different grids")
    heights = (first.shape[-2], second.shape[-2])
    if abs(heights[0] - heights[1]) >= TOO_DIFFERENT:
        return NotComparable(heights)
    rows = min(heights)
    return torch.einsum("chw,chw->hw", first[:, :rows], second[:, :rows])


def similarity_of_pair(first: Tensor, second: Tensor) -> float | NotComparable:
    """(C, h, w) and (C, h', w) L2-normalised cells → their classic similarity over the common rows."""
    products = matching_cells(first, second)
    return products if isinstance(products, NotComparable) else float(products.mean())
