"""The similarity index on disk: for each ranking a version with vectors, entries, and everybody's neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_folder, read_json, write_json, write_parquet
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.neighbours import Engine, ExactIndex, FaissIndex, VectorIndex, neighbour_graph

Ranking = Literal["unsupervised", "supervised"]
RANKINGS: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
STORED_NEIGHBOURS = 50


class NoIndex(TiefVisionError):
    """Nothing can be searched yet."""


@dataclass(frozen=True)
class IndexVersion:
    """One immutable version, opened for reading."""

    folder: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        """What the version was built from, and the score levels."""
        return read_json(self.folder / "index.json")

    @cached_property
    def entries(self) -> pd.DataFrame:
        """A row a live photo, in the order of the vectors: image_id, path, sha256, width, height, and its box."""
        return pd.read_parquet(self.folder / "entries.parquet")

    @cached_property
    def rows(self) -> dict[str, int]:
        """image_id → row."""
        return {image_id: row for row, image_id in enumerate(self.entries["image_id"])}

    @cached_property
    def vectors(self) -> np.ndarray:
        """(N, D) float16 of unit length, memory-mapped."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")

    @cached_property
    def graph(self) -> tuple[np.ndarray, np.ndarray]:
        """(N, K) rows of everybody's neighbours, best first, and (N, K) their scores; memory-mapped."""
        return (
            np.load(self.folder / "neighbours.npy", mmap_mode="r"),
            np.load(self.folder / "scores.npy", mmap_mode="r"),
        )

    def neighbours(self, row: int, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(k',) rows nearest to a row's vector, best first, and their scores; None where the graph holds too few."""
        neighbours, scores = self.graph
        stored = neighbours.shape[1]
        return (neighbours[row, :k], scores[row, :k]) if k <= stored or stored == len(neighbours) - 1 else None

    def where(self, condition: str) -> np.ndarray:
        """(N,) the entries for which an SQL condition on their columns holds; see `rows_where`."""
        from tiefvision_assets.store.where import rows_where

        return rows_where(pa.Table.from_pandas(self.entries, preserve_index=False), condition)

    @cached_property
    def engine(self) -> VectorIndex:
        """The nearest-neighbour engine over the vectors."""
        if self.record["engine"] == "faiss":
            return FaissIndex.load(self.folder / "faiss.index", self.vectors)
        return ExactIndex(self.vectors)


class Indexes:
    """The index versions of one data folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def exists(self, ranking: Ranking, version: str) -> bool:
        """Whether that version is on disk, whole."""
        return (self._layout.index(ranking, version) / "index.json").exists()

    def open(self, ranking: Ranking, version: str) -> IndexVersion:
        """That version, for reading; `NoIndex` if it is not on disk."""
        if not self.exists(ranking, version):
            raise NoIndex(f"The {ranking} index {version} is not in the data folder; run `tiefvision run`.")
        return IndexVersion(self._layout.index(ranking, version))

    def build(
        self,
        ranking: Ranking,
        version: str,
        entries: pd.DataFrame,
        vectors: np.ndarray,
        engine: Engine,
        record: dict[str, Any],
    ) -> IndexVersion:
        """Write a version: the (N, D) vectors of the entries, the engine over them and the k-NN graph."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float16)
        neighbours, scores = neighbour_graph(vectors, STORED_NEIGHBOURS)
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            np.save(folder / "vectors.npy", vectors)
            np.save(folder / "neighbours.npy", neighbours)
            np.save(folder / "scores.npy", scores)
            write_parquet(folder / "entries.parquet", entries)
            if engine == "faiss":
                FaissIndex.build(vectors).save(folder / "faiss.index")
            write_json(folder / "index.json", {"ranking": ranking, "version": version, "engine": engine, **record})
        return self.open(ranking, version)
