"""Photos in object storage, such as S3: listed and read over HTTP, kept in a bounded cache on the local disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.photos import PHOTO_SUFFIXES, BadPhoto
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.raw.cache import PhotoCache
from tiefvision_assets.store.raw.client import (
    Archived,
    BrokeOff,
    Denied,
    NoName,
    NoSuchObject,
    Refused,
    open_bucket,
    sentences,
)
from tiefvision_assets.store.raw.place import (
    Change,
    FoundPhoto,
    RawUnavailable,
    RefusedPhoto,
    UnreadPhoto,
    is_hidden,
    listing_of,
)
from tiefvision_assets.store.regular import MAX_BYTES

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

T = TypeVar("T")

READERS = 16
"""Requests at once: a reader mostly waits."""
LISTINGS = 3
"""A listing that broke off is asked for so many times in all."""


class RawBucket:
    """The photos below a URL such as ``s3://bucket/prefix``; see `tiefvision_assets.store.raw.place.RawPhotos`."""

    folder = None
    readers = READERS

    def __init__(self, url: str, cache: PhotoCache) -> None:
        self.name = url
        self._cache = cache

    @property
    def is_far(self) -> bool:
        """Where there is a cache to fetch into."""
        return self._cache.limit > 0

    @cached_property
    def _objects(self) -> ObjectStore:
        return open_bucket(self.name)

    @cached_property
    def _writing(self) -> ObjectStore:
        return open_bucket(self.name, client.UPLOADING)

    def gone(self, known: str) -> str | None:
        """A sentence where nothing lies below the prefix, which exists by its objects alone."""
        with sentences(self.name):
            if any(self._objects.list(chunk_size=1)):
                return None
        return (
            f"There is nothing at {self.name} any more, and the catalogue knows {known}; check TIEFVISION_RAW, or put "
            "an object there, such as .keep, if the photos are to be forgotten."
        )

    def listed(self, known: pd.Series) -> pd.DataFrame:
        """Every visible object.

        A listing may lag behind, and one that is repaired after a failure as well: each object that ``known`` has and
        the listing has not is asked for by its name before it counts as gone.
        """
        found = self._all_objects(_brief)
        missing = known[~is_among(known, [path for path, _, _ in found])].tolist()
        with ThreadPoolExecutor(READERS) as pool:
            found += [_brief(item) for item in pool.map(self._head, missing) if item]
        return _listing(found)

    def found(self, paths: Sequence[str]) -> pd.DataFrame:
        """Asks for each object by its name."""
        with ThreadPoolExecutor(READERS) as pool:
            found = [_brief(item) for item in pool.map(self._head, paths) if item]
        return _listing(found)

    def _all_objects(self, kept: Callable[[ObjectMeta], T]) -> list[T]:
        """The whole listing, of each object what ``kept`` makes of it; or an error, never a part of the listing."""
        for left in reversed(range(LISTINGS)):
            try:
                with sentences(self.name):
                    return [kept(item) for page in self._objects.list() for item in page]
            except BrokeOff:
                if not left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _head(self, path: str) -> ObjectMeta | None:
        try:
            with sentences(self.name):
                return self._objects.head(path)
        except (NoSuchObject, NoName):
            return None

    def read(self, path: str) -> FoundPhoto:
        """The object, whole, and its stamp; it comes into the cache."""
        try:
            content, stamp = self._get(path)
        except Archived as error:
            raise RefusedPhoto("it lies in an archive of the storage; restore it") from error
        except Denied as error:
            raise RefusedPhoto("the storage refuses to give it; check the rights") from error
        except Refused:
            raise
        except RawUnavailable as error:
            raise UnreadPhoto(str(error)) from None
        self._cache.put(hashlib.sha256(content).hexdigest(), content)
        return FoundPhoto(content, stamp)

    def _get(self, path: str) -> tuple[bytes, int]:
        with sentences(self.name):
            response = self._objects.get(path)
            meta = response.meta
            if meta["size"] > MAX_BYTES:
                raise BadPhoto(f"it has {meta['size'] / 2**20:,.0f} MiB, the limit is {MAX_BYTES // 2**20}")
            content = bytes(response.bytes())
        if len(content) != meta["size"]:
            raise RawUnavailable(f"{self.name} gave {path} incompletely; try again.")
        return content, _stamp(meta)

    def source(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The object's bytes, from the cache if they are as ``expected``; others are refused."""
        wanted = expected(path)
        try:
            content, sha256 = self._content(path, wanted)
        except NoSuchObject:
            # Not a BadPhoto, which would be recorded as a flaw of the content: the next scan will tell.
            raise RawUnavailable(f"{path} has gone from {self.name} since the last scan; scan again.") from None
        except BadPhoto as error:
            raise BadPhoto(f"{path}: {error}.") from error
        if wanted not in ("", sha256):
            # what is made of it would be recorded, and kept for good, as the former content's
            raise RawUnavailable(f"{path} has changed at {self.name} since the last scan; scan again.")
        return content

    def content(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The object's bytes, whatever they are by now; FileNotFoundError where there is no such object."""
        return self._content(path, expected(path))[0]

    def _content(self, path: str, wanted: str) -> tuple[bytes, str]:
        """The object's bytes, from the cache if it has the wanted ones, and their SHA-256."""
        kept = self._cache.get(wanted)
        if kept is not None:
            return kept, wanted
        try:
            content, _ = self._get(path)
        except (Archived, Denied) as error:
            raise type(error)(f"{path}: {error}") from None
        sha256 = hashlib.sha256(content).hexdigest()
        self._cache.put(sha256, content)
        return content, sha256

    def fetch(self, path: str, expected: Callable[[str], str]) -> None:
        """Into the cache, unless it is there."""
        if not self._cache.has(expected(path)):
            self.content(path, expected)

    def comparison(self) -> Callable[[Path, str], bool | None]:
        """Compares with one listing, and fetches objects only where their ETags are no MD5 sums."""
        there = dict(self._all_objects(lambda item: (item["path"], (item["size"], _etag(item)))))
        return lambda file, path: self._is_same(path, *there[path], file) if path in there else None

    def copy_from(self, source: Path, files: Sequence[Path], progress: Callable[[int, int], None]) -> int:
        """Write what is not there with the same bytes."""
        is_there = self.comparison()

        def write(file: Path) -> bool:
            path = file.relative_to(source).as_posix()
            if is_there(file, path):
                return False
            with sentences(self.name):
                self._writing.put(path, file, use_multipart=False)  # whole or not at all
            return True

        written = 0
        with ThreadPoolExecutor(READERS) as pool:
            for done, is_new in enumerate(pool.map(write, files), start=1):
                written += is_new
                progress(done, len(files))
        return written

    def _is_same(self, path: str, size: int, etag: str, file: Path) -> bool:
        if size != file.stat().st_size:
            return False
        content = file.read_bytes()
        if etag == hashlib.md5(content, usedforsecurity=False).hexdigest():
            return True
        return self._get(path)[0] == content  # ETags of encrypted objects look like MD5 sums as well

    def add(self, path: str, content: bytes) -> None:
        """Write a new object."""
        from obstore.exceptions import AlreadyExistsError

        with sentences(self.name):
            try:
                self._writing.put(path, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return

    def put(self, path: str, content: bytes) -> Change:
        """Write an object, in place of one that is there."""
        before = self._head(path)
        if before and before["size"] == len(content) and self._get(path)[0] == content:
            return "unchanged"
        with sentences(self.name):
            self._writing.put(path, content, use_multipart=False)  # whole or not at all
        return "replaced" if before else "added"

    def remove(self, path: str) -> bool:
        """Remove an object."""
        if self._head(path) is None:
            return False
        with sentences(self.name):
            self._objects.delete(path)
        return True

    def changes(self) -> str:
        """A hash of the listing."""
        lines = sorted(self._all_objects(lambda item: f"{item['path']} {_stamp(item)}"))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _etag(item: ObjectMeta) -> str:
    return (item["e_tag"] or "").removeprefix("W/").strip('"')


def _stamp(item: ObjectMeta) -> int:
    """The object's time in nanoseconds, as files have one; what is below a second comes from its ETag.

    Storages tell the time by the second, in which an object may be replaced by another of the same size.
    """
    hashed = int.from_bytes(hashlib.sha256(_etag(item).encode()).digest()[:8], "big")
    return int(item["last_modified"].timestamp()) * 10**9 + hashed % 10**9


def _brief(item: ObjectMeta) -> tuple[str, int, int]:
    """Path, size and stamp: what a listing of millions keeps of each object."""
    return item["path"], item["size"], _stamp(item)


def _listing(found: Sequence[tuple[str, int, int]]) -> pd.DataFrame:
    """The visible ones among these objects."""
    visible = [item for item in found if not (is_hidden(item[0]) or _marks_a_folder(*item[:2]))]
    paths, sizes, stamps = map(list, zip(*visible, strict=True)) if visible else ([], [], [])
    return listing_of(paths, sizes, stamps)


def _marks_a_folder(path: str, size: int) -> bool:
    """Whether it is the empty object by which tools mark a folder."""
    return size == 0 and PurePosixPath(path).suffix.lower() not in PHOTO_SUFFIXES
