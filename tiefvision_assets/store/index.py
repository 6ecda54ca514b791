"""The similarity index on disk: for each ranking versions with vectors, entries, engine and the k-NN graph."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.approximate_graph import approximate_graph, graph_recall
from tiefvision_assets.store.atomic import TEMPORARY, atomic_folder, link_or_copy
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import Graph, build_graph, is_worth_updating, updated_graph
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.neighbours import EXACT_LIMIT, Engine, ExactIndex, VectorIndex
from tiefvision_assets.store.sealed import (
    DamagedFile,
    checksum,
    examine,
    read_json,
    read_parquet,
    write_json,
    write_parquet,
)
from tiefvision_assets.store.stamp import Stamps, stamps_of

Ranking = Literal["unsupervised", "supervised"]
RANKINGS: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
RECORD, ENTRIES, VECTORS, ENCODED = "index.json", "entries.parquet", "vectors.npy", "encoded.npy"
NEIGHBOURS, SCORES = "neighbours.npy", "scores.npy"
CHECKSUMS = "checksums"
"""Key of the record under which the checksums of the other files stand; versions of before have none."""
_LONGEST = 1.01
"""No vector is longer: rounding to float16 changes its unit length by less."""
_BLOCK = 65_536


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
        return read_parquet(self.folder / ENTRIES)

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

    def where(self, condition: str, also: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
        """(N,) whether an SQL condition on the columns, and on ``also``, holds for each entry; see `rows_where`."""
        from tiefvision_assets.store.where import rows_where

        table = self._table
        for name, values in (also or {}).items():
            table = table.append_column(name, pa.array(values))
        return rows_where(table, condition)

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
        """Whether that version is on disk with all its files, each as it was written."""
        return self.problem(ranking, version) is None

    def problem(self, ranking: Ranking, version: str) -> str | None:
        """What is wrong with that version, in a sentence; None where nothing is."""
        try:
            self.open(ranking, version)
        except (NoIndex, DamagedFile) as error:
            return str(error)
        return None

    def open(self, ranking: Ranking, version: str) -> IndexVersion:
        """Open that version for reading.

        Raises `NoIndex` if it is not in the data folder, and `DamagedFile` if one of its files is not as it was
        written. Versions of before files had checksums are damaged where their numbers cannot be cosines.
        """
        folder = self._layout.index(ranking, version)
        if not folder.is_dir():
            raise NoIndex(f"The {ranking} index {version} is not in the data folder; run `tiefvision run`.")
        try:
            record = read_json(folder / RECORD, "files")
            for name, size in record["files"].items():
                if (folder / name).stat().st_size != size:
                    raise DamagedFile(folder / name, f"it has not the {size} bytes that were written")
                if checksum(folder / name) != record.get(CHECKSUMS, {}).get(name, checksum(folder / name)):
                    raise DamagedFile(folder / name, "its checksum differs")
            index = IndexVersion(folder)
            if CHECKSUMS not in record:
                _refuse_what_are_no_cosines(index)
        except FileNotFoundError as error:
            raise DamagedFile(Path(error.filename), "it is gone") from None
        return index

    def forget(self, ranking_head: str) -> None:
        """Remove the versions that were built with that ranking head."""
        for record in list(self._layout.index("supervised", "*").parent.glob("[!.]*/index.json")):
            if ranking_head in record.read_text(encoding="utf-8", errors="replace"):
                nameless = record.parent.with_name(f"{TEMPORARY}{record.parent.name}")
                shutil.rmtree(record.parent.rename(nameless))

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
            files = sorted(folder.iterdir())
            document["files"] = {file.name: file.stat().st_size for file in files}
            document[CHECKSUMS] = {file.name: checksum(file) for file in files}
            write_json(folder / RECORD, document)
        return self.open(ranking, version)

    def again(self, other: IndexVersion, ranking: Ranking, version: str) -> IndexVersion:
        """Write a version with the same contents as a version of the other ranking, by linking its files."""
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            for name in other.record["files"]:
                link_or_copy(other.folder / name, folder / name)
            write_json(folder / RECORD, {**other.record, "ranking": ranking, "version": version})
        return self.open(ranking, version)


def _refuse_what_are_no_cosines(index: IndexVersion) -> None:
    parts = [index.folder / name for name in (VECTORS, NEIGHBOURS, SCORES, ENTRIES)]
    spoilt = _first_spoilt(index.folder, stamps_of(parts))
    if spoilt:
        raise DamagedFile(spoilt, "its numbers cannot be right")


@lru_cache(maxsize=16)
def _first_spoilt(folder: Path, stamps: Stamps) -> Path | None:
    """The first part of a version without checksums that cannot be right; the stamps say when to look again."""
    index = IndexVersion(folder)
    examine(folder / ENTRIES)
    for name in (VECTORS, NEIGHBOURS, SCORES):
        try:
            np.load(folder / name, mmap_mode="r")
        except (ValueError, EOFError):
            return folder / name
    for start in range(0, len(index.vectors), _BLOCK):
        block = index.vectors[start : start + _BLOCK].astype(np.float32)
        if not (np.einsum("nd,nd->n", block, block) <= _LONGEST**2).all():
            return folder / VECTORS
    neighbours, scores = index.graph
    if not ((neighbours >= -1) & (neighbours < len(index.vectors))).all():
        return folder / NEIGHBOURS
    return None if (np.abs(scores[neighbours >= 0]) <= _LONGEST**2).all() else folder / SCORES


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
