"""Where points lie on a plane, so that neighbours in many dimensions are neighbours there: arrays in, arrays out.

Some points, the *anchors*, are laid out together; every other one is placed among them by itself. A point that is no
anchor therefore lies at the same place whichever others are placed with it, before it or after it.

The layout is that of UMAP (McInnes et al., arXiv:1802.03426, sections 3.1 and 3.2): neighbours attract each other by
how near they are beside a point's other neighbours, and points repel those that are drawn at random. It starts from the
two principal axes. `docs/decisions/0064-the-map.md` has what it was compared with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NEIGHBOURS = 15
"""Of each point, by which it is laid out or placed."""
STEPS = 300
_REPELLED = 5
"""Points drawn at random for every pair of neighbours, from which its first one is pushed away."""
_PARTS = 8
"""Parts of a step's pairs that are moved one after the other: all at once they would overshoot."""
_A, _B = 1.577, 0.895
"""Curve of attraction that UMAP fits to a least distance of 0.1."""
_LONGEST = 4.0
"""Of one pull or push."""
_EXTENT = 10.0
_BLOCK = 1_024
_SPARE = 5
"""Anchors more than are wanted, of which the nearest are told exactly."""
_DIGITS = 5
_REACH = 1.0
"""On the map: neighbours that lie further from the others count less by a factor of e for each."""

Progress = Callable[[int, int], None]


def laid_out(vectors: np.ndarray, seed: int, progress: Progress = lambda done, total: None) -> np.ndarray:
    """(A, D) vectors of unit length → (A, 2) float32 positions; the same for the same vectors and seed."""
    count = len(vectors)
    start = on_principal_axes(vectors)
    if count < 4:
        return start
    neighbours, distances = nearest(vectors, vectors, min(NEIGHBOURS, count - 1), without_itself=True)
    first, second, strength = _pairs(neighbours, distances)
    random = np.random.default_rng(seed)
    position = (start + random.normal(0, 1e-4, start.shape)).astype(np.float32)
    for step in range(STEPS):
        drawn = np.flatnonzero(random.random(len(first)) < strength)
        for part in np.array_split(random.permutation(drawn), _PARTS):
            _move(position, first[part], second[part], random, 1.0 - step / STEPS)
        progress(step + 1, STEPS)
    return position - position.mean(axis=0)


