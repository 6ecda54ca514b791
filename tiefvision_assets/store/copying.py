"""Copying photos into the raw folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_assets.store.raw.place import RawPhotos


class NoSuchFolder(TiefVisionError):
    """The folder to be copied from cannot be used."""


@dataclass(frozen=True)
class Copied:
    """What became of the files of a folder."""

    written: int = 0
    """Photos that were not there yet with the same bytes."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why files were not taken → how many."""


def copy_photos(
    source: Path, raw: RawPhotos, progress: Callable[[int, int], None] = lambda done, total: None
) -> Copied:
    """Copy the photo files below ``source`` to the same relative paths below ``raw``.

    Files are chosen by their suffixes, `PHOTO_SUFFIXES`; what they hold the next scan finds out. Files that are there
    with the same bytes are left alone. Raises `NoSuchFolder` where ``source`` is no folder, or where one of the two
    folders holds the other.
    """
    source = apart(source, raw)
    if source == raw.folder:
        return Copied()
    return copy_below(source, raw, progress)


def apart(source: Path, raw: RawPhotos) -> Path:
    """``source`` without links; raises `NoSuchFolder` as `copy_photos` does."""
    if not source.is_dir():
        raise NoSuchFolder(f"{source} is not a folder; give the folder that holds the photos.")
    source = source.resolve()
    folder = raw.folder
    if folder and source != folder and (folder.is_relative_to(source) or source.is_relative_to(folder)):
        raise NoSuchFolder(
            f"{source} and the raw folder {folder} hold one another; move one of them, or set TIEFVISION_RAW."
        )
    return source


def copy_below(source: Path, raw: RawPhotos, progress: Callable[[int, int], None] = lambda done, total: None) -> Copied:
    """`copy_photos`, wherever ``source`` lies. What an earlier copy that was killed left of these photos is removed."""
    passed_over: Counter[str] = Counter()
    files = sorted(photos_below(source, passed_over))
    return Copied(raw.copy_from(source, files, progress), passed_over)


def photos_below(source: Path, passed_over: Counter[str]) -> Iterator[Path]:
    """The files below ``source`` that are photos by their names; why others are not is added to ``passed_over``."""
    for folder, folders, names in os.walk(source):
        hidden = [name for name in folders if name.startswith(".")]
        passed_over["in a hidden folder"] += sum(_count_files(Path(folder, name)) for name in hidden)
        folders[:] = [name for name in folders if name not in hidden]
        for name in names:
            file = Path(folder, name)
            if name.startswith("."):
                passed_over["hidden"] += 1
            elif file.suffix.lower() not in PHOTO_SUFFIXES:
                passed_over[f"not a photo by its name ({file.suffix.lower() or 'no suffix'})"] += 1
            elif not file.is_file():
                passed_over["not a file"] += 1
            else:
                yield file
    passed_over -= Counter()


def _count_files(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))
