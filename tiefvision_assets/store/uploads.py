"""Photos that people uploaded to search by, kept for a while so that such a search has an address.

Each content has a folder of its own, named by its SHA-256, with a note for everybody who uploaded it. They lie in the
data folder, not in the raw folder, hidden from every scan, and are no part of the catalogue.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tiefvision_assets.store.atomic import atomic_path, read_json, write_json

KEPT_S = 7 * 24 * 3600.0
"""How long an upload is kept that nobody looks at."""
MAX_BYTES = 512 * 2**20
"""Of all uploads together; beyond that the ones are removed that were not looked at for the longest time."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PHOTO = "photo"


@dataclass(frozen=True)
class Uploader:
    """Who uploaded a photo, in which role, and what its file was called."""

    person: str
    role: str
    file: str


@dataclass(frozen=True)
class KeptUpload:
    """An upload, and who sent it."""

    digest: str
    data: bytes
    uploaders: tuple[Uploader, ...]


class Uploads:
    """The kept uploads of one data folder; may be used by many threads and processes."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def keep(self, data: bytes, uploader: Uploader) -> str:
        """Keep the photo, or keep it for longer; returns the SHA-256 by which `get` finds it.

        OSError where the disk does not take it.
        """
        digest = hashlib.sha256(data).hexdigest()
        folder = self._folder / digest
        try:
            _write(folder, data, uploader)
        except FileNotFoundError:  # another process removed it as too old before it was looked at again
            _write(folder, data, uploader)
        self.remove_old(digest)
        return digest

    def get(self, digest: str) -> KeptUpload | None:
        """The upload, kept for another `KEPT_S`; None when there is none (any more)."""
        folder = self._folder / digest
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            data = (folder / _PHOTO).read_bytes()
            uploaders = tuple(_uploader(read_json(note)) for note in sorted(folder.glob("*.json")))
        except (OSError, ValueError, TypeError):
            return None
        if hashlib.sha256(data).hexdigest() != digest:
            return None
        with suppress(OSError):
            os.utime(folder)
        return KeptUpload(digest, data, uploaders)

    def remove_old(self, needed: str | None = None) -> None:
        """Remove those that nobody has looked at for `KEPT_S`, and the oldest beyond ``max_bytes``, but not the
        needed one."""
        found = []
        for folder in list(self._folder.iterdir()) if self._folder.is_dir() else []:
            with suppress(OSError):
                size = sum(file.stat().st_size for file in folder.iterdir())
                found.append((folder.stat().st_mtime, size, folder))
        total = 0
        for looked_at, size, folder in sorted(found, reverse=True):
            total += size
            too_old = time.time() - looked_at >= KEPT_S
            if folder.name != needed and (too_old or total > self._max_bytes) and _looked_at(folder) == looked_at:
                shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, data: bytes, uploader: Uploader) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.utime(folder)  # first: whoever removes old ones leaves it from now on
    if not (folder / _PHOTO).exists():
        with atomic_path(folder / _PHOTO) as temporary:
            temporary.write_bytes(data)
    by = hashlib.sha256(f"{uploader.role} {uploader.person}".encode()).hexdigest()[:16]
    write_json(folder / f"{by}.json", asdict(uploader))
    os.utime(folder)
    os.utime(folder / _PHOTO)  # FileNotFoundError where it was removed meanwhile


def _looked_at(folder: Path) -> float | None:
    """When the upload was kept or looked at last, now; None where it is gone."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return None


def _uploader(note: Any) -> Uploader:
    return Uploader(**{name: str(note.get(name, "")) for name in ("person", "role", "file")})
