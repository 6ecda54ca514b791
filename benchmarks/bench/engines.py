"""One nearest-neighbour engine on some vectors: `python -m benchmarks.bench.engines NAME VECTORS` prints JSON.

All get the same unit vectors of 256 numbers, around one centre for every 200, and the same queries. ``tiefvision`` is
what `TIEFVISION_INDEX=auto` takes for so many photos.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np

from benchmarks.bench.measuring import cost, forget_peak, peak_megabytes
from benchmarks.bench.table import Cost

DIMENSIONS, K, BATCH = 256, 10, 1000
WARMING, JUDGED = 1000, 100
ALLOWED = 3
"""A filter leaves every third vector."""


class Engine(Protocol):
    """What is measured of each engine."""

    def build(self, vectors: np.ndarray) -> None:
        """Take these (N, D) float32 vectors."""
        ...

    def add(self, vectors: np.ndarray) -> None:
        """Take these in addition."""
        ...

    def search(self, queries: np.ndarray) -> np.ndarray:
        """(Q, D) → (Q, K) rows."""
        ...

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """(1, D) → (1, K) rows that are multiples of `ALLOWED`."""
        ...


class TiefVision:
    """The index as `tiefvision` builds and updates it, without the graph of all neighbours."""

    def build(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        from tiefvision_assets.store.faiss_index import FaissIndex
        from tiefvision_assets.store.neighbours import ExactIndex, choose_engine

        self._vectors = vectors.astype(np.float16)
        chosen = choose_engine("auto", len(vectors))
        self._index: Any = ExactIndex(self._vectors) if chosen == "exact" else FaissIndex.build(self._vectors)
        self._third = _every_third(len(vectors))

    def add(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        origins = np.concatenate([np.arange(len(self._vectors)), np.full(len(vectors), -1)])
        self._vectors = np.concatenate([self._vectors, vectors.astype(np.float16)])
        self._index = self._index.updated(self._vectors, origins)
        self._third = _every_third(len(self._vectors))

    def search(self, queries: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.search(queries, K)[0]

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.search(query, K, self._third)[0]


class ScikitLearn:
    """Brute force, which is what scikit-learn recommends at this many dimensions."""

    def build(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        from sklearn.neighbors import NearestNeighbors

        self._vectors = vectors
        self._all, self._third = (
            NearestNeighbors(n_neighbors=K, algorithm="brute").fit(part) for part in (vectors, vectors[::ALLOWED])
        )

    def add(self, vectors: np.ndarray) -> None:
        """See `Engine`; there is no update."""
        self.build(np.concatenate([self._vectors, vectors]))

    def search(self, queries: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._all.kneighbors(queries, return_distance=False)

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return ALLOWED * self._third.kneighbors(query, return_distance=False)


class FaissFlat:
    """faiss' exact index in float32."""

    def build(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        import faiss

        self._index: Any = faiss.IndexFlatIP(DIMENSIONS)
        self.add(vectors)

    def add(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        import faiss

        self._index.add(vectors)
        selector: Any = faiss.IDSelectorBitmap
        searching: Any = faiss.SearchParameters
        self._third = searching(sel=selector(np.packbits(_every_third(self._index.ntotal), bitorder="little")))

    def search(self, queries: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.search(queries, K)[1]

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.search(query, K, params=self._third)[1]


class Hnswlib:
    """An HNSW graph with M 16, 200 candidates in building and 100 in searching."""

    def build(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        import hnswlib

        self._index = hnswlib.Index(space="ip", dim=DIMENSIONS)
        self._index.init_index(max_elements=len(vectors) * 2, M=16, ef_construction=200)
        self._index.set_ef(100)
        self.add(vectors)

    def add(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        self._index.add_items(vectors)

    def search(self, queries: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.knn_query(queries, k=K)[0]

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._index.knn_query(query, k=K, num_threads=1, filter=lambda row: row % ALLOWED == 0)[0]


class LanceDb:
    """A LanceDB table with its IVF-HNSW-SQ index, which finds more than IVF-PQ; of 5 candidates a hit the best stay."""

    def build(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        import lancedb

        self._folder = tempfile.TemporaryDirectory()
        self._table = lancedb.connect(self._folder.name).create_table("photos", self._rows(vectors, 0))
        self._table.create_index(metric="cosine", vector_column_name="vector", index_type="IVF_HNSW_SQ")

    def add(self, vectors: np.ndarray) -> None:
        """See `Engine`."""
        self._table.add(self._rows(vectors, self._table.count_rows()))
        self._table.optimize()

    def _rows(self, vectors: np.ndarray, first: int) -> Any:
        import pyarrow as pa

        rows = np.arange(first, first + len(vectors))
        cells = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSIONS)
        return pa.table({"row": rows, "third": rows % ALLOWED, "vector": cells})

    def _found(self, query: np.ndarray, condition: str | None = None) -> np.ndarray:
        search = (
            self._table.search(query).distance_type("cosine").refine_factor(5).limit(K).select(["row", "_distance"])
        )
        found = (search.where(condition, prefilter=True) if condition else search).to_arrow()["row"].to_numpy()
        return np.pad(found, (0, K - len(found)), constant_values=-1)

    def search(self, queries: np.ndarray) -> np.ndarray:
        """See `Engine`; a query at a time."""
        return np.stack([self._found(query) for query in queries])

    def filtered(self, query: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        return self._found(query[0], "third = 0")[None]


ENGINES: dict[str, Callable[[], Engine]] = {
    "tiefvision": TiefVision,
    "scikit-learn": ScikitLearn,
    "faiss flat": FaissFlat,
    "hnswlib": Hnswlib,
    "LanceDB": LanceDb,
}


def vectors_of(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, D) vectors, 1 % more of them, and `BATCH` queries, all float32 of unit length."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((max(1, count // 200), DIMENSIONS), np.float32)
    parts = []
    for size in (count, max(1, count // 100), BATCH):
        part = centres[draw.integers(len(centres), size=size)]
        part += np.float32(0.6) * draw.standard_normal(part.shape, np.float32)
        parts.append(part / np.linalg.norm(part, axis=1, keepdims=True))
    return parts[0], parts[1], parts[2]


def measured(name: str, count: int) -> dict[str, Any]:
    """Costs of building, of queries one by one, filtered and in a batch, and of 1 % more; memory and recall@10."""
    vectors, more, queries = vectors_of(count)
    ENGINES[name]().build(vectors[:WARMING])  # imports, and threads that stay
    forget_peak()
    before, engine = peak_megabytes(), ENGINES[name]()
    built = cost(lambda: engine.build(vectors))
    engine.search(queries[:2])
    engine.filtered(queries[:1])
    few = max(10, min(100, 5_000_000 // count))
    single = [cost(lambda one=one: engine.search(queries[one : one + 1])) for one in range(few)]
    filtered = [cost(lambda one=one: engine.filtered(queries[one : one + 1])) for one in range(few)]
    found: list[np.ndarray] = []
    batch = cost(lambda: found.append(engine.search(queries)))
    added = cost(lambda: engine.add(more))
    costs = {"build": built, "query": _median(single), "filtered": _median(filtered), "batch": batch, "add": added}
    return {
        "costs": {what: asdict(one) for what, one in costs.items()},
        "memory": peak_megabytes() - before,
        "recall": _recall(found[0][:JUDGED], queries[:JUDGED], vectors),
    }


def _recall(found: np.ndarray, queries: np.ndarray, vectors: np.ndarray) -> float:
    """Share of the `K` nearest of each query that was found."""
    truth = np.argpartition(-(queries @ vectors.T), K - 1, axis=1)[:, :K]
    return float(np.mean([np.isin(true, here).mean() for true, here in zip(truth, found, strict=True)]))


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.clock for one in costs), statistics.fmean(one.processor or 0 for one in costs))


def _every_third(count: int) -> np.ndarray:
    return np.arange(count) % ALLOWED == 0


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
