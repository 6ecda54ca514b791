"""The pools by which an encoder's cells for the window heads follow from those for refinement, in NumPy."""

from __future__ import annotations

import numpy as np


def largest_of_nine(cells: np.ndarray) -> np.ndarray:
    """(C, h, w) → (C, h - 2, w - 2), the largest of three by three cells, as AlexNet's last pool has it."""
    for axis in (1, 2):
        parts = [np.take(cells, np.arange(start, cells.shape[axis] - 2 + start), axis) for start in range(3)]
        cells = np.maximum(np.maximum(parts[0], parts[1]), parts[2])
    return cells


def mean_of_four(cells: np.ndarray) -> np.ndarray:
    """(C, h, w) → (C, h // 2, w // 2), the means of two by two cells."""
    return mean_of_blocks(cells, side=2)


def mean_of_blocks(cells: np.ndarray, side: int) -> np.ndarray:
    """(C, h, w) → (C, h // side, w // side), the means of ``side`` x ``side`` cells."""
    rows, columns = cells.shape[1] // side, cells.shape[2] // side
    blocks = cells[:, : side * rows, : side * columns].reshape(len(cells), rows, side, columns, side)
    return blocks.mean(axis=(2, 4), dtype=np.float32)
