"""A bounded cache of photos' files on the local disk, by the SHA-256 of their content.

Each photo of a bucket is read several times: when it is scanned, located, encoded, and shown. Nothing depends on the
cache: what is found in it is hashed before it is used, and where it cannot be written, on a full disk for instance,
photos are fetched again.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path
from threading import Lock

KEPT_SHARE = 0.9
"""What clearing leaves, of the limit."""
STEP_SHARE = 0.05
"""A process clears when it has written so much of the limit. So two that fill one cache stay below the limit."""


class PhotoCache:
    """Files of whole photos below ``folder``, ``limit`` bytes of them; the least recently used ones are cleared.

    Any number of processes may share a folder. A limit of 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self.limit = limit
        self._written = 0
        self._lock = Lock()

    def get(self, sha256: str) -> bytes | None:
        """The photo's bytes, or None; a damaged file counts as none, and is removed."""
        if not sha256 or not self.limit:
            return None
        file = self._file(sha256)
        try:
            content = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        _remove(file)
        return None

    def has(self, sha256: str) -> bool:
        """Whether there is such a file; it counts as used, and may be damaged."""
        try:
            os.utime(self._file(sha256))
        except OSError:
            return False
        return True

    def put(self, sha256: str, content: bytes) -> None:
        """Keep the photo's bytes, if there is room on the disk and the photo is small enough beside the limit."""
        if len(content) > STEP_SHARE * self.limit:
            return
        file = self._file(sha256)
        temporary = file.with_name(f"{uuid.uuid4().hex}.tmp")
        try:
            if file.exists():
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.parent.mkdir(exist_ok=True)
            temporary.write_bytes(content)
            temporary.replace(file)
        except OSError:
            _remove(temporary)
            return
        with self._lock:
            self._written += len(content)
            if self._written < STEP_SHARE * self.limit:
                return
            self._written = 0
        self.clear()

    def clear(self) -> None:
        """Remove the files that were not used for the longest time, until `KEPT_SHARE` of the limit is left."""
        found: list[tuple[int, int, str]] = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                try:
                    stat = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - twice as fast as Path
                except OSError:
                    continue  # another process was quicker
                found.append((stat.st_mtime_ns, stat.st_size, os.path.join(folder, name)))  # noqa: PTH118
        excess = sum(size for _, size, _ in found) - KEPT_SHARE * self.limit
        for _, size, name in sorted(found):
            if excess <= 0:
                return
            _remove(Path(name))
            excess -= size

    def _file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return
