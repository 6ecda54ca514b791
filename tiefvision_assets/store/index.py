"""The similarity index on disk: for each ranking versions with vectors, entries, engine and the k-NN graph."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.approximate_graph import approximate_graph, graph_recall
from tiefvision_assets.store.atomic import atomic_folder, link_or_copy, read_json, write_json, write_parquet
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import Graph, build_graph, is_worth_updating, updated_graph
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.neighbours import EXACT_LIMIT, Engine, ExactIndex, VectorIndex

Ranking = Literal["unsupervised", "supervised"]
RANKINGS: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
RECORD, ENTRIES, VECTORS, ENCODED = "index.json", "entries.parquet", "vectors.npy", "encoded.npy"
NEIGHBOURS, SCORES = "neighbours.npy", "scores.npy"


class NoIndex(TiefVisionError):
    """Nothing can be searched yet."""


@dataclass(frozen=True)
class IndexVersion:
    """One immutable version, opened for reading."""

    folder: Path

    def load(self) -> IndexVersion:
        """Open all parts now, so that this reader can use the version even after its folder was removed."""
        _ = self.record, self.entries, self.vectors, self.graph, self.engine
        return self

    @cached_property
    def record(self) -> dict[str, Any]:
        """The version's record: inputs, engine with its stats, file sizes, and thresholds of the similarity levels."""
        return read_json(self.folder / RECORD)

    @cached_property
    def entries(self) -> pd.DataFrame:
        """One row a live photo, in the order of the vectors: image_id, path, sha256, width, height, and its box."""
        return pd.read_parquet(self.folder / ENTRIES)

    @cached_property
    def rows(self) -> dict[str, int]:
        """image_id → row."""
        return {image_id: row for row, image_id in enumerate(self.entries["image_id"])}

    @cached_property
    def vectors(self) -> np.ndarray:
        """(N, D) float16 of unit length, memory-mapped."""
        return np.load(self.folder / VECTORS, mmap_mode="r")

    @cached_property
    def encoded(self) -> np.ndarray:
        """(N, 4) int32 boxes under which the photos were encoded; memory-mapped."""
        return np.load(self.folder / ENCODED, mmap_mode="r")

    @cached_property
    def graph(self) -> Graph:
        """The k-NN graph; memory-mapped."""
        return Graph(*(np.load(self.folder / name, mmap_mode="r") for name in (NEIGHBOURS, SCORES)))

    @cached_property
    def engine(self) -> VectorIndex:
        """The nearest-neighbour engine over the vectors."""
        if self.record["engine"] == "faiss":
            return FaissIndex.load(self.folder, self.vectors, self.record["stats"])
        return ExactIndex(self.vectors)

    def where(self, condition: str) -> np.ndarray:
        """(N,) whether an SQL condition on the columns holds for each entry; see `rows_where`."""
        from tiefvision_assets.store.where import rows_where

        return rows_where(self._table, condition)

    @cached_property
    def _table(self) -> pa.Table:
        return pa.Table.from_pandas(self.entries, preserve_index=False)


@dataclass(frozen=True)
class Before:
    """A version from which another one is made."""

    index: IndexVersion
    origins: np.ndarray
    """(N,) row in this version of each entry of the new version, if it has the same vector; -1 for new vectors."""


class Indexes:
    """The index versions of one data folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def exists(self, ranking: Ranking, version: str) -> bool:
        """Whether that version is on disk with all its files, each as large as when it was written."""
        folder = self._layout.index(ranking, version)
        try:
            files: dict[str, int] = read_json(folder / RECORD)["files"]
            return all((folder / name).stat().st_size == size for name, size in files.items())
        except (OSError, json.JSONDecodeError, KeyError):
            return False

    def open(self, ranking: Ranking, version: str) -> IndexVersion:
        """Open that version for reading; `NoIndex` if it is not completely on disk."""
        if not self.exists(ranking, version):
            raise NoIndex(f"The {ranking} index {version} is not in the data folder, or damaged; run `tiefvision run`.")
        return IndexVersion(self._layout.index(ranking, version))

    def build(
        self,
        ranking: Ranking,
        version: str,
        entries: pd.DataFrame,
        vectors: np.ndarray,
        engine: Engine,
        record: Mapping[str, Any] | Callable[[Graph], Mapping[str, Any]],
        before: Before | None = None,
        encoded: np.ndarray | None = None,
    ) -> IndexVersion:
        """Write a version: the (N, D) vectors of the entries, the engine over them and the k-NN graph.

        ``record`` holds additional entries of the version's record, or computes them from the graph; ``encoded`` are
        the (N, 4) boxes of the vectors. Where the photos come in the same order as in ``before``, its engine and graph
        are updated instead of built anew, with the same answers. Where faiss searches more than `EXACT_LIMIT` vectors,
        a graph that is built anew is approximate and may miss neighbours; the record's ``graph`` and
        ``graph_recall@10`` say so.
        """
        vectors = np.asarray(vectors, dtype=np.float16)
        if before and not (np.diff(before.origins[before.origins >= 0]) > 0).all():
            before = None
        made = _engine(engine, vectors, before)
        graph, is_exact = _graph(made, vectors, before)
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            arrays = {VECTORS: vectors, NEIGHBOURS: graph.neighbours, SCORES: graph.scores}
            arrays |= {ENCODED: np.asarray(encoded, dtype=np.int32)} if encoded is not None else {}
            for name, array in arrays.items():
                np.save(folder / name, array)
            write_parquet(folder / ENTRIES, entries)
            made.save(folder)
            stats = made.stats() | {"graph_recall@10": 1.0 if is_exact else graph_recall(graph, vectors)}
            document: dict[str, Any] = {"ranking": ranking, "version": version, "stats": stats}
            document["graph"] = "exact" if is_exact else "approximate"
            document |= record(graph) if callable(record) else record
            document["engine"] = "faiss" if isinstance(made, FaissIndex) else "exact"
            document["updated_from"] = before.index.folder.name if before else None
            document["files"] = {file.name: file.stat().st_size for file in folder.iterdir()}
            write_json(folder / RECORD, document)
        return self.open(ranking, version)

    def again(self, other: IndexVersion, ranking: Ranking, version: str) -> IndexVersion:
        """Write a version with the same contents as a version of the other ranking, by linking its files."""
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            for name in other.record["files"]:
                link_or_copy(other.folder / name, folder / name)
            write_json(folder / RECORD, {**other.record, "ranking": ranking, "version": version})
        return self.open(ranking, version)


def _engine(engine: Engine, vectors: np.ndarray, before: Before | None) -> VectorIndex:
    if engine == "exact" or not len(vectors):
        return ExactIndex(vectors)
    if before and before.index.record["engine"] == "faiss":
        return before.index.engine.updated(vectors, before.origins)
    return FaissIndex.build(vectors)


def _graph(made: VectorIndex, vectors: np.ndarray, before: Before | None) -> tuple[Graph, bool]:
    """The graph, updated from the one before where that is faster, and whether it is exact."""
    approximate = isinstance(made, FaissIndex) and len(vectors) > EXACT_LIMIT
    if before and is_worth_updating(before.origins):
        was_exact = before.index.record.get("graph", "exact") == "exact"
        if was_exact or approximate:
            return updated_graph(before.index.graph, vectors, before.origins), was_exact
    if isinstance(made, FaissIndex) and approximate:
        return approximate_graph(vectors, made), False
    return build_graph(vectors), True
