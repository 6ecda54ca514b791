"""The similarity index on disk: for each ranking versions with vectors, entries, engine and the k-NN graph."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Collection, Mapping, Set
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.approximate_graph import graph_recall
from tiefvision_assets.store.atomic import TEMPORARY, atomic_folder, link_or_copy
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.engine_and_graph import Before, made_engine, made_graph
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.index_version import (
    ENCODED,
    ENTRIES,
    NEIGHBOURS,
    RANKINGS,
    RECORD,
    SCORES,
    VECTORS,
    IndexVersion,
    Ranking,
    nearest_others,
)
from tiefvision_assets.store.index_without_checksums import refuse_what_are_no_cosines
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.milvus import versions as milvus
from tiefvision_assets.store.milvus.engine import MilvusVectors
from tiefvision_assets.store.milvus.server import MilvusProblem, server_at
from tiefvision_assets.store.neighbours import Engine
from tiefvision_assets.store.sealed import (
    DamagedFile,
    checksum,
    read_json,
    write_json,
    write_parquet,
)

__all__ = ["CHECKSUMS", "ENTRIES", "RANKINGS", "Before", "IndexVersion", "Indexes", "NoIndex", "Ranking"]
CHECKSUMS = "checksums"
"""Key of the record under which the checksums of the other files stand; versions of before have none."""
_SAMPLE = 1_024
"""Photos whose nearest is asked of Milvus, to tell what is very similar in the catalogue."""
Record: TypeAlias = Mapping[str, Any] | Callable[[Graph, "np.ndarray | MilvusVectors"], Mapping[str, Any]]
"""Additional entries of a version's record, or what computes them from the graph and the (N, D) vectors.

