"""Versions of an index whose vectors lie in Milvus: what a version's folder says of them, and how a night writes one.

Beside the entries, a folder holds the collection's name with the version's number, from which version on each row is
valid (which, with the image_id, is its key), and the photos by which recall is measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.milvus.collection import Collection, key_of
from tiefvision_assets.store.milvus.engine import MilvusIndex, MilvusVectors
from tiefvision_assets.store.milvus.recall import LEAST_EF, Truth, tuned
from tiefvision_assets.store.milvus.server import MilvusProblem, Server, server_at
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json

PLACE, SINCE = "milvus.json", "since.npy"
LEAST_CARRIED = 0.5
"""With a smaller share of rows carried over, the collection is filled anew."""


@dataclass(frozen=True)
class Place:
    """Where a version's rows lie."""

    collection: str
    number: int
    """Of the version within the collection; grows from version to version, and is never used again."""
    dimensions: int

    @classmethod
    def of(cls, folder: Path) -> Place:
        """As it stands in the version's folder."""
        document = read_json(folder / PLACE, "collection", "number", "dimensions")
        return cls(document["collection"], document["number"], document["dimensions"])


def is_whole(server: Server, folder: Path) -> bool:
    """Whether Milvus still holds the version of that folder."""
    place = Place.of(folder)
    return Collection(server, place.collection).holds(place.number)


def engine_of(server: Server, folder: Path, entries: pd.DataFrame, stats: dict[str, float]) -> MilvusIndex:
    """The engine of the version in that folder."""
    place = Place.of(folder)
    return MilvusIndex(Collection(server, place.collection), place.number, entries["image_id"], stats)


def vectors_of(server: Server, folder: Path, entries: pd.DataFrame) -> MilvusVectors:
    """The vectors of the version in that folder."""
    place = Place.of(folder)
    keys = _keys(entries, np.load(hooks.near(folder / SINCE)))
    return MilvusVectors(Collection(server, place.collection), place.number, keys, place.dimensions)


def carried_over(before: Path, were: pd.DataFrame, entries: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    """(N,) row that each entry has, as it is, in the version of the folder ``before``, whose entries ``were``; else -1.

    ``origins`` are the rows with the same vector, or -1. All -1 where the collection is better filled anew: where most
    has changed, and where recall could not be measured any more.
    """
    anew = np.full(len(entries), -1)
    if list(entries.columns) != list(were.columns):
        return anew
    kept = np.flatnonzero(origins >= 0)
    now, then = entries.iloc[kept].reset_index(drop=True), were.iloc[origins[kept]].reset_index(drop=True)
    kept = kept[(now == then).all(axis=1).to_numpy(dtype=bool)]
    carried = anew.copy()
    carried[kept] = origins[kept]
    if len(kept) < LEAST_CARRIED * len(entries) or Truth.load(before).without(_gone(were, carried)) is None:
        return anew
    return carried


def write_anew(server: Server, folder: Path, name: str, entries: pd.DataFrame, vectors: np.ndarray) -> MilvusIndex:
    """Fill a collection of that name with all entries and their (N, D) vectors; the folder gets what says so."""
    place = Place(name, _number_after(0), vectors.shape[1])
    write_json(folder / PLACE, asdict(place))  # first, so that garbage collection finds what a killed build left
    collection = Collection(server, name)
    try:
        collection.create(entries, place.dimensions)
        collection.add(place.number, entries, vectors)
        collection.seal()
        collection.complete(place.number, entries, place.dimensions)
    except BaseException:
        with suppress(MilvusProblem):
            collection.drop()
        raise
    truth = Truth.of(entries["image_id"].to_numpy(dtype=object), vectors)
    return _written(collection, place, folder, entries, np.full(len(entries), place.number), truth)


def write_changes(
    server: Server,
    folder: Path,
    before: Path,
    were: pd.DataFrame,
    entries: pd.DataFrame,
    carried: np.ndarray,
    vectors: np.ndarray,
    ef: float,
) -> MilvusIndex:
    """Add what has come, and end what has gone, since the version in the folder ``before`` with the entries ``were``.

    ``carried`` is what `carried_over` told; the (A, D) vectors are those of the entries that are not carried over. No
    fewer than ``ef`` candidates are kept, as before: rows that Milvus has not indexed yet are found without.
    """
    old, since = Place.of(before), np.load(hooks.near(before / SINCE))
    added, gone = np.flatnonzero(carried < 0), np.setdiff1d(np.arange(len(were)), carried)
    place = Place(old.collection, _number_after(old.number), old.dimensions)
    write_json(folder / PLACE, asdict(place))
    collection = Collection(server, old.collection)
    collection.restore(old.number)
    collection.add(place.number, entries.iloc[added], vectors)
    collection.end(place.number, _keys(were.iloc[gone], since[gone]).tolist())
    collection.complete(place.number, entries, place.dimensions)
    truth = Truth.load(before).without(_gone(were, carried))
    assert truth is not None, "carried_over has looked"
    ids = entries["image_id"].to_numpy(dtype=object)[added]
    since = np.where(carried < 0, place.number, since[carried.clip(0)])
    return _written(collection, place, folder, entries, since, truth.along_with(ids, vectors), ef)


def take_alias(url: str | None, folder: Path, alias: str) -> None:
    """Let the alias name the collection of the version in that folder, if it has one."""
    if (folder / PLACE).exists():
        Collection(server_at(url), Place.of(folder).collection).take_alias(alias)


def collections_in(folders: Iterable[Path]) -> set[str]:
    """The collections of the versions among these folders and files, as far as they have one that can be read."""
    found = set()
    for folder in folders:
        with suppress(FileNotFoundError, NotADirectoryError, DamagedFile):
            found.add(Place.of(folder).collection)
    return found


def drop(url: str | None, collections: Iterable[str]) -> None:
    """Drop these collections; without any, Milvus is not asked."""
    for name in sorted(collections):
        Collection(server_at(url), name).drop()


def _written(
    collection: Collection,
    place: Place,
    folder: Path,
    entries: pd.DataFrame,
    since: np.ndarray,
    truth: Truth,
    least: float = LEAST_EF,
) -> MilvusIndex:
    np.save(folder / SINCE, since.astype(np.int64))
    truth.save(folder)
    index = MilvusIndex(collection, place.number, entries["image_id"], {"ef": 0.0, "recall@10": 0.0})
    tuned(index, truth, least)
    return index


def _gone(were: pd.DataFrame, carried: np.ndarray) -> np.ndarray:
    """The ids of the entries that are not carried over."""
    return were["image_id"].to_numpy(dtype=object)[np.setdiff1d(np.arange(len(were)), carried)]


def _keys(entries: pd.DataFrame, since: np.ndarray) -> np.ndarray:
    pairs = zip(entries["image_id"], since.tolist(), strict=True)
    return np.array([key_of(image_id, version) for image_id, version in pairs], dtype=object)


def _number_after(number: int) -> int:
    """A larger number that no build has had: the time in milliseconds."""
    return max(number + 1, time.time_ns() // 1_000_000)
