"""Files of a working copy: copies of objects, and in place of those that were not fetched yet, stand-ins.

A stand-in is a file of the same name, size and time without content, which takes no room; it is told by its mode,
which no file of data has. So whoever asks whether a file is there, how large it is, or whether it has changed need not
wait for it.
"""

from __future__ import annotations

import os
import stat
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tiefvision_assets.store.bucket.objects import Version

STAND_IN = stat.S_IXUSR
"""The mode of a stand-in: nobody can read it by mistake, but for root."""
GRACE_S = 60.0
"""A file that was asked for within so many seconds is not let go: somebody is about to open it."""
KEPT_SHARE = 0.9
"""What letting go leaves, of the limit."""
_NOTED_S = 10.0
"""A use is noted so often at most."""


def is_stand_in(found: os.stat_result) -> bool:
    """Whether that is the status of a stand-in."""
    return bool(found.st_mode & STAND_IN)


def is_version(found: os.stat_result, version: Version) -> bool:
    """Whether that is the status of a copy, or stand-in, of that version."""
    return found.st_mtime_ns == version.time_ns and found.st_size == version.size


def stamp(file: Path, version: Version) -> None:
    """Note which version a file is a copy of."""
    os.utime(file, ns=(time.time_ns(), version.time_ns))


def used(file: Path, found: os.stat_result) -> None:
    """Note that the file is wanted."""
    if time.time_ns() - found.st_atime_ns > _NOTED_S * 10**9:
        with suppress(FileNotFoundError):
            os.utime(file, ns=(time.time_ns(), found.st_mtime_ns))


def temporary_in(folder: Path) -> Path:
    """A new name in the folder of what is not ready to have its own."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / uuid.uuid4().hex


def put_stand_in(file: Path, version: Version, unready: Path) -> None:
    """Let a stand-in of that version have the file's name; readers that have the file open keep it."""
    temporary = temporary_in(unready)
    with temporary.open("wb") as opened:
        opened.truncate(version.size)
    temporary.chmod(STAND_IN)
    stamp(temporary, version)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(file)


def let_go(files: Iterable[Path], limit: int, unready: Path) -> None:
    """Put stand-ins for the copies not used for the longest time, until they take `KEPT_SHARE` of ``limit`` bytes.

    Copies that were asked for within `GRACE_S` stay all the same.
    """
    copies = sorted(
        (max(found.st_atime_ns, 0), found.st_size, found.st_mtime_ns, file)
        for file, found in with_status(files)
        if not is_stand_in(found)
    )
    excess = sum(size for _, size, _, _ in copies) - KEPT_SHARE * limit
    newest = time.time_ns() - GRACE_S * 10**9
    for at, size, time_ns, file in copies:
        if excess <= 0 or at > newest:
            return
        now = file.stat() if file.exists() else None
        if now and now.st_mtime_ns == time_ns:
            put_stand_in(file, Version(size, time_ns, ""), unready)
            excess -= size


def with_status(files: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """The files with their status; those that have gone meanwhile are left out."""
    for file in files:
        with suppress(FileNotFoundError, NotADirectoryError):
            yield file, file.stat()
