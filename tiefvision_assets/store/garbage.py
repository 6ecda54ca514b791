"""Finding and removing what nothing below the data folder refers to any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import read_json

PAST = {"updated_from", "decisions"}
"""Keys of records that tell where a thing came from or what was said of it, but are not needed to use it."""


@dataclass(frozen=True)
class Item:
    """A folder or file that was made, is named by its fingerprint, and is kept or removed as a whole."""

    path: Path
    bytes: int

    @property
    def name(self) -> str:
        """Its fingerprint."""
        return self.path.name.removesuffix(".parquet")


def unreferenced(layout: Layout, roots: Iterable[str], alone: Iterable[str] = ()) -> list[Item]:
    """The things that can be reached from none of the ``roots`` (fingerprints), and leftovers of killed processes.

    A thing that is kept keeps everything that its records name: the heads that a candidate consists of, the crops that
    they were trained on, the labels of a verdict. A thing in ``alone`` is kept without what it names. Photos, batches,
    labels in the database and Dagster's own files are never listed.
    """
    items = list(_items(layout))
    known = {item.name for item in items}
    kept = known & set(roots)
    waiting = set(kept)
    while waiting:
        named = {text for item in items if item.name in waiting for text in _named(item.path)}
        waiting = (named & known) - kept
        kept |= waiting
    return [item for item in items if item.name not in kept | set(alone)]


def remove(items: Iterable[Item]) -> None:
    """Remove the things; the caller holds the lock. A folder is renamed before it is deleted, so none is left half."""
    for item in items:
        hooks.withdraw(item.path)
        if item.path.is_dir():
            nameless = item.path.with_name(f"{TEMPORARY}{item.name.removeprefix(TEMPORARY)}")
            shutil.rmtree(item.path.rename(nameless))
        else:
            item.path.unlink(missing_ok=True)


def pointers(layout: Layout) -> set[str]:
    """Every text in the files that name what is current: served models, newest candidates, datasets and snapshots."""
    files = [layout.served, layout.served_copy, layout.current_crops, layout.current_triplets]
    files += layout.root.glob("models/*/latest.json")
    files += layout.root.glob("labels/*.json")
    return {text for file in files if file.exists() for text in _texts(read_json(file))}


def _items(layout: Layout) -> Iterator[Item]:
    patterns = ("models/*/*/", "index/*/*/", "encodings/*/", "boxes/*/", "crops/*/")
    for path in sorted(path for pattern in patterns for path in layout.root.glob(pattern)):
        if not path.name.startswith(TEMPORARY):
            yield Item(path, _size(path))
    for path in sorted([*layout.root.glob("triplets/*.parquet"), *layout.root.glob("labels/*/*.parquet")]):
        if not path.name.startswith(TEMPORARY):
            yield Item(path, _size(path))
    for folder in layout.made:
        for path in sorted(folder.rglob(f"{TEMPORARY}*")):
            yield Item(path, _size(path))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file())


def _named(path: Path) -> Iterator[str]:
    """Every text in a thing's records, whatever it is: fingerprints among them are references."""
    for file in path.glob("*.json") if path.is_dir() else ():
        yield from _texts(read_json(file))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in PAST:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
