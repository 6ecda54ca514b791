"""Approximate nearest neighbours for large catalogues: faiss, tuned against exact search."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.nearest import best
from tiefvision_assets.store.neighbours import ExactIndex

if TYPE_CHECKING:
    import faiss

RECALL = 0.99
"""Least share of the ten nearest neighbours that the index must find."""
RERANKED = 50
EXACT_AMONG = 20_000
"""Up to so many vectors that a filter leaves are compared exactly."""
TRAINED_ON = 64
"""The lists are trained on at most this many vectors each; more take longer and find no better (decision 30)."""
ITERATIONS = 5
"""Of k-means. With faiss' own 10 building takes 1.3 to 1.5 times as long, and queries have to probe as many lists, or a
twentieth fewer: 60,000 vectors, clustered and on a manifold."""
TRAINED_FOR = 2
"""The lists are trained anew when the number of vectors has grown or shrunk by this factor."""
_HELD_OUT = 256
_FILE, _NUMBERS, _VECTORS = "faiss.index", "numbers.npy", 65_536


class FaissIndex:
    """faiss IVF with 8-bit scalar quantisation; the best candidates are ranked again by their exact products.

    ``nprobe`` is the smallest with which the ten nearest of held-out vectors are found with recall `RECALL`. Vectors
    have ids of their own in faiss, because a vector's row changes from version to version and faiss cannot renumber.
    """

    def __init__(self, index: faiss.Index, numbers: np.ndarray, vectors: np.ndarray, stats: dict[str, float]) -> None:
        self._index = index
        self._numbers = numbers
        self._vectors = vectors
        self._exact = ExactIndex(vectors)
        self._stats = stats
        self._row_of = np.full(int(numbers.max(initial=-1)) + 2, -1, np.int64)
        self._row_of[numbers] = np.arange(len(numbers))

    @classmethod
    def build(cls, vectors: np.ndarray) -> Self:
        """Train on all but the held-out vectors, and add all; the number of lists grows with the root of their
        number."""
        import faiss

        count = len(vectors)
        lists = max(1, min(round(4 * math.sqrt(count)), count // 39 or 1))
        index: Any = faiss.index_factory(vectors.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.niter = ITERATIONS
        held_out = _held_out(count)
        trained_on = np.setdiff1d(np.arange(count), held_out) if count > 2 * _HELD_OUT else np.arange(count)
        chosen = np.sort(np.random.default_rng(0).permutation(trained_on)[: TRAINED_ON * lists])
        index.train(np.asarray(vectors[chosen], dtype=np.float32))
        made = cls(index, np.arange(count), vectors, {"lists": lists, "trained_at": count})
        made._add(np.arange(count))
        made._tune()
        return made

    @classmethod
    def load(cls, folder: Path, vectors: np.ndarray, stats: dict[str, float]) -> Self:
        """Open a saved index over the same vectors; FileNotFoundError where it is gone."""
        import faiss

        numbers = np.load(hooks.near(folder / _NUMBERS))
        try:
            index = faiss.read_index(str(hooks.near(folder / _FILE)))
        except RuntimeError as error:
            raise FileNotFoundError(f"{folder / _FILE} cannot be read: {error}") from error
        return cls(index, numbers, vectors, stats)

    def save(self, folder: Path) -> None:
        """See `IndexInFiles.save`."""
        import faiss

        faiss.write_index(self._index, str(folder / _FILE))
        np.save(folder / _NUMBERS, self._numbers)

    def stats(self) -> dict[str, float]:
        """See `VectorIndex.stats`; also ``lists``, ``nprobe``, and ``trained_at``, the vectors when it was trained."""
        return self._stats

    def updated(self, vectors: np.ndarray, origins: np.ndarray) -> FaissIndex:
        """See `IndexInFiles.updated`; built anew when the catalogue has outgrown its lists."""
        import faiss

        trained_at = self._stats["trained_at"]
        if not trained_at / TRAINED_FOR <= len(vectors) <= trained_at * TRAINED_FOR:
            return FaissIndex.build(vectors)
        kept, added = origins >= 0, np.flatnonzero(origins < 0)
        numbers = np.empty(len(vectors), np.int64)
        numbers[kept] = self._numbers[origins[kept]]
        numbers[added] = np.arange(len(added)) + self._numbers.max(initial=-1) + 1
        index = faiss.clone_index(self._index)
        gone = np.setdiff1d(self._numbers, numbers)
        if len(gone):
            index.remove_ids(faiss.IDSelectorBatch(gone))
        made = FaissIndex(index, numbers, vectors, {name: self._stats[name] for name in ("lists", "trained_at")})
        made._add(added)
        made._tune()
        return made if made._stats["recall@10"] >= RECALL else FaissIndex.build(vectors)

    def search(self, queries: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `VectorIndex.search`; approximate, a query may get fewer than k rows, padded with row -1."""
        if among is not None and among.sum() <= EXACT_AMONG:
            return self._exact.search(queries, k, among)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        allowed = len(self._vectors) if among is None else int(among.sum())
        candidates = self.candidates(queries, min(allowed, max(RERANKED, 2 * k)), among=among)
        found = np.asarray(self._vectors[candidates.clip(0)], dtype=np.float32)
        scores = np.einsum("qd,qcd->qc", queries, found)
        scores[candidates < 0] = -np.inf
        return best(scores, candidates, min(k, allowed))[::-1]

    def candidates(
        self, queries: np.ndarray, count: int, probes: int | None = None, among: np.ndarray | None = None
    ) -> np.ndarray:
        """(Q, D) float32 → (Q, count) rows, in any order, from the ``probes`` nearest lists, by default ``nprobe``.

        -1 where the probed lists hold too few.
        """
        import faiss

        lists = int(self._stats["lists"])
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = min(probes or int(self._stats["nprobe"]), lists)
        if among is not None:  # the rarer the allowed vectors, the more lists must be probed to find enough of them
            wider = math.ceil(parameters.nprobe * len(among) / max(1, int(among.sum())))
            parameters.nprobe = min(wider, lists)
            selector = self._only(among)
            parameters.sel = selector
        return self._row_of[self._index.search(queries, count, params=parameters)[1]]

    def _only(self, among: np.ndarray) -> Any:
        """faiss's selector of the allowed vectors, by their ids."""
        import faiss

        allowed = np.zeros(len(self._row_of), bool)
        allowed[self._numbers] = among
        selector: Any = faiss.IDSelectorBitmap  # faiss's annotations describe the C++ arguments only
        return selector(np.packbits(allowed, bitorder="little"))

    def _add(self, rows: np.ndarray) -> None:
        for start in range(0, len(rows), _VECTORS):
            some = rows[start : start + _VECTORS]
            self._index.add_with_ids(np.asarray(self._vectors[some], dtype=np.float32), self._numbers[some])

    def _tune(self) -> None:
        """Find the smallest sufficient nprobe: doubled until it is enough, then halved in between."""
        rows = _held_out(len(self._vectors))
        queries = np.asarray(self._vectors[rows], dtype=np.float32)
        truth = self._exact.search(queries, 11)[0] if len(rows) else rows[:, None]
        lists = int(self._stats["lists"])

        def recall(nprobe: int) -> float:
            self._stats["nprobe"] = nprobe
            return _recall(self.search(queries, 11)[0], truth, rows)

        enough = 1
        while enough < lists and recall(enough) < RECALL:
            enough *= 2
        low, enough = enough // 2, min(enough, lists)
        while enough - low > 1:
            middle = (low + enough) // 2
            low, enough = (low, middle) if recall(middle) >= RECALL else (middle, enough)
        self._stats["recall@10"] = recall(enough)


def _held_out(count: int) -> np.ndarray:
    """Rows of the vectors that measure recall; they are not trained on, unless there are hardly any others."""
    return np.sort(np.random.default_rng(1).permutation(count)[:_HELD_OUT])


def _recall(found: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> float:
    """Share of the ten true neighbours, the vector itself excluded, that were found; 1 where there are none."""
    hits = total = 0
    for mine, true, row in zip(found, truth, rows, strict=True):
        wanted = set(true.tolist()) - {row}
        hits += len(wanted & set(mine.tolist()))
        total += len(wanted)
    return hits / total if total else 1.0
