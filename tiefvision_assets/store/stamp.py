"""Whether a file has changed since it was last read, so that what was read from it can be cached."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from tiefvision_assets.store.bucket import hooks


class FileStamp(NamedTuple):
    """Inode, size in bytes and modification time of a file; at least one changes when the file is replaced."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """The stamp from the result of ``stat`` or ``fstat``."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


Stamps = tuple[tuple[str, FileStamp], ...]
"""Paths of files with their stamps; hashable, as a part of a cache's key."""


def stamp_of(file: Path) -> FileStamp | None:
    """The file's stamp now; None where there is no such file.

    A copy of an object has the stamp of the object, whether its content is here or not.
    """
    try:
        found = FileStamp.of(file.stat())
    except FileNotFoundError:
        return None
    return found._replace(inode=0) if hooks.is_a_copy(file) else found


def stamps_of(files: Iterable[Path]) -> Stamps:
    """The stamps of those files that exist, in the order given."""
    return tuple((str(file), stamp) for file in files if (stamp := stamp_of(file)))
