"""The nearest-neighbour engine whose vectors lie in Milvus, and these vectors as an array that is read by rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tiefvision_assets.store.milvus.collection import Collection, texts, valid
from tiefvision_assets.store.nearest import MARGIN, best

NAMED = 10_000
"""So many photos that a condition leaves, or leaves out, are named to Milvus by their ids."""
MOST = 16_384
"""Milvus returns no more rows for a query."""
_AT_ONCE = 8_192
"""Rows asked for in one message."""


class MilvusVectors:
    """The (N, D) float16 vectors of one version; only the rows that are asked for are fetched."""

    dtype = np.dtype(np.float16)

    def __init__(self, collection: Collection, version: int, keys: np.ndarray, dimensions: int) -> None:
        self._collection = collection
        self._version = version
        self._keys = keys
        self.shape = (len(keys), dimensions)

    def __getitem__(self, rows: np.ndarray | list[int]) -> np.ndarray:
        return self._collection.vectors(self._keys[rows].tolist(), self.shape[1])

    def __len__(self) -> int:
        """Number of vectors that Milvus holds for the version."""
        return self._collection.count(self._version)


@dataclass(frozen=True)
class MilvusIndex:
    """Searches one version of a collection; hits are ranked by exact products, as by the other engines."""

    collection: Collection
    version: int
    ids: pd.Series
    """(N,) image_id of each row."""
    measured: dict[str, float]
    """See `VectorIndex.stats`; also ``ef``, the candidates that a search keeps."""

    def search(self, queries: np.ndarray, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `VectorIndex.search`; approximate, a query may get fewer than k rows, padded with row -1.

        `BadFilter` where ``among`` allows more than `NAMED` vectors, leaves out more, and is not met by enough of
        the `MOST` nearest either.
        """
        if among is None:
            return self._search(queries, k, valid(self.version))
        allowed = int(among.sum())
        if allowed <= NAMED:
            return self._search(queries, min(k, allowed), self._only("in", among))
        if len(among) - allowed <= NAMED:
            return self._search(queries, min(k, allowed), self._only("not in", ~among))
        return self._sifted(queries, min(k, allowed), among)

    def search_where(self, queries: np.ndarray, k: int, expression: str) -> tuple[np.ndarray, np.ndarray]:
        """As `search`, among the rows for which a condition of Milvus's holds."""
        return self._search(queries, k, f"{valid(self.version)} and ({expression})")

    def stats(self) -> dict[str, float]:
        """See `VectorIndex.stats`."""
        return self.measured

    def _only(self, operator: str, named: np.ndarray) -> str:
        return f"{valid(self.version)} and image_id {operator} {texts(self.ids[named].tolist())}"

    def _search(self, queries: np.ndarray, k: int, condition: str) -> tuple[np.ndarray, np.ndarray]:
        k = min(k, len(self.ids), MOST)
        queries = np.asarray(queries, dtype=np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        limit = min(k + MARGIN, MOST)
        step = max(1, _AT_ONCE // limit)
        for start in range(0, len(queries) if k else 0, step):
            part = queries[start : start + step]
            answers = self.collection.search(part, limit, int(self.measured["ef"]), condition)
            for line, (ids, vectors) in enumerate(answers):
                exact = (vectors.astype(np.float64) @ part[line].astype(np.float64)).astype(np.float32)
                places = np.array([self._row_of[image_id] for image_id in ids], dtype=np.int64)
                top, chosen = best(exact[None], places[None], min(k, len(places)))
                rows[start + line, : top.shape[1]], scores[start + line, : top.shape[1]] = chosen[0], top[0]
        return rows, scores

    def _sifted(self, queries: np.ndarray, k: int, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The best of so many nearest that k of them are allowed."""
        from tiefvision_assets.store.where import BadFilter

        asked = 4 * k * len(among) // int(among.sum())
        while True:
            rows, scores = self._search(queries, asked, valid(self.version))
            scores[~np.append(among, False)[rows]] = -np.inf
            if (np.isfinite(scores).sum(axis=1) >= k).all():
                return best(scores, rows, k)[::-1]
            if asked >= min(MOST, len(among)):
                raise BadFilter(
                    f"Milvus cannot be asked for this condition, which leaves {int(among.sum())} of {len(among)} "
                    "photos; compare columns with values by =, <, LIKE, IN, BETWEEN, AND, OR and NOT only."
                )
            asked *= 4

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {image_id: row for row, image_id in enumerate(self.ids)}
