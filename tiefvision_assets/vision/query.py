"""From an object's cells to the vectors that indexes hold, without PyTorch.

`embedding.Basis` computes the same of many at once, and `ranking.RankingHead` in PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.embedding import CANCELLED, mirror_invariant


def appearance(cells: np.ndarray, basis: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N, 2, C, h, w) normalised cells of objects and of their mirror images → (N, D) of unit length, alike for both.

    One product, because most of its time goes by while the components are read from memory.
    """
    projected = (cells.reshape(2 * len(cells), -1) - basis["mean"]) @ basis["components"].T
    return mirror_invariant(normalised(projected, axis=1).reshape(len(cells), 2, -1))


@dataclass(frozen=True)
class EvenComponents:
    """A basis' components that are the same when they are flipped: all that an appearance by flipped cells needs.

    A component that flipping makes negative adds to a mirror image's embedding what it takes from the object's own, so
    their sum is 0 along it. Of the others one half says all. A quarter of the basis is left to be read from memory.
    """

    is_even: np.ndarray
    """(D,) which components of the basis they are."""
    components: np.ndarray
    """(E, C h u) their left halves with the column in the middle, u of a map's w columns."""
    of_mean: np.ndarray
    """(E,) what the basis' mean has along them."""
    columns: int
    """w."""

    @classmethod
    def of(cls, basis: Mapping[str, np.ndarray], columns: int) -> EvenComponents:
        """Those of a basis that was fitted on cells of so many columns and on the same flipped (`Basis.fit`)."""
        half = columns // 2
        maps = basis["components"].reshape(len(basis["components"]), -1, columns)
        is_even = (maps[..., :half] == maps[..., ::-1][..., :half]).all(axis=(1, 2))
        halves = maps[is_even, :, : columns - half]
        components = halves.reshape(len(halves), halves.shape[1] * halves.shape[2])
        mean = _folded(basis["mean"].reshape(1, -1, columns)).reshape(-1)
        return cls(is_even, components, components @ mean, columns)

    def appearance(self, cells: np.ndarray) -> np.ndarray | None:
        """(N, C, h, w) normalised cells of objects → (N, D) of unit length, as `appearance` of these and of the same
        flipped; None where an object might be one that its mirror image cancels."""
        folded = _folded(cells.reshape(len(cells), -1, self.columns)).reshape(len(cells), -1)
        # One by one: a product of matrices would first copy the components, which takes longer than to read them twice.
        along = np.stack([self.components @ one for one in folded]) - self.of_mean
        longest = 2 * np.sqrt(cells[0, 0].size)
        if not (np.linalg.norm(along, axis=1) > CANCELLED * longest).all():
            return None
        found = np.zeros((len(cells), len(self.is_even)), dtype=np.float32)
        found[:, self.is_even] = normalised(along, axis=1)
        return found


def _folded(cells: np.ndarray) -> np.ndarray:
    """(…, w) → (…, w - w // 2): each column plus the one that it changes places with when it is flipped."""
    half = cells.shape[-1] // 2
    folded = cells[..., : cells.shape[-1] - half].copy()
    folded[..., :half] += cells[..., ::-1][..., :half]
    return folded


def ranked(embedding: np.ndarray, head: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N, D) → (N, R) of unit length, by a ranking head's weights; older heads have no products."""
    products = int(head["products"]) if "products" in head else 0
    features = embedding
    if products:
        first = normalised(embedding[:, :products], axis=1)
        rows, columns = np.triu_indices(products)
        scale = np.where(rows == columns, 1, np.sqrt(2)).astype(np.float32)
        features = np.concatenate([embedding, first[:, rows] * first[:, columns] * scale], axis=1)
    return normalised(features @ head["weight"].T, axis=1)
