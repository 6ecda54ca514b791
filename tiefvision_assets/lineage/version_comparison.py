"""Hits of the same queries in two versions of the index, or under a candidate that has no index yet.

Only photos that both know count, as queries and as hits: what came or went is no model's doing. No model is loaded but
the candidate's own weights, so a page can ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.moved_queries import HITS, NO_HIT, Moves, moves_between
from tiefvision_assets.lineage.versions import Candidate, Side
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.index import IndexVersion, Ranking
from tiefvision_assets.store.index_version import nearest_others
from tiefvision_assets.store.neighbours import ExactIndex
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord
from tiefvision_assets.store.served import ServedVersion
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.query import ranked

MOST_QUERIES = 2_000
"""Of more photos a sample is asked, always the same ones."""
_PRODUCTS = 400_000_000
"""Under a candidate the queries are compared with every photo: so many pairs at most, but 200 queries at least."""
_STORED = 50
"""Hits that are asked for, to have `HITS` left without those that the other version lacks."""
_BLOCK = 65_536


class NotComparable(TiefVisionError):
    """A candidate of which nothing can be searched before its photos are encoded anew."""


@dataclass(frozen=True)
class Comparison:
    """The hits of Q queries under both sides; numbers in ``queries``, ``old`` and ``new`` are rows of ``entries``."""

    entries: pd.DataFrame
    """The photos that both sides know, with the columns of the new side's index."""
    queries: np.ndarray
    old: np.ndarray
    """(Q, `HITS`) best first, `NO_HIT` where there are fewer."""
    new: np.ndarray
    moves: Moves
    only_old: int
    """Photos that only the old side has."""
    only_new: int


def compare_sides(
    store: Store, old: Side, new: Side, ranking: Ranking = "supervised", only: str | None = None
) -> Comparison:
    """Compare what both find for every photo that both know, or for a sample of `MOST_QUERIES`.

    With ``only``, an image_id, that photo is the one query, if both know it. Raises `NotComparable` for a candidate
    that is no ranking head on the embedding that is served.
    """
    first, second = _opened(store, old, ranking), _opened(store, new, ranking)
    row = positions(second.entries["image_id"], first.entries["image_id"])
    there = np.flatnonzero(row >= 0)
    same = first.entries["sha256"].to_numpy()[row[there]] == second.entries["sha256"].to_numpy()[there]
    in_new = there[same]
    in_old = row[in_new]
    entries = second.entries.iloc[in_new].reset_index(drop=True)
    if only is None:
        queries = _sample(entries["image_id"], _most(old, new, len(entries)))
    else:
        queries = np.flatnonzero(entries["image_id"].to_numpy(dtype=object) == only)
    found, now = _hits(first, in_old, queries), _hits(second, in_new, queries)
    only_old, only_new = len(first.entries) - len(in_old), len(second.entries) - len(in_new)
    return Comparison(entries, queries, found, now, moves_between(found, now), only_old, only_new)


@dataclass(frozen=True)
class _Opened:
    """A version's index, under a candidate's ranking head if there is one."""

    index: IndexVersion
    head: dict[str, np.ndarray] | None = None

    @property
    def entries(self) -> pd.DataFrame:
        return self.index.entries

    def nearest(self, rows: np.ndarray) -> np.ndarray:
        if self.head is None:
            return self.index.neighbours(rows, _STORED)[0]
        vectors = self.ranked()
        return nearest_others(ExactIndex(vectors), vectors, rows, _STORED)[0]

    def ranked(self) -> np.ndarray:
        """(N, R) float16 vectors of all photos by the candidate."""
        assert self.head is not None
        parts = []
        for start in range(0, len(self.entries), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(self.entries)))
            parts.append(ranked(self.index.vectors[rows].astype(np.float64), self.head).astype(np.float16))
        return np.concatenate(parts)


def why_not_comparable(store: Store, side: Side) -> str | None:
    """Why nothing can be searched under that side yet, in a sentence; None where it can be compared."""
    if isinstance(side, ServedVersion):
        return None
    if side.kind != RANKING_HEAD:
        return f"{side.name} are box heads: what they find is known when all photos are located and encoded by them."
    base = store.indexes.open("unsupervised", store.served.read().index["unsupervised"])
    record = store.models.record(RankingRecord, side.name)
    if record.inputs.embedding != base.record["inputs"]["embedding"]:
        return f"{side.name} ranks another embedding than the one that is served; compare the versions once it is."
    return None


def vectors_of(store: Store, side: Side, ranking: Ranking) -> tuple[pd.DataFrame, np.ndarray]:
    """The entries of a side's index and their (N, D) vectors under that ranking; see `compare_sides`."""
    opened = _opened(store, side, ranking)
    rows = np.arange(len(opened.entries))
    return opened.entries, opened.index.vectors[rows] if opened.head is None else opened.ranked()


def _opened(store: Store, side: Side, ranking: Ranking) -> _Opened:
    if isinstance(side, ServedVersion):
        return _Opened(store.indexes.open(ranking, side.index[ranking]))
    if reason := why_not_comparable(store, side):
        raise NotComparable(reason)
    base = store.indexes.open("unsupervised", store.served.read().index["unsupervised"])
    head = of_variant(store.models.tensors(RANKING_HEAD, side.name), FINAL)
    return _Opened(base, head if ranking == "supervised" and head else None)


def _most(old: Side, new: Side, photos: int) -> int:
    if not any(isinstance(side, Candidate) for side in (old, new)):
        return MOST_QUERIES
    return min(MOST_QUERIES, max(200, _PRODUCTS // max(1, photos)))


def _sample(image_ids: pd.Series, most: int) -> np.ndarray:
    """The photos whose ids come first: ids are hashes, so that they are drawn evenly, and the same in each version."""
    return np.sort(np.argsort(image_ids.to_numpy(dtype=str), kind="stable")[:most])


def _hits(side: _Opened, known: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """(Q, `HITS`) of the ``queries``; ``known`` are the rows of the side's entries that both sides have, in order."""
    number = np.full(len(side.entries) + 1, NO_HIT)  # the last one stands for row -1, no hit
    number[known] = np.arange(len(known))
    found = number[side.nearest(known[queries])] if len(queries) else np.empty((0, HITS), dtype=np.int64)
    first = np.argsort(found == NO_HIT, axis=1, kind="stable")[:, :HITS]
    hits = np.take_along_axis(found, first, axis=1)
    return np.pad(hits, ((0, 0), (0, HITS - hits.shape[1])), constant_values=NO_HIT)