def placed(vectors: np.ndarray, anchors: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(N, D) vectors → (N, 2) float32 positions among the (A, D) anchors that lie at the (A, 2) ``positions``.

    The mean of its nearest anchors', counted by how near they are beside the others, and on the map to the one that has
    most of them around it: a mean of two places would be in neither. A vector's position depends on no other vector, to
    the last bit: blocks always have the same size, and what counts is computed for each row alone.
    """
    count = min(NEIGHBOURS, len(anchors))
    known = anchors.astype(np.float64)
    found = np.zeros((len(vectors), 2), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = np.zeros((_BLOCK, anchors.shape[1]), dtype=np.float32)
        rows = vectors[start : start + _BLOCK]
        block[: len(rows)] = rows
        likely, _ = nearest(block, anchors, min(count + _SPARE, len(anchors)))
        likely = np.sort(likely[: len(rows)], axis=1)
        cosine = np.einsum("nkd,nd->nk", known[likely], block[: len(rows)].astype(np.float64))
        distances = np.maximum(np.round(1 - cosine, _DIGITS), 0)
        order = np.argsort(distances, axis=1, kind="stable")[:, :count]
        strength = _strengths(np.take_along_axis(distances, order, axis=1))
        chosen = positions.astype(np.float64)[np.take_along_axis(likely, order, axis=1)]
        found[start : start + _BLOCK] = np.round(_gathered(chosen, strength), _DIGITS)
    return found


def _gathered(positions: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """(N, K, 2) positions of neighbours and their (N, K) strengths → (N, 2) the middle of where most of them are."""
    apart = np.sqrt(((positions[:, :, None] - positions[:, None]) ** 2).sum(axis=3))
    seen = strength[:, None] * np.exp(-apart / _REACH)
    weight = np.take_along_axis(seen, seen.sum(axis=2).argmax(axis=1)[:, None, None], axis=1)[:, 0]
    middle: np.ndarray = (positions * weight[:, :, None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    return middle


def on_principal_axes(vectors: np.ndarray) -> np.ndarray:
    """(N, D) → (N, 2) float32 along the two principal axes, within ±`_EXTENT`; both signs are those of the data."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    position = np.zeros((len(vectors), 2))
    position[:, : axes.shape[1]] = centred @ axes
    return (position * _EXTENT / max(1e-12, np.abs(position).max(initial=0))).astype(np.float32)


def nearest(
    vectors: np.ndarray, among: np.ndarray, count: int, *, without_itself: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(N, K) rows of the nearest vectors ``among`` those given, nearest first, and their (N, K) distances, 1 - cosine.

    ``without_itself``: both are the same vectors, and none is its own neighbour.
    """
    rows = np.empty((len(vectors), count), dtype=np.int64)
    distances = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        cosine = vectors[start : start + _BLOCK] @ among.T
        if without_itself:
            np.fill_diagonal(cosine[:, start:], -np.inf)
        part = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosine, part, axis=1), axis=1, kind="stable")
        rows[start : start + _BLOCK] = chosen = np.take_along_axis(part, order, axis=1)
        distances[start : start + _BLOCK] = 1 - np.take_along_axis(cosine, chosen, axis=1)
    return rows, np.maximum(distances, 0)


def _strengths(distances: np.ndarray) -> np.ndarray:
    """(N, K) 0 to 1, how strongly each neighbour attracts: 1 for the nearest, together log2(K) for each point."""
    beyond = distances - distances[:, :1]
    wanted = np.log2(max(2, distances.shape[1]))
    low, high = np.zeros(len(distances)), np.full(len(distances), np.inf)
    width = np.ones(len(distances))
    for _ in range(48):
        many = np.exp(-beyond / width[:, None]).sum(axis=1) > wanted
        high, low = np.where(many, width, high), np.where(many, low, width)
        width = np.where(np.isinf(high), width * 2, (low + high) / 2)
        width = np.maximum(width, 1e-9)
    return np.exp(-beyond / width[:, None])


def _pairs(neighbours: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of every pair of neighbours, in both directions, and its strength, 0 to 1: that either sees the
    other."""
    count, width = neighbours.shape
    first = np.repeat(np.arange(count), width)
    second, strength = neighbours.ravel(), _strengths(distances).ravel()
    keys = np.concatenate([first * count + second, second * count + first])
    unlike = np.concatenate([1 - strength, 1 - strength])
    pairs, inverse = np.unique(keys, return_inverse=True)
    together = np.ones(len(pairs))
    np.multiply.at(together, inverse, unlike)
    return pairs // count, pairs % count, 1 - together


def _move(
    position: np.ndarray, first: np.ndarray, second: np.ndarray, random: np.random.Generator, rate: float
) -> None:
    """Pull the first of each pair to its second, and push it from points drawn at random."""
    count = len(position)
    apart = position[first] - position[second]
    squared = (apart**2).sum(axis=1)
    pull = np.zeros_like(squared)
    there = squared > 0
    pull[there] = -2 * _A * _B * squared[there] ** (_B - 1) / (1 + _A * squared[there] ** _B)
    moved = np.clip(pull[:, None] * apart, -_LONGEST, _LONGEST)
    for _ in range(_REPELLED):
        other = random.integers(0, count, len(first))
        away = position[first] - position[other]
        squared = (away**2).sum(axis=1)
        push = 2 * _B / ((0.001 + squared) * (1 + _A * squared**_B))
        moved += np.where((other != first)[:, None], np.clip(push[:, None] * away, -_LONGEST, _LONGEST), 0)
    moved *= rate
    for axis in range(2):
        position[:, axis] += np.bincount(first, moved[:, axis], count).astype(np.float32)
