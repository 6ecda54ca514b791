"""The exact nearest neighbours of many vectors: fast float32 products find candidates, exact products rank them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MARGIN = 8
"""Additional candidates, so that rounding seldom leaves the last of the wanted ones in doubt."""
_QUERIES, _VECTORS, _PAIRS = 4096, 65_536, 65_536


def nearest(
    vectors: np.ndarray,
    rows: np.ndarray,
    k: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) float16 vectors → (R, k') int32 rows of those nearest to each of R rows, itself excluded; (R, k') float32
    scores.

    Best first, equal scores by the lower row; k' = min(k, N - 1). Apart from the result, memory does not grow with N.
    """
    kept = min(k, max(0, len(vectors) - 1))
    found = np.empty((len(rows), kept), np.int32)
    scores = np.empty((len(rows), kept), np.float32)
    if kept and len(rows):
        error = rounding_error(vectors)
        for start in range(0, len(rows), _QUERIES):
            part = slice(start, min(start + _QUERIES, len(rows)))
            found[part], scores[part] = _nearest_block(vectors, rows[part], kept, error)
            progress(part.stop, len(rows))
    return found, scores


def rounding_error(vectors: np.ndarray) -> float:
    """Upper bound on the difference between a float32 inner product of two of the vectors and the exact one.

    gamma_D of Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1, times the product of the lengths;
    doubled, for the rounding of the exact one.
    """
    blocks = (vectors[start : start + _VECTORS].astype(np.float32) for start in range(0, len(vectors), _VECTORS))
    return _error(vectors.shape[1], max(map(_longest, blocks), default=0.0))


def _error(dimensions: int, longest: float) -> float:
    return 2 * dimensions * 2.0**-24 * longest


def _longest(block: np.ndarray) -> float:
    """The largest squared length of the vectors."""
    return float(np.einsum("nd,nd->n", block, block).max(initial=0.0))


def exact_products(vectors: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(R, C) float32 inner products of the vectors at (R,) rows with those at (R, C) rows, rounded once."""
    products = np.empty(second.shape, np.float32)
    step = max(1, _PAIRS // max(1, second.shape[1]))
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        left, right = (vectors[rows[part]].astype(np.float64) for rows in (first, second))
        products[part] = np.einsum("rd,rcd->rc", left, right)
    return products


def best(scores: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest scores of each line and their rows, best first, equal scores by the lower row."""
    if k < scores.shape[1]:
        taken = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k else np.empty((len(scores), 0), np.int64)
        for line in _tied_at_the_end(scores, taken):
            taken[line] = np.lexsort((rows[line], -scores[line]))[:k]
        scores, rows = np.take_along_axis(scores, taken, 1), np.take_along_axis(rows, taken, 1)
    order = np.lexsort((rows, -scores), axis=1)
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)


