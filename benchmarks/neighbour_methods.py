"""What `benchmarks.neighbours` compares: ways to rank photos by their stored vectors, with the settings that it tries.

A way takes the (N, D) vectors of the photos that are ranked among themselves and the (M, D) vectors of all photos, of
unit length both, and returns (N, N) similarities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch

from tiefvision_assets.vision.box_heads import normalised

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
STORED = 50
"""Neighbours that an index stores of each photo."""


def plain(vectors: np.ndarray, _: np.ndarray) -> np.ndarray:
    """The cosine, by which photos are ranked."""
    scores: np.ndarray = vectors @ vectors.T
    return scores


def hub_offset(vectors: np.ndarray, _: np.ndarray, k: int) -> np.ndarray:
    """The cosine less half of the mean cosine of either photo with its k nearest (CSLS, arXiv:1710.04087)."""
    scores = vectors @ vectors.T
    offset = -np.sort(-_without_itself(scores), axis=1)[:, :k].mean(1) / 2
    return scores - offset[:, None] - offset


def mutual_proximity(vectors: np.ndarray, _: np.ndarray) -> np.ndarray:
    """The chance that two photos are nearer than either is to another one, by a normal law of each photo's cosines
    (Schnitzer et al., *Local and Global Scaling Reduce Hubs in Space*, 2012)."""
    scores = vectors @ vectors.T
    standard = (scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)
    law = torch.special.ndtr(torch.from_numpy(standard)).numpy()
    proximity: np.ndarray = law * law.T
    return proximity


def reciprocal(vectors: np.ndarray, _: np.ndarray, k: int, share: float) -> np.ndarray:
    """The 50 nearest are ordered by the overlap of reciprocal neighbours, of which the cosine keeps ``share``.

    The k-reciprocal encoding of arXiv:1701.08398, averaged over the k / 3 nearest.
    """
    scores = vectors @ vectors.T
    others = scores.copy()
    np.fill_diagonal(others, 2)
    order = np.argsort(-others, axis=1)
    near = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(near, order[:, : k + 1], True, axis=1)
    weights = np.where(near & near.T, np.exp(scores), 0)
    weights = (weights / weights.sum(1, keepdims=True))[order[:, : k // 3]].mean(1)
    ordered = others.copy()
    for row, nearest in enumerate(order[:, : STORED + 1]):
        common = np.minimum(weights[row], weights[nearest]).sum(1)
        ordered[row, nearest] = 3 + (1 - share) * common / (2 - common) + share * scores[row, nearest]
    return ordered


def expanded_query(vectors: np.ndarray, _: np.ndarray, m: int, power: float) -> np.ndarray:
    """Of the query only, the sum with its m nearest, weighted by their cosines to that power
    (alpha query expansion, arXiv:1711.02512)."""
    return expanded(vectors, vectors, m, power, itself=True) @ vectors.T


def expanded_all(vectors: np.ndarray, everything: np.ndarray, m: int, power: float) -> np.ndarray:
    """The same of all photos, by the nearest of all photos, also those that are not ranked."""
    grown = expanded(vectors, everything, m, power)
    scores: np.ndarray = grown @ grown.T
    return scores


def expanded(vectors: np.ndarray, memory: np.ndarray, m: int, power: float, *, itself: bool = False) -> np.ndarray:
    """(N, D) normalised sums of each vector with its m nearest of the (M, D) memory.

    With ``itself`` the memory's row n is vector n, and no neighbour of it.
    """
    scores = vectors @ memory.T
    if itself:
        np.fill_diagonal(scores, -np.inf)
    nearest = np.argpartition(-scores, m, axis=1)[:, :m]
    weights = np.maximum(np.take_along_axis(scores, nearest, 1), 0) ** power
    return normalised(vectors + np.einsum("nm,nmd->nd", weights, memory[nearest]), axis=1)


def joined(first: np.ndarray, second: np.ndarray, share: float, dimensions: int) -> np.ndarray:
    """(N, D') unit vectors: two encoders' embeddings side by side, projected on their principal axes.

    The second's have that share of the cosine.
    """
    both = np.concatenate([(1 - share) ** 0.5 * first, share**0.5 * second], axis=1)
    directions = np.linalg.svd(both, full_matrices=False)[2][:dimensions]
    return normalised(both @ directions.T, axis=1).astype(np.float32)


def _without_itself(scores: np.ndarray) -> np.ndarray:
    others = scores.copy()
    np.fill_diagonal(others, -np.inf)
    return others


METHODS: Mapping[str, Mapping[str, Way]] = {
    "hub offset": {f"k {k}": partial(hub_offset, k=k) for k in (5, 10, 20)},
    "mutual proximity": {"": mutual_proximity},
    "reciprocal neighbours": {
        f"k {k}, share {share:g}": partial(reciprocal, k=k, share=share) for k in (9, 18) for share in (0.3, 0.5)
    },
    "query expansion": {
        f"m {m}, power {power:g}": partial(expanded_query, m=m, power=power) for m in (5, 10, 20) for power in (1, 3)
    },
    "expansion of all": {
        f"m {m}, power {power:g}": partial(expanded_all, m=m, power=power) for m in (5, 10, 20) for power in (1, 3)
    },
}
"""Method → its settings → the way to rank."""
