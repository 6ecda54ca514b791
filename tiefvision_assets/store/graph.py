"""The exact k-NN graph of a whole catalogue. Updating an older graph gives the same result, bit for bit, as building
anew.

This is possible because scores do not depend on how they are computed: products of float16 numbers are multiples of
2^-48, so that float64 holds the sum of the products of two unit vectors exactly, in whatever order it is added up.
Candidates are found in fast float32; those that float32's rounding leaves in doubt are compared exactly. Equal scores
go to the lower row.

Lists hold `STORED` neighbours and serve `SERVED`: deletions may shorten a list that far before it is made anew.
Measured on two cores: see ``make bench-index``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from tiefvision_assets.store.nearest import Candidates, exact_products, nearest

STORED = 50
SERVED = 32
REBUILT_SHARE = 0.3
"""With more than this share of new vectors, building anew is as fast as an update."""
_PRODUCTS = 16_000_000
"""Number of products computed at once."""
_BLOCK = 65_536
"""Lists that are copied at once."""
_FIRST = 256
"""Vectors in the first block, all of them candidates. Each block is as large as all before, so there are few blocks."""


class Graph(NamedTuple):
    """The neighbours of each vector, best first, itself excluded; short lists are padded with row -1 and score -inf."""

    neighbours: np.ndarray
    """(N, K) int32 rows; K = min(`STORED`, N - 1)."""
    scores: np.ndarray
    """(N, K) float32 inner products."""

    def of(self, row: int, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """The k best neighbours of a row (all, where there are fewer) and their scores; None if the list is shorter."""
        wanted = min(k, len(self.neighbours) - 1)
        if wanted > self.neighbours.shape[1] or (wanted and self.neighbours[row, wanted - 1] < 0):
            return None
        return self.neighbours[row, :wanted], self.scores[row, :wanted]


def build_graph(vectors: np.ndarray, progress: Callable[[int, int], None] = lambda done, total: None) -> Graph:
    """The graph of (N, D) float16 vectors of about unit length; ``progress(done, total)`` counts vectors."""
    return Graph(*nearest(vectors, np.arange(len(vectors)), STORED, progress))


def is_worth_updating(origins: np.ndarray) -> bool:
    """Whether enough vectors are kept for an update to be faster than building anew; see `updated_graph`."""
    added = int((origins < 0).sum())
    return added < len(origins) and added <= REBUILT_SHARE * len(origins)


def updated_graph(
    old: Graph,
    vectors: np.ndarray,
    origins: np.ndarray,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Graph:
    """The graph of (N, D) vectors of which vector n had row ``origins[n]`` before, or -1 if it is new.

    Vectors that were there before must be the same as then, and in the same order.
    """
    if not is_worth_updating(origins):
        return build_graph(vectors, progress)
    added = np.flatnonzero(origins < 0)
    width = min(STORED, len(vectors) - 1)
    lists = _Lists(width, old, origins)
    complete = old.neighbours.shape[1] == len(old.neighbours) - 1 and not (old.neighbours < 0).any()
    short = np.flatnonzero((lists.lengths < min(SERVED, width)) & (origins >= 0)) if not complete else added[:0]
    if len(added):
        candidates = Candidates(vectors, added, width)
        # beside another busy process two BLAS threads spend as much time waiting for each other as computing
        with threadpool_limits(1, "blas"):
            lists.merge(vectors, added, complete, short, candidates, progress)
        lists.neighbours[added], lists.scores[added] = candidates.nearest()
    lists.neighbours[short], lists.scores[short] = nearest(vectors, short, STORED)
    return Graph(lists.neighbours, lists.scores)


def _closed_up(neighbours: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lists without the neighbours that are -1, which come last."""
    holes = np.flatnonzero((neighbours < 0).any(axis=1))
    if len(holes):
        order = np.argsort(neighbours[holes] < 0, axis=1, kind="stable")
        neighbours[holes] = np.take_along_axis(neighbours[holes], order, 1)
        scores[holes] = np.take_along_axis(scores[holes], order, 1)
        scores[neighbours < 0] = -np.inf
    return neighbours, scores


