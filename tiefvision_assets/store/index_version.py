"""One version of the similarity index of one ranking, opened for reading, whatever engine answers from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.milvus import versions as milvus
from tiefvision_assets.store.milvus.engine import MilvusIndex, MilvusVectors
from tiefvision_assets.store.milvus.server import server_at
from tiefvision_assets.store.neighbours import ExactIndex, VectorIndex
from tiefvision_assets.store.sealed import read_json, read_table

Ranking = Literal["unsupervised", "supervised"]
RANKINGS: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
RECORD, ENTRIES, VECTORS, ENCODED = "index.json", "entries.parquet", "vectors.npy", "encoded.npy"
NEIGHBOURS, SCORES = "neighbours.npy", "scores.npy"
_BLOCK = 4_096
"""Rows whose vectors are fetched at once, to ask for their neighbours."""


@dataclass(frozen=True)
class IndexVersion:
    """One immutable version, opened for reading."""

    folder: Path
    index_url: str | None = None
    """Address of Milvus, where the vectors may lie."""

    def load(self) -> IndexVersion:
        """Open all parts now, so that this reader can use the version even after its folder was removed."""
        _ = self.record, self.entries, self.vectors, self.graph, self.engine
        return self

    @cached_property
    def record(self) -> dict[str, Any]:
        """The version's record: inputs, engine with its stats, file sizes, and thresholds of the similarity levels."""
        return read_json(self.folder / RECORD)

    @property
    def is_in_milvus(self) -> bool:
        """Whether vectors and neighbours are asked of Milvus."""
        return bool(self.record.get("engine") == "milvus")

    @cached_property
    def entries(self) -> pd.DataFrame:
        """One row a live photo, in the order of the vectors: image_id, path, sha256, width, height, and its box."""
        # texts in one piece: taking a few rows out of several pieces joins them first, 5 ms a column and million rows
        entries: pd.DataFrame = read_table(self.folder / ENTRIES).combine_chunks().to_pandas()
        return entries

    @cached_property
    def rows(self) -> dict[str, int]:
        """image_id → row."""
        image_ids = self.entries["image_id"].to_numpy(dtype=object)  # pandas hands texts out one by one, slowly
        return {image_id: row for row, image_id in enumerate(image_ids)}

    @cached_property
    def vectors(self) -> np.ndarray | MilvusVectors:
        """(N, D) float16 of unit length: memory-mapped, or fetched by rows."""
        if self.is_in_milvus:
            return milvus.vectors_of(server_at(self.index_url), self.folder, self.entries)
        return self._mapped

    @cached_property
    def _mapped(self) -> np.ndarray:
        vectors: np.ndarray = np.load(hooks.near(self.folder / VECTORS), mmap_mode="r")
        return vectors

    @cached_property
    def encoded(self) -> np.ndarray:
        """(N, 4) int32 boxes under which the photos were encoded; memory-mapped."""
        return np.load(hooks.near(self.folder / ENCODED), mmap_mode="r")

    @cached_property
    def graph(self) -> Graph | None:
        """The k-NN graph, memory-mapped; None where neighbours are asked of Milvus."""
        if self.is_in_milvus:
            return None
        return Graph(*(np.load(hooks.near(self.folder / name), mmap_mode="r") for name in (NEIGHBOURS, SCORES)))

    @cached_property
    def engine(self) -> VectorIndex:
        """The nearest-neighbour engine over the vectors."""
        if self.is_in_milvus:
            return milvus.engine_of(server_at(self.index_url), self.folder, self.entries, self.record["stats"])
        if self.record["engine"] == "faiss":
            return FaissIndex.load(self.folder, self._mapped, self.record["stats"])
        return ExactIndex(self._mapped)

    def neighbours(self, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(R,) rows → (R, k') rows of the photos nearest to each, itself left out, best first, and their scores.

        Where there are fewer, and where a stored list is shorter, row -1 and score -inf.
        """
        if self.graph is not None:
            return np.asarray(self.graph.neighbours[rows, :k]), np.asarray(self.graph.scores[rows, :k])
        return nearest_others(self.engine, self.vectors, rows, k)

    def search(
        self, queries: np.ndarray, k: int, condition: str | None, among: Callable[[str], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `VectorIndex.search`, among the entries that an SQL condition chooses.

        ``among`` tells (N,) whether it holds for each entry; it is asked unless Milvus can be.
        """
        if condition is None:
            return self.engine.search(queries, k)
        if isinstance(self.engine, MilvusIndex):
            from tiefvision_assets.store.milvus.expressions import translated

            kinds = {str(name): getattr(dtype, "kind", "O") for name, dtype in self.entries.dtypes.items()}
            expression = translated(condition, kinds)
            if expression is not None:
                return self.engine.search_where(queries, k, expression)
        return self.engine.search(queries, k, among(condition))

    def columns(self, also: Mapping[str, np.ndarray] | None = None) -> pa.Table:
        """The entries and, column by column, what else is known of them; for `store.where.rows_where`."""
        table = self._table
        for name, values in (also or {}).items():
            table = table.append_column(name, pa.array(values))
        return table

    @cached_property
    def _table(self) -> pa.Table:
        return pa.Table.from_pandas(self.entries, preserve_index=False)


def nearest_others(
    engine: VectorIndex, vectors: np.ndarray | MilvusVectors, rows: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """(R,) rows → (R, k') rows nearest to each by the engine, itself left out, and their scores; padded as its are."""
    parts = [_nearest_others(engine, vectors, some, k) for some in np.split(rows, range(_BLOCK, len(rows), _BLOCK))]
    return np.concatenate([found for found, _ in parts]), np.concatenate([scores for _, scores in parts])


def _nearest_others(
    engine: VectorIndex, vectors: np.ndarray | MilvusVectors, rows: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    found, scores = engine.search(vectors[rows], k + 1)
    own = found == rows[:, None]
    own[~own.any(axis=1), -1:] = True  # its copies came before it: there is one too many
    shape = (len(rows), max(0, found.shape[1] - 1))
    return found[~own].reshape(shape), scores[~own].reshape(shape)
