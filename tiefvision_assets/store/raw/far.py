"""What all places beyond this machine have in common: files are fetched whole, and kept in a bounded cache."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.cache import PhotoCache
from tiefvision_assets.store.raw.place import (
    Change,
    Denied,
    FoundPhoto,
    RawUnavailable,
    Refused,
    RefusedPhoto,
    UnreadPhoto,
    is_hidden,
    listing_of,
)
from tiefvision_assets.store.regular import MAX_BYTES


class FarFile(NamedTuple):
    """What a listing of millions keeps of each file."""

    path: str
    size: int
    stamp: int
    """The file's time in nanoseconds, as far as the place tells it; below a second it may be a hash of what else
    changes with the file."""


class FarPhotos(ABC):
    """The photos below a URL; see `tiefvision_assets.store.raw.place.RawPhotos`."""

    folder = None

    def __init__(self, url: str, cache: PhotoCache, readers: int) -> None:
        self.name = url
        self.readers = readers
        self._cache = cache

    @property
    def is_far(self) -> bool:
        """Where there is a cache to fetch into."""
        return self._cache.limit > 0

    @abstractmethod
    def gone(self, known: str) -> str | None:
        """See `RawPhotos.gone`."""

    @abstractmethod
    def listed(self, known: pd.Series) -> pd.DataFrame:
        """See `RawPhotos.listed`."""

    @abstractmethod
    def look(self, path: str) -> FarFile | None:
        """The file as it is now; None where there is none. Raises `RawUnavailable`."""

    @abstractmethod
    def get(self, path: str) -> tuple[bytes, int]:
        """The file, whole, and its stamp; the cache has no part in it.

        Raises FileNotFoundError, `RawUnavailable`, and `BadPhoto` for one that `check_size` refuses.
        """

    @abstractmethod
    def _everything(self) -> list[FarFile]:
        """All visible files, and maybe hidden ones; or an error, never a part of them."""

    @abstractmethod
    def _sums(self) -> dict[str, tuple[int, str]]:
        """Path → size, and the MD5 sum of the content where the place tells something that may be one."""

    @abstractmethod
    def _write(self, path: str, content: bytes | Path) -> None:
        """Write a file, in place of one that is there; whole or not at all."""

    @abstractmethod
    def _delete(self, path: str) -> None:
        """Remove a file; nothing where there is none."""

    def found(self, paths: Sequence[str]) -> pd.DataFrame:
        """Asks for each file by its name."""
        with ThreadPoolExecutor(self.readers) as pool:
            return self._visible(item for item in pool.map(self.look, paths) if item)

    def _visible(self, found: Iterable[FarFile]) -> pd.DataFrame:
        """Those of these files that are not hidden, as `RawPhotos.listed` tells them."""
        shown = [item for item in found if not is_hidden(item.path)]
        return listing_of([item.path for item in shown], [item.size for item in shown], [item.stamp for item in shown])

    def read(self, path: str) -> FoundPhoto:
        """The file, whole, and its stamp; it comes into the cache."""
        try:
            content, stamp = self.get(path)
        except Denied as error:
            raise RefusedPhoto(error.of_photo) from error
        except Refused:
            raise
        except RawUnavailable as error:
            raise UnreadPhoto(str(error)) from None
        self._cache.put(hashlib.sha256(content).hexdigest(), content)
        return FoundPhoto(content, stamp)

    def source(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The file's bytes, from the cache if they are as ``expected``; others are refused."""
        wanted = expected(path)
        try:
            content, sha256 = self._content(path, wanted)
        except FileNotFoundError:
            # Not a BadPhoto, which would be recorded as a flaw of the content: the next scan will tell.
            raise RawUnavailable(f"{path} has gone from {self.name} since the last scan; scan again.") from None
        except BadPhoto as error:
            raise BadPhoto(f"{path}: {error}.") from error
        if wanted not in ("", sha256):
            # what is made of it would be recorded, and kept for good, as the former content's
            raise RawUnavailable(f"{path} has changed at {self.name} since the last scan; scan again.")
        return content

    def content(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The file's bytes, whatever they are by now; FileNotFoundError where there is no such file."""
        return self._content(path, expected(path))[0]

    def _content(self, path: str, wanted: str) -> tuple[bytes, str]:
        """The file's bytes, from the cache if it has the wanted ones, and their SHA-256."""
        kept = self._cache.get(wanted)
        if kept is not None:
            return kept, wanted
        try:
            content, _ = self.get(path)
        except Denied as error:
            raise type(error)(f"{path}: {error}") from None
        sha256 = hashlib.sha256(content).hexdigest()
        self._cache.put(sha256, content)
        return content, sha256

    def fetch(self, path: str, expected: Callable[[str], str]) -> None:
        """Into the cache, unless it is there."""
        if not self._cache.has(expected(path)):
            self.content(path, expected)

    def comparison(self) -> Callable[[Path, str], bool | None]:
        """Compares with one listing, and fetches files of the same size where it tells no MD5 sums."""
        there = self._sums()
        return lambda file, path: self._is_same(path, *there[path], file) if path in there else None

    def _is_same(self, path: str, size: int, md5: str, file: Path) -> bool:
        if size != file.stat().st_size:
            return False
        content = file.read_bytes()
        if md5 == hashlib.md5(content, usedforsecurity=False).hexdigest():
            return True
        return self.get(path)[0] == content  # ETags of encrypted objects look like MD5 sums as well

    def copy_from(self, source: Path, files: Sequence[Path], progress: Callable[[int, int], None]) -> int:
        """Write what is not there with the same bytes."""
        is_there = self.comparison()

        def write(file: Path) -> bool:
            path = file.relative_to(source).as_posix()
            if is_there(file, path):
                return False
            self._write(path, file)
            return True

        written = 0
        with ThreadPoolExecutor(self.readers) as pool:
            for done, is_new in enumerate(pool.map(write, files), start=1):
                written += is_new
                progress(done, len(files))
        return written

    def add(self, path: str, content: bytes) -> None:
        """Write a file, unless there is one of that path."""
        if self.look(path) is None:
            self._write(path, content)

    def put(self, path: str, content: bytes) -> Change:
        """Write a file, in place of one that is there."""
        before = self.look(path)
        if before and before.size == len(content) and self.get(path)[0] == content:
            return "unchanged"
        self._write(path, content)
        return "replaced" if before else "added"

    def remove(self, path: str) -> bool:
        """Remove a file."""
        if self.look(path) is None:
            return False
        self._delete(path)
        return True

    def changes(self) -> str:
        """A hash of the listing."""
        lines = sorted(f"{item.path} {item.stamp}" for item in self._everything())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def check_size(size: int) -> None:
    """`BadPhoto` for a file that is too large to be a photo."""
    if size > MAX_BYTES:
        raise BadPhoto(f"it has {size / 2**20:,.0f} MiB, the limit is {MAX_BYTES // 2**20}")