def _tied_at_the_end(scores: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Lines where a score equal to the lowest one taken was left out: a partition takes any of equal scores."""
    if not taken.shape[1]:
        return np.empty(0, np.int64)
    chosen = np.take_along_axis(scores, taken, 1)
    least = chosen.min(axis=1, keepdims=True)
    return np.flatnonzero((scores == least).sum(axis=1) > (chosen == least).sum(axis=1))


class Largest:
    """The largest products of some queries, while products with ever more vectors are offered, block by block."""

    rows: np.ndarray
    """(Q, wanted) rows of the vectors, in any order; -1 where fewer were offered."""
    products: np.ndarray
    """(Q, wanted), -inf where fewer were offered."""

    def __init__(self, queries: int, wanted: int) -> None:
        self.rows = np.full((queries, wanted), -1, np.int64)
        self.products = np.full((queries, wanted), -np.inf, np.float32)

    def offer(self, products: np.ndarray, start: int) -> None:
        """Keep those of the (B, Q) products of the rows from ``start`` on that are larger than the worst kept so
        far."""
        row, column = np.divmod(np.flatnonzero(products > self.products.min(axis=1)), products.shape[1])
        order = np.argsort(column, kind="stable")
        row, column = row[order], column[order]
        counts = np.bincount(column, minlength=products.shape[1])
        place = np.arange(len(column)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.full((len(counts), counts.max(initial=0)), -1, np.int64)
        better = np.full(rows.shape, -np.inf, np.float32)
        rows[column, place], better[column, place] = start + row, products[row, column]
        self._keep(np.hstack([self.products, better]), np.hstack([self.rows, rows]))

    def _keep(self, products: np.ndarray, rows: np.ndarray) -> None:
        wanted = self.products.shape[1]
        if wanted < products.shape[1]:
            taken = np.argpartition(-products, wanted - 1, axis=1)[:, :wanted]
            products, rows = np.take_along_axis(products, taken, 1), np.take_along_axis(rows, taken, 1)
        self.products, self.rows = products, rows


class Candidates:
    """Collects the rows that may be nearest to some vectors, while products with all vectors arrive block by block."""

    def __init__(self, vectors: np.ndarray, rows: np.ndarray, k: int) -> None:
        """Finds the k nearest of the (N, D) vectors to those at (R,) rows."""
        self._vectors, self._asked, self._k = vectors, rows, k
        self._new = np.asarray(vectors[rows], dtype=np.float32)
        self._longest = _longest(self._new)
        self._largest = Largest(len(rows), min(k + MARGIN + 1, len(vectors)))

    def compare(self, start: int, stop: int) -> tuple[np.ndarray, float]:
        """The (B, R) float32 products of these rows of all vectors, and a bound on their `rounding_error`."""
        block = np.asarray(self._vectors[start:stop], dtype=np.float32)
        self._longest = max(self._longest, _longest(block))
        products = block @ self._new.T
        self._largest.offer(products, start)
        return products, _error(block.shape[1], self._longest)

    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """The result of `nearest`, once all vectors were compared."""
        error = _error(self._vectors.shape[1], self._longest)
        found = self._largest
        return _ranked(self._vectors, self._asked, self._k, found.rows, found.products, error)


def _nearest_block(vectors: np.ndarray, rows: np.ndarray, k: int, error: float) -> tuple[np.ndarray, np.ndarray]:
    candidates, approximate = _candidates(vectors, rows, min(k + MARGIN + 1, len(vectors)))
    return _ranked(vectors, rows, k, candidates, approximate, error)


def _ranked(
    vectors: np.ndarray, rows: np.ndarray, k: int, candidates: np.ndarray, approximate: np.ndarray, error: float
) -> tuple[np.ndarray, np.ndarray]:
    """(R, k) best candidates by exact products; where float32's rounding leaves a doubt, the best of all vectors."""
    scores = exact_products(vectors, rows, candidates)
    scores[candidates == rows[:, None]] = -np.inf
    scores, candidates = best(scores, candidates, k)
    if approximate.shape[1] < len(vectors):
        doubtful = np.flatnonzero(scores[:, -1] <= approximate.min(axis=1) + error)
        for start in range(0, len(doubtful), 256):
            some = doubtful[start : start + 256]
            scores[some], candidates[some] = _exhaustive(vectors, rows[some], k)
    return candidates, scores


def _candidates(vectors: np.ndarray, rows: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """(R, wanted) rows with the largest float32 products with the R rows, in any order, and those products."""
    import faiss

    queries = vectors[rows].astype(np.float32)
    found = np.empty((len(rows), 0), np.int64)
    products = np.empty((len(rows), 0), np.float32)
    for start in range(0, len(vectors), _VECTORS):
        block = np.asarray(vectors[start : start + _VECTORS]).astype(np.float32)
        values, columns = faiss.knn(queries, block, min(wanted, len(block)), faiss.METRIC_INNER_PRODUCT)
        found, products = np.hstack([found, columns + start]), np.hstack([products, values])
        if found.shape[1] > wanted:
            taken = np.argpartition(-products, wanted - 1, axis=1)[:, :wanted]
            found, products = np.take_along_axis(found, taken, 1), np.take_along_axis(products, taken, 1)
    return found, products


def _exhaustive(vectors: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and rows by exact products with every vector, where candidates leave a doubt, such as many twins."""
    queries = vectors[rows].astype(np.float64)
    scores = np.empty((len(rows), 0), np.float32)
    found = np.empty((len(rows), 0), np.int64)
    step = _VECTORS // 8
    for start in range(0, len(vectors), step):
        block = np.asarray(vectors[start : start + step]).astype(np.float64)
        products = (queries @ block.T).astype(np.float32)
        columns = np.broadcast_to(np.arange(start, start + len(block)), products.shape)
        products[columns == rows[:, None]] = -np.inf
        scores, found = best(np.hstack([scores, products]), np.hstack([found, columns]), k)
    return scores, found
