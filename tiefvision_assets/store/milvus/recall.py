"""How many of the ten nearest photos Milvus finds, against exact search, without fetching all vectors every night.

Some vectors of the first version stay the queries for as long as the collection is used. Their nearest photos among all
are computed exactly once; a night compares them with what was added, and strikes out what has gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.faiss_index import RECALL
from tiefvision_assets.store.milvus.engine import MilvusIndex
from tiefvision_assets.store.nearest import best
from tiefvision_assets.store.sealed import read_parquet, write_parquet

QUERIES, KEPT, COUNTED = 256, 50, 10
FEWEST_QUERIES = 64
"""Fewer queries whose nearest are still known measure too little; the collection is then made anew."""
FILES = ("recall_queries.npy", "recall_neighbours.parquet")
LEAST_EF, _MOST_EF = 32.0, 4_096.0
_BLOCK = 65_536


@dataclass(frozen=True)
class Truth:
    """The exact nearest photos of some queries."""

    queries: np.ndarray
    """(Q, D) float16."""
    own: np.ndarray
    """(Q,) image_id of the photo that each query was; it does not count among its nearest."""
    floor: np.ndarray
    """(Q,) score down to which the nearest are known; -inf where all photos are."""
    neighbours: np.ndarray
    """(Q, `KEPT`) image ids, best first; empty texts where fewer are known."""
    scores: np.ndarray
    """(Q, `KEPT`) float32 inner products; -inf where fewer are known."""

    @classmethod
    def of(cls, ids: np.ndarray, vectors: np.ndarray) -> Truth:
        """Of a sample of (N, D) vectors, the photos ``ids``."""
        chosen = np.sort(np.random.default_rng(1).permutation(len(ids))[:QUERIES])
        shape = (len(chosen), KEPT)
        nothing = np.full(shape, "", dtype=object), np.full(shape, -np.inf, np.float32)
        floor = np.full(len(chosen), -np.inf, np.float32)
        return cls(np.asarray(vectors[chosen]), ids[chosen], floor, *nothing).along_with(ids, vectors)

    def without(self, gone: np.ndarray) -> Truth | None:
        """After these photos have gone; None where the nearest of too few queries are still known."""
        scores = np.where(np.isin(self.neighbours, gone), -np.inf, self.scores).astype(np.float32)
        kept = np.isneginf(self.floor) | (np.isfinite(scores).sum(axis=1) > COUNTED)
        if kept.sum() < min(FEWEST_QUERIES, len(kept)):
            return None
        parts = (self.queries, self.own, self.floor, self.neighbours, scores)
        return Truth(*(part[kept] for part in parts))

    def recall(self, index: MilvusIndex) -> float:
        """Share of the `COUNTED` nearest, the queries themselves excluded, that the index finds; 1 without any.

        Of photos with equal scores any may be found.
        """
        rows, scores = index.search(self.queries, COUNTED + 1)
        ids = index.ids.to_numpy(dtype=object)
        hits = total = 0
        for line, own in enumerate(self.own):
            others = (self.neighbours[line] != "") & (self.neighbours[line] != own)
            wanted = np.sort(self.scores[line][others & np.isfinite(self.scores[line])])[::-1][:COUNTED]
            found = scores[line][(rows[line] >= 0) & (ids[rows[line]] != own)]
            hits += min(len(wanted), int((found >= wanted.min(initial=np.inf)).sum()))
            total += len(wanted)
        return hits / total if total else 1.0

    def save(self, folder: Path) -> None:
        """Write the `FILES`."""
        np.save(folder / FILES[0], self.queries)
        rows, columns = np.nonzero(np.isfinite(self.scores))
        columns_of = {"query": rows, "own": self.own[rows], "floor": self.floor[rows]}
        columns_of |= {"neighbour": self.neighbours[rows, columns], "score": self.scores[rows, columns]}
        write_parquet(folder / FILES[1], pd.DataFrame(columns_of))

    @classmethod
    def load(cls, folder: Path) -> Truth:
        """What `save` wrote."""
        queries = np.load(hooks.near(folder / FILES[0]))
        table = read_parquet(folder / FILES[1])
        line, place = table["query"].to_numpy(), table.groupby("query").cumcount().to_numpy()
        own, floor = np.full(len(queries), "", dtype=object), np.full(len(queries), -np.inf, np.float32)
        neighbours = np.full((len(queries), KEPT), "", dtype=object)
        scores = np.full((len(queries), KEPT), -np.inf, np.float32)
        own[line], floor[line] = table["own"], table["floor"]
        neighbours[line, place], scores[line, place] = table["neighbour"], table["score"]
        return cls(queries, own, floor, neighbours, scores)

    def along_with(self, ids: np.ndarray, vectors: np.ndarray) -> Truth:
        """After the photos ``ids`` with their (N, D) vectors have come."""
        floor, neighbours, scores = self.floor, self.neighbours, self.scores
        queries = self.queries.astype(np.float64)
        for start in range(0, len(ids), _BLOCK):
            block = np.asarray(vectors[start : start + _BLOCK], dtype=np.float64)
            products = (queries @ block.T).astype(np.float32)
            products[products < floor[:, None]] = -np.inf  # others, which are not known, may come before them
            both = np.hstack([scores, products])
            scores, taken = best(both, np.broadcast_to(np.arange(both.shape[1]), both.shape), KEPT)
            names = np.broadcast_to(ids[start : start + _BLOCK], products.shape)
            neighbours = np.take_along_axis(np.hstack([neighbours, names]), taken, 1)
            floor = np.maximum(floor, scores[:, -1])
        return Truth(self.queries, self.own, floor, np.where(np.isfinite(scores), neighbours, ""), scores)


def tuned(index: MilvusIndex, truth: Truth, least: float = LEAST_EF) -> dict[str, float]:
    """The smallest ``ef`` of a doubling series from ``least`` on with which the recall is enough, and that recall."""
    ef = least
    while True:
        index.measured["ef"] = ef
        index.measured["recall@10"] = truth.recall(index)
        if index.measured["recall@10"] >= RECALL or ef >= _MOST_EF:
            return index.measured
        ef *= 2
