"""Checksums inside files: where they stand, what they are, and whether they fit.

Which formats have them where is the business of `store.sealed`; here files are bytes, and documents values.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

import xxhash

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.stamp import FileStamp

KEY = "checksum"
MARK = b"tiefvision-xxh3-"
_DIGITS = 16
_SEAL = re.compile(re.escape(MARK) + rb".{16}", re.DOTALL)
EMPTY = (MARK + b"0" * _DIGITS).decode()
"""What stands in place of the checksum while it is computed."""
_ENDS = 65_536
"""Bytes at either end of a file among which its checksum is looked for: formats keep their metadata there."""
_BLOCK = 1 << 20


class DamagedFile(TiefVisionError):
    """A stored file does not hold what was written into it, or is gone though others refer to it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged ({reason}); `tiefvision run` makes it anew.")
        self.path = path
        self.reason = reason


def seal_of(document: Mapping[str, Any]) -> str:
    """The checksum of a JSON document, whatever the order of its keys."""
    canonical = json.dumps(json.loads(json.dumps(document)), sort_keys=True, separators=(",", ":"))
    return MARK.decode() + xxhash.xxh3_64_hexdigest(canonical.encode())


def seal(file: Path) -> None:
    """Put the file's checksum in the place that was left for it."""
    with file.open("r+b") as opened:
        place, _ = seal_in(opened)
        assert place >= 0, "the format keeps its metadata within the ends of the file"
        digits = checksum_of(opened, place).encode()
        opened.seek(place + len(MARK))
        opened.write(digits)


def verified_stamp(file: Path) -> FileStamp:
    """Verify a binary file, and return the stamp of what was read: it may be replaced by another one meanwhile."""
    with opened_file(file) as opened:
        place, recorded = seal_in(opened)
        if recorded and recorded != MARK + checksum_of(opened, place).encode():
            raise DamagedFile(file, "its checksum differs")
        return FileStamp.of(os.fstat(opened.fileno()))


def seal_in(opened: BufferedReader | BufferedRandom) -> tuple[int, bytes]:
    """Where the checksum stands in a binary file, and the checksum; -1 and nothing where it has none."""
    size = opened.seek(0, 2)
    for start in (max(0, size - _ENDS), 0):
        opened.seek(start)
        found = list(_SEAL.finditer(opened.read(_ENDS)))
        if found:
            return start + found[-1].start(), found[-1].group()
    return -1, b""


def checksum_of(opened: BufferedReader | BufferedRandom, place: int = -1) -> str:
    """16 hexadecimal digits of the file's XXH3, as it was before it got a checksum at ``place``."""
    hashed = xxhash.xxh3_64()
    position = 0
    empty = EMPTY.encode()
    for block in _blocks(opened):
        first, last = max(place, position), min(place + len(empty), position + len(block))
        if place >= 0 and first < last:
            block[first - position : last - position] = empty[first - place : last - place]
        hashed.update(block)
        position += len(block)
    return hashed.hexdigest()


def _blocks(opened: BufferedReader | BufferedRandom) -> Iterator[memoryview]:
    buffer = bytearray(_BLOCK)
    opened.seek(0)
    while count := opened.readinto(buffer):
        yield memoryview(buffer)[:count]


@contextmanager
def opened_file(file: Path) -> Iterator[BufferedReader]:
    """The file for reading; failures of the disk are `explained`."""
    try:
        with hooks.near(file).open("rb") as opened:
            yield opened
    except OSError as error:
        raise explained(file, error) from error


def bytes_of(file: Path) -> bytes:
    """All of the file; failures of the disk are `explained`."""
    try:
        return hooks.near(file).read_bytes()
    except OSError as error:
        raise explained(file, error) from error


def explained(file: Path, error: OSError) -> Exception:
    """A disk's failure to read is damage; what else keeps from reading is not."""
    return DamagedFile(file, "the disk cannot read it") if error.errno == errno.EIO else error
