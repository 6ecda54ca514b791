"""Opening files that others put there: nothing but regular files, never waiting, never more bytes than allowed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 512 * 2**20
"""A file beyond this is no photo: 80 megapixels of 16-bit RGBA take 640 MB at the very most, and compress."""
_GROWTH = 2**20
"""Bytes that are read at a time of what a file has grown by."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotARegularFile(OSError):
    """Something else than a file of limited size has that name; ``strerror`` says what."""

    def __init__(self, reason: str, path: Path) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def open_regular(path: Path) -> BinaryIO:
    """The file, opened for reading; `NotARegularFile` for all else that a path may name, other OSErrors as they come.

    A pipe would make its reader wait for ever, and a device gives bytes without end: both are told by their kind
    before they are opened, and once more of what was opened, since the name may have changed hands in between.
    """
    _check(path, path.stat())
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY), "rb")
    try:
        _check(path, os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def read_all(file: BinaryIO, path: Path) -> bytes:
    """What is left in the file; `NotARegularFile` if it has grown beyond `MAX_BYTES` meanwhile."""
    parts, size = [], 0
    at_once = os.fstat(file.fileno()).st_size + 1  # memory is taken for as much as is asked for, there or not
    while size <= MAX_BYTES and (part := file.read(min(at_once, MAX_BYTES + 1 - size))):
        parts.append(part)
        size += len(part)
        at_once = _GROWTH
    if size > MAX_BYTES:
        raise _too_large(path, size)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise NotARegularFile(f"it is {_KINDS.get(stat.S_IFMT(found.st_mode), 'something else')}, not a file", path)
    if found.st_size > MAX_BYTES:
        raise _too_large(path, found.st_size)


def _too_large(path: Path, size: int) -> NotARegularFile:
    return NotARegularFile(f"it has {size / 2**20:,.0f} MiB, the limit is {MAX_BYTES // 2**20}", path)
