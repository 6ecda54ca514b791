"""Copying photos into the raw folder."""

from __future__ import annotations

import filecmp
import mimetypes
import shutil
from collections.abc import Callable
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path


class NoSuchFolder(TiefVisionError):
    """The folder to be copied from cannot be used."""


def copy_photos(source: Path, raw: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Copy the picture files below ``source`` to the same relative paths below ``raw``; returns how many were written.

    Files that are there with the same bytes are left alone. Raises `NoSuchFolder` where ``source`` is no folder, or
    where one of the two folders holds the other.
    """
    if not source.is_dir():
        raise NoSuchFolder(f"{source} is not a folder; give the folder that holds the photos.")
    source = source.resolve()
    if source == raw:
        return 0
    if raw.is_relative_to(source) or source.is_relative_to(raw):
        raise NoSuchFolder(
            f"{source} and the raw folder {raw} hold one another; move one of them, or set TIEFVISION_RAW."
        )
    files = [file for file in sorted(source.rglob("*")) if file.is_file() and _is_picture(file, source)]
    written = 0
    for done, file in enumerate(files, start=1):
        target = raw / file.relative_to(source)
        if not (target.exists() and filecmp.cmp(file, target, shallow=False)):
            with atomic_path(target) as temporary:
                shutil.copyfile(file, temporary)
            written += 1
        progress(done, len(files))
    return written


def _is_picture(file: Path, source: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(source).parts)
    kind, _ = mimetypes.guess_type(file.name)
    return not hidden and (kind or "").startswith("image/")
