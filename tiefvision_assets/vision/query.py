"""From an object's cells to the vectors that indexes hold, for one photo at a time and without PyTorch.

`embedding.Basis`, `embedding.mirror_invariant` and `ranking.RankingHead` compute the same of many at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tiefvision_assets.vision.box_heads import normalised

CANCELLED = 1e-4
"""The embeddings of a photo and of its mirror image cancel each other where their sum is shorter."""


def appearance(cells: np.ndarray, basis: Mapping[str, np.ndarray]) -> np.ndarray:
    """(2, C, h, w) normalised cells of an object and of its mirror image → (1, D) of unit length, the same for both."""
    both = normalised((cells.reshape(2, -1) - basis["mean"]) @ basis["components"].T, axis=1)
    total = both.sum(axis=0, keepdims=True)
    return normalised(both[:1] if np.linalg.norm(total) < CANCELLED else total, axis=1)


def ranked(embedding: np.ndarray, head: Mapping[str, np.ndarray]) -> np.ndarray:
    """(1, D) → (1, R) of unit length, by a ranking head's weights; older heads have no products."""
    products = int(head["products"]) if "products" in head else 0
    features = embedding
    if products:
        first = normalised(embedding[:, :products], axis=1)
        rows, columns = np.triu_indices(products)
        scale = np.where(rows == columns, 1, np.sqrt(2)).astype(np.float32)
        features = np.concatenate([embedding, first[:, rows] * first[:, columns] * scale], axis=1)
    return normalised(features @ head["weight"].T, axis=1)
