"""Which stored files were found whole, and when: what has not changed since need not be read again by each scan.

Only `mending` goes by this. Whoever opens a file verifies it all the same.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json

VALID_S = 7 * 24 * 3600
"""A file is read again after so long, in seconds: disks also change what nobody has written to."""
_TICK_S = 2
"""What was written less than that before it was examined might be written to again within one tick of its clock."""


class Examined:
    """The record of one data folder on this machine; a damaged or missing one knows nothing. Used under the lock."""

    def __init__(self, layout: Layout) -> None:
        self._root = layout.root
        self._file = layout.examined
        self._now = int(time.time())
        try:
            self._before: dict[str, list[int]] = read_json(self._file, "files")["files"]
        except (FileNotFoundError, DamagedFile):
            self._before = {}
        self._known: dict[str, list[int]] = {}

    def is_known(self, file: Path, stat: os.stat_result) -> bool:
        """Whether the file, which now has that status, was found whole within `VALID_S` and has not changed since."""
        name = str(file.relative_to(self._root))
        before = self._before.get(name)
        if before is None or before[:-1] != _stamp(stat) or not 0 <= self._now - before[-1] < VALID_S:
            return False
        self._known[name] = before
        return True

    def add(self, file: Path, stat: os.stat_result) -> None:
        """Remember that the file was found whole, with the status that it had before it was read."""
        if self._now - max(stat.st_mtime, stat.st_ctime) >= _TICK_S:
            self._known[str(file.relative_to(self._root))] = [*_stamp(stat), self._now]

    def save(self) -> None:
        """Write what is known now, if that has changed."""
        if self._known != self._before:
            write_json(self._file, {"files": self._known})


def _stamp(stat: os.stat_result) -> list[int]:
    """A copy has another inode, and whatever is written changes the time of the last change, which nobody can set."""
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
