"""Photos in object storage, such as S3: listed and read over HTTP, kept in a bounded cache on the local disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.raw.cache import PhotoCache
from tiefvision_assets.store.raw.client import BrokeOff, NoSuchObject, open_bucket, sentences
from tiefvision_assets.store.raw.far import FarFile, FarPhotos, check_size
from tiefvision_assets.store.raw.place import NoName, RawUnavailable

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

T = TypeVar("T")

READERS = 16
"""Requests at once: a reader mostly waits."""
LISTINGS = 3
"""A listing that broke off is asked for so many times in all."""


class RawBucket(FarPhotos):
    """The photos below a URL such as ``s3://bucket/prefix``; see `tiefvision_assets.store.raw.place.RawPhotos`."""

    def __init__(self, url: str, cache: PhotoCache) -> None:
        super().__init__(url, cache, READERS)

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
        found = self._everything()
        missing = known[~is_among(known, [item.path for item in found])].tolist()
        with ThreadPoolExecutor(READERS) as pool:
            found += [item for item in pool.map(self.look, missing) if item]
        return self._visible(found)

    def _visible(self, found: Iterable[FarFile]) -> pd.DataFrame:
        return super()._visible(item for item in found if not _marks_a_folder(item))

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

    def look(self, path: str) -> FarFile | None:
        """The object as it is now."""
        try:
            with sentences(self.name):
                return _brief(self._objects.head(path))
        except (NoSuchObject, NoName):
            return None

    def get(self, path: str) -> tuple[bytes, int]:
        """The object, whole, and its stamp."""
        with sentences(self.name):
            response = self._objects.get(path)
            meta = response.meta
            check_size(meta["size"])
            content = bytes(response.bytes())
        if len(content) != meta["size"]:
            raise RawUnavailable(f"{self.name} gave {path} incompletely; try again.")
        return content, _stamp(meta)

    def add(self, path: str, content: bytes) -> None:
        """Write a new object, under the condition that there is none."""
        from obstore.exceptions import AlreadyExistsError

        with sentences(self.name):
            try:
                self._writing.put(path, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return

    def _write(self, path: str, content: bytes | Path) -> None:
        with sentences(self.name):
            self._writing.put(path, content, use_multipart=False)  # whole or not at all

    def _delete(self, path: str) -> None:
        with sentences(self.name):
            self._objects.delete(path)

    def _everything(self) -> list[FarFile]:
        return self._all_objects(_brief)

    def _sums(self) -> dict[str, tuple[int, str]]:
        return dict(self._all_objects(lambda item: (item["path"], (item["size"], _etag(item)))))


def _etag(item: ObjectMeta) -> str:
    return (item["e_tag"] or "").removeprefix("W/").strip('"')


def _stamp(item: ObjectMeta) -> int:
    """The object's time in nanoseconds, as files have one; what is below a second comes from its ETag.

    Storages tell the time by the second, in which an object may be replaced by another of the same size.
    """
    hashed = int.from_bytes(hashlib.sha256(_etag(item).encode()).digest()[:8], "big")
    return int(item["last_modified"].timestamp()) * 10**9 + hashed % 10**9


def _brief(item: ObjectMeta) -> FarFile:
    return FarFile(item["path"], item["size"], _stamp(item))


def _marks_a_folder(item: FarFile) -> bool:
    """Whether it is the empty object by which tools mark a folder."""
    return item.size == 0 and PurePosixPath(item.path).suffix.lower() not in PHOTO_SUFFIXES
