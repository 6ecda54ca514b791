"""Copying photos into the raw folder."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.photos import PHOTO_SUFFIXES


class NoSuchFolder(TiefVisionError):
    """The folder to be copied from cannot be used."""


@dataclass(frozen=True)
class Copied:
    """What became of the files of a folder."""

    written: int = 0
    """Photos that were not there yet with the same bytes."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why files were not taken → how many."""


def copy_photos(source: Path, raw: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> Copied:
    """Copy the photo files below ``source`` to the same relative paths below ``raw``.

    Files are chosen by their suffixes, `PHOTO_SUFFIXES`; what they hold the next scan finds out. Files that are there
    with the same bytes are left alone. Raises `NoSuchFolder` where ``source`` is no folder, or where one of the two
    folders holds the other.
    """
    if not source.is_dir():
        raise NoSuchFolder(f"{source} is not a folder; give the folder that holds the photos.")
    source = source.resolve()
    if source == raw:
        return Copied()
    if raw.is_relative_to(source) or source.is_relative_to(raw):
        raise NoSuchFolder(
            f"{source} and the raw folder {raw} hold one another; move one of them, or set TIEFVISION_RAW."
        )
    passed_over: Counter[str] = Counter()
    files = sorted(_photos_below(source, passed_over))
    written = 0
    for done, file in enumerate(files, start=1):
        target = raw / file.relative_to(source)
        if not (target.exists() and filecmp.cmp(file, target, shallow=False)):
            with atomic_path(target) as temporary:
                shutil.copyfile(file, temporary)
            written += 1
        progress(done, len(files))
    return Copied(written, passed_over)


def _photos_below(source: Path, passed_over: Counter[str]) -> Iterator[Path]:
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