class _Lists:
    """The lists of all vectors while new vectors are merged into those that were there."""

    def __init__(self, width: int, old: Graph, origins: np.ndarray) -> None:
        """The old lists with new row numbers, without the deleted neighbours; the added vectors' lists are empty.

        Block by block, so that a large graph is in memory once.
        """
        self.neighbours = np.full((len(origins), width), -1, np.int32)
        self.scores = np.full(self.neighbours.shape, -np.inf, np.float32)
        kept = np.flatnonzero(origins >= 0)
        new_rows = np.full(len(old.neighbours) + 1, -1, np.int32)
        new_rows[origins[kept]] = kept
        for start in range(0, len(kept), _BLOCK):
            rows = kept[start : start + _BLOCK]
            were = origins[rows]
            neighbours, scores = _closed_up(new_rows[old.neighbours[were]], np.asarray(old.scores[were]))
            columns = min(width, neighbours.shape[1])
            self.neighbours[rows, :columns] = neighbours[:, :columns]
            self.scores[rows, :columns] = scores[:, :columns]
        self.lengths = np.count_nonzero(self.neighbours >= 0, axis=1)

    def merge(
        self,
        vectors: np.ndarray,
        added: np.ndarray,
        complete: bool,
        short: np.ndarray,
        candidates: Candidates,
        progress: Callable[[int, int], None],
    ) -> None:
        """Insert the added vectors into the lists; the neighbours beyond the end of a shortened list are not known.

        The ``candidates`` for the added vectors' own lists are collected from the same products, which take most of the
        time.
        """
        last = np.maximum(self.lengths - 1, 0)[:, None]
        end_score = np.take_along_axis(self.scores, last, 1)[:, 0]
        end_row = np.take_along_axis(self.neighbours, last, 1)[:, 0]
        if complete:
            end_score, end_row = np.full_like(end_score, -np.inf), np.full_like(end_row, np.iinfo(np.int32).max)
        end_score[short] = end_score[added] = np.inf
        start, stop = 0, _FIRST
        while start < len(vectors):
            products, error = candidates.compare(start, stop)
            # flattened: on a matrix numpy takes ten times as long to find the few true values
            found = np.flatnonzero(products >= (end_score[start:stop] - error)[:, None])
            line, row = start + found // len(added), added[found % len(added)]
            score = exact_products(vectors, line, row[:, None])[:, 0]
            inside = (score > end_score[line]) | ((score == end_score[line]) & (row < end_row[line]))
            self._insert(line[inside], row[inside], score[inside])
            progress(min(stop, len(vectors)), len(vectors))
            start, stop = stop, stop + min(stop, max(1, _PRODUCTS // len(added)))

    def _insert(self, line: np.ndarray, row: np.ndarray, score: np.ndarray) -> None:
        """Insert (P,) rows with their scores into (P,) lists, each of which keeps as many as it has room for."""
        if not len(line):
            return
        width = self.neighbours.shape[1]
        order = np.lexsort((row, -score, line))
        line, row, score = line[order], row[order], score[order]
        lines, first, counts = np.unique(line, return_index=True, return_counts=True)
        place = np.arange(len(line)) - np.repeat(first, counts)
        fits = place < width
        neighbours = np.full((len(lines), width + min(width, counts.max())), np.iinfo(np.int32).max, np.int32)
        scores = np.full(neighbours.shape, -np.inf, np.float32)
        neighbours[:, :width], scores[:, :width] = self.neighbours[lines], self.scores[lines]
        neighbours[:, :width][neighbours[:, :width] < 0] = np.iinfo(np.int32).max
        where = (np.repeat(np.arange(len(lines)), counts)[fits], width + place[fits])
        neighbours[where], scores[where] = row[fits], score[fits]
        best = np.lexsort((neighbours, -scores), axis=1)[:, :width]
        neighbours, scores = np.take_along_axis(neighbours, best, 1), np.take_along_axis(scores, best, 1)
        self.neighbours[lines] = np.where(np.isneginf(scores), -1, neighbours)
        self.scores[lines] = scores
