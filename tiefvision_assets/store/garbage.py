"""What below the data folder nothing refers to any more, and removing it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiefvision_assets.store.atomic import TEMPORARY, read_json
from tiefvision_assets.store.layout import Layout

PAST = {"updated_from"}
"""What a record tells of where its thing came from, and the thing does without."""


@dataclass(frozen=True)
class Item:
    """A made thing that is kept or removed as a whole: a folder or a file, named by its fingerprint."""

    path: Path
    bytes: int

    @property
    def name(self) -> str:
        """Its fingerprint."""
        return self.path.name.removesuffix(".parquet")


def unreferenced(layout: Layout, roots: Iterable[str], remembered: Iterable[str] = ()) -> list[Item]:
    """The things that neither ``roots``, fingerprints, nor what they lead to names; and what killed writers left.

    A thing that is kept keeps whatever its records name: the heads that a candidate is made of, the crops that these
    were trained on, the labels of a verdict. What is only ``remembered`` is kept by itself. Photos, batches, labels in
    the database and Dagster's own files are no part of this.
    """
    items = list(_items(layout))
    known = {item.name for item in items}
    kept = known & set(roots)
    waiting = set(kept)
    while waiting:
        named = {text for item in items if item.name in waiting for text in _named(item.path)}
        waiting = (named & known) - kept
        kept |= waiting
    return [item for item in items if item.name not in kept | set(remembered)]


def remove(items: Iterable[Item]) -> None:
    """Remove the things; for who holds the data folder's lock. A folder loses its name first, so that none is half."""
    for item in items:
        if item.path.is_dir():
            nameless = item.path.with_name(f"{TEMPORARY}{item.name.removeprefix(TEMPORARY)}")
            shutil.rmtree(item.path.rename(nameless))
        else:
            item.path.unlink(missing_ok=True)


def pointers(layout: Layout) -> set[str]:
    """Every text in the files that say what is current: served models, newest candidates, datasets and snapshots."""
    files = [layout.served, layout.current_crops, layout.current_triplets]
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
    """Every text in the records of a thing."""
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