In Milvus there is no graph: in its place are the nearest photos of a sample, of one each.
"""


class NoIndex(TiefVisionError):
    """Nothing can be searched yet."""


class Indexes:
    """The index versions of one data folder."""

    def __init__(self, layout: Layout, index_url: str | None = None) -> None:
        """``index_url`` is the address of Milvus, which indexes in it need."""
        self._layout = layout
        self._index_url = index_url

    def exists(self, ranking: Ranking, version: str) -> bool:
        """Whether that version is on disk with all its files, each as it was written."""
        return self.problem(ranking, version) is None

    def problem(self, ranking: Ranking, version: str) -> str | None:
        """What is wrong with that version, in a sentence; None where nothing is."""
        try:
            self.open(ranking, version)
        except (NoIndex, DamagedFile, MilvusProblem) as error:
            return str(error)
        return None

    def open(self, ranking: Ranking, version: str) -> IndexVersion:
        """Open that version for reading.

        Raises `NoIndex` if it is not in the data folder, or not in Milvus any more, `MilvusProblem` if that does not
        answer, and `DamagedFile` if one of its files is not as it was written. Versions of before files had checksums
        are damaged where their numbers cannot be cosines.
        """
        folder = self._layout.index(ranking, version)
        hooks.near(folder / RECORD)
        if not folder.is_dir():
            raise NoIndex(f"The {ranking} index {version} is not in the data folder; run `tiefvision run`.")
        try:
            record = read_json(folder / RECORD, "files")
            for name, size in record["files"].items():
                if hooks.near(folder / name).stat().st_size != size:
                    raise DamagedFile(folder / name, f"it has not the {size} bytes that were written")
                if checksum(folder / name) != record.get(CHECKSUMS, {}).get(name, checksum(folder / name)):
                    raise DamagedFile(folder / name, "its checksum differs")
            index = IndexVersion(folder, self._index_url)
            if CHECKSUMS not in record:
                refuse_what_are_no_cosines(folder)
        except FileNotFoundError as error:
            raise DamagedFile(Path(error.filename), "it is gone") from None
        if index.is_in_milvus:
            server = server_at(self._index_url)
            if not milvus.is_whole(server, folder):
                raise NoIndex(f"Milvus at {server.name} no longer holds the {ranking} index; run `tiefvision run`.")
        return index

    def forget(self, ranking_head: str) -> None:
        """Remove the versions that were built with that ranking head."""
        for record in list(self._layout.index("supervised", "*").parent.glob("[!.]*/index.json")):
            if ranking_head in hooks.near(record).read_text(encoding="utf-8", errors="replace"):
                self.drop_collections({record.parent})
                _remove(record.parent)

    def remove(self, ranking: Ranking, version: str) -> None:
        """Remove that version, if it is there."""
        folder = self._layout.index(ranking, version)
        if folder.exists():
            self.drop_collections({folder})
            _remove(folder)

    def build(
        self,
        ranking: Ranking,
        version: str,
        entries: pd.DataFrame,
        vectors: np.ndarray,
        engine: Engine,
        record: Record,
        before: Before | None = None,
        encoded: np.ndarray | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexVersion:
        """Write a version: the (N, D) vectors of the entries, the engine over them and the k-NN graph.

        ``record`` holds additional entries of the version's record, or computes them (`Record`); ``encoded`` are the
        (N, 4) boxes of the vectors. Where the photos come in the same order as in ``before``, its engine and graph are
        updated instead of built anew, with the same answers. Where faiss searches more than `EXACT_LIMIT` vectors, a
        graph that is built anew is approximate and may miss neighbours; the record's ``graph`` and ``graph_recall@10``
        say so. ``progress(done, total)`` counts the vectors whose neighbours are found.
        """
        vectors = np.asarray(vectors, dtype=np.float16)
        if before and (before.index.is_in_milvus or not (np.diff(before.origins[before.origins >= 0]) > 0).all()):
            before = None
        made = made_engine(engine, vectors, before)
        graph, is_exact = made_graph(made, vectors, before, progress)
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            arrays = {VECTORS: vectors, NEIGHBOURS: graph.neighbours, SCORES: graph.scores}
            arrays |= {ENCODED: np.asarray(encoded, dtype=np.int32)} if encoded is not None else {}
            for name, array in arrays.items():
                np.save(folder / name, array)
            write_parquet(folder / ENTRIES, entries)
            made.save(folder)
            stats = made.stats() | {"graph_recall@10": 1.0 if is_exact else graph_recall(graph, vectors)}
            document: dict[str, Any] = {"stats": stats, "graph": "exact" if is_exact else "approximate"}
            document |= record(graph, vectors) if callable(record) else record
            document["engine"] = "faiss" if isinstance(made, FaissIndex) else "exact"
            document["updated_from"] = before.index.folder.name if before else None
            _seal(folder, ranking, version, document)
        return self.open(ranking, version)

    def carried_over(self, engine: Engine, entries: pd.DataFrame, before: Before | None) -> np.ndarray:
        """(N,) row in ``before`` of each entry that needs no vector for `build_in_milvus`; -1 for the others, and all
        of them for other engines."""
        if engine != "milvus" or before is None or not before.index.is_in_milvus:
            return np.full(len(entries), -1)
        return milvus.carried_over(before.index.folder, before.index.entries, entries, before.origins)

    def build_in_milvus(
        self,
        ranking: Ranking,
        version: str,
        entries: pd.DataFrame,
        vectors: np.ndarray,
        record: Record,
        before: Before | None,
        carried: np.ndarray,
        encoded: np.ndarray,
    ) -> IndexVersion:
        """Write a version whose vectors lie in Milvus: what `carried_over` told is ``carried``, the (A, D) ``vectors``
        are those of the other entries."""
        server, target = server_at(self._index_url), self._layout.index(ranking, version)
        replaced = milvus.collections_in({target})
        with atomic_folder(target) as folder:
            if before and (carried >= 0).any():
                were, ef = before.index.entries, before.index.record["stats"]["ef"]
                made = milvus.write_changes(server, folder, before.index.folder, were, entries, carried, vectors, ef)
            else:
                before, name = None, f"tiefvision_{ranking}_{version}_{uuid.uuid4().hex[:8]}"
                made = milvus.write_anew(server, folder, name, entries, vectors)
            np.save(folder / ENCODED, encoded.astype(np.int32))
            write_parquet(folder / ENTRIES, entries)
            stored = milvus.vectors_of(server, folder, entries)
            sample = np.sort(np.random.default_rng(2).permutation(len(entries))[:_SAMPLE])
            graph = Graph(*nearest_others(made, stored, sample, 1))
            document: dict[str, Any] = {"stats": made.stats(), "graph": "none"}
            document |= record(graph, stored) if callable(record) else record
            document |= {"engine": "milvus", "updated_from": before.index.folder.name if before else None}
            _seal(folder, ranking, version, document)
        milvus.drop(self._index_url, replaced - self._collections())
        return self.open(ranking, version)

    def take_aliases(self, versions: Mapping[str, str]) -> None:
        """Let the aliases ``tiefvision_<ranking>`` name the collections of these versions, as far as they have one."""
        for ranking, version in versions.items():
            milvus.take_alias(self._index_url, self._layout.index(ranking, version), f"tiefvision_{ranking}")

    def drop_collections(self, removed: Collection[Path]) -> None:
        """Drop the collections in Milvus that only these folders name, which are about to be removed."""
        milvus.drop(self._index_url, milvus.collections_in(removed) - self._collections(set(removed)))

    def _collections(self, without: Set[Path] = frozenset()) -> set[str]:
        """The collections that the folders of versions name, whole or left by killed builds."""
        places = self._layout.index("", "").glob(f"*/*/{milvus.PLACE}")
        return milvus.collections_in({place.parent for place in places} - without)

    def again(self, other: IndexVersion, ranking: Ranking, version: str) -> IndexVersion:
        """Write a version with the same contents as a version of the other ranking, by linking its files."""
        with atomic_folder(self._layout.index(ranking, version)) as folder:
            for name in other.record["files"]:
                link_or_copy(other.folder / name, folder / name)
            write_json(folder / RECORD, {**other.record, "ranking": ranking, "version": version})
        return self.open(ranking, version)


def _seal(folder: Path, ranking: Ranking, version: str, document: Mapping[str, Any]) -> None:
    """Write the record of a version whose other files are in the folder, with their sizes and checksums."""
    files = sorted(folder.iterdir())
    sizes = {file.name: file.stat().st_size for file in files}
    named = {"ranking": ranking, "version": version, **document}
    write_json(folder / RECORD, {**named, "files": sizes, CHECKSUMS: {file.name: checksum(file) for file in files}})


def _remove(folder: Path) -> None:
    hooks.withdraw(folder)
    shutil.rmtree(folder.rename(folder.with_name(f"{TEMPORARY}{folder.name}")))
