"""From an object's cells to the vectors that indexes hold, without PyTorch.

`embedding.Basis` computes the same of many at once, and `ranking.RankingHead` in PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.embedding import mirror_invariant


def appearance(cells: np.ndarray, basis: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N, 2, C, h, w) normalised cells of objects and of their mirror images → (N, D) of unit length, alike for both.

    One product, because most of its time goes by while the components are read from memory.
    """
    projected = (cells.reshape(2 * len(cells), -1) - basis["mean"]) @ basis["components"].T
    return mirror_invariant(normalised(projected, axis=1).reshape(len(cells), 2, -1))


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
