"""Requests to the bucket of a data folder, and their failures in sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.raw.client import BrokeOff, NoSuchObject, open_bucket, sentences
from tiefvision_assets.store.raw.place import RawUnavailable

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

T = TypeVar("T")

AT_ONCE = 16
LISTINGS = 3
"""A listing that broke off is asked for so many times in all."""


class DataUnavailable(TiefVisionError):
    """The bucket of the data folder cannot be reached, or not now; nothing was changed."""


class Overtaken(TiefVisionError):
    """Another machine has published the same file meanwhile."""

    def __init__(self, path: str, url: str) -> None:
        super().__init__(
            f"Another machine has written {path} at {url} meanwhile, so it was left as it is; the same again goes on "
            "from there."
        )


class Version(NamedTuple):
    """One version of an object."""

    size: int
    time_ns: int
    """The object's time in nanoseconds, whole seconds of it; what is below a second is a hash of its ETag.

    A copy has it for its modification time, by which it is known which version it is.
    """
    etag: str


class Objects:
    """The objects below a URL such as ``s3://bucket/prefix``, by their paths relative to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def _objects(self) -> ObjectStore:
        with _explained():
            return open_bucket(self.url)

    @cached_property
    def _patient(self) -> ObjectStore:
        with _explained():
            return open_bucket(self.url, client.UPLOADING)

    def _writing(self, file: Path) -> ObjectStore:
        return self._patient if file.stat().st_size > client.SMALL else self._objects

    def listed(self, folders: Sequence[str]) -> dict[str, Version]:
        """The objects directly below the prefix, and all below these folders of it.

        The former are asked for first: whatever one of them names is older, and in the listings that follow.
        """
        with _explained():
            first = self._tried(self._objects.list_with_delimiter)
            there = [folder for folder in folders if folder in first["common_prefixes"]]
            pages = [first["objects"]]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                pages += pool.map(lambda folder: self._tried(lambda: self._objects.list(folder).collect()), there)
        return {item["path"]: _version(item) for page in pages for item in page}

    def _tried(self, asked: Callable[[], T]) -> T:
        for left in reversed(range(LISTINGS)):
            try:
                with sentences(self.url):
                    return asked()
            except BrokeOff:
                if not left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def version(self, path: str) -> Version | None:
        """The present version of an object; None where there is none."""
        with _explained():
            try:
                with sentences(self.url):
                    return _version(self._objects.head(path))
            except NoSuchObject:
                return None

    def versions(self, paths: Sequence[str]) -> dict[str, Version]:
        """The present versions of those of these objects that there are."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = zip(paths, pool.map(self.version, paths), strict=True)
            return {path: version for path, version in found if version}

    def fetch(self, path: str, target: Path) -> Version:
        """Write the object to a local file, whole; FileNotFoundError where there is no such object."""
        with _explained(), target.open("wb") as file:
            with sentences(self.url):
                response = self._objects.get(path)
                found, parts = _version(response.meta), iter(response.stream())
            while True:
                with sentences(self.url):
                    part = next(parts, None)
                if part is None:
                    break
                file.write(part)
            size = file.tell()
        if size != found.size:
            raise DataUnavailable(f"{self.url} gave {path} incompletely; try again.")
        return found

    def put(self, path: str, file: Path) -> Version:
        """Write a local file, whole or not at all, whatever is there."""
        with _explained(), sentences(self.url):
            written = self._writing(file).put(path, file)
        return self._as_written(path, file, written["e_tag"])

    def put_if(self, path: str, file: Path, before: Version | None) -> Version:
        """Write a local file in place of that version, or where there is none; `Overtaken` where there is another."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with _explained(), sentences(self.url):
            try:
                mode = {"e_tag": before.etag} if before else "create"
                written = self._writing(file).put(path, file, mode=mode, use_multipart=False)  # type: ignore[arg-type]
                etag = written["e_tag"]
            except (AlreadyExistsError, PreconditionError):
                etag = None
        # a put whose answer was lost is repeated, and then refused for its own sake
        if etag is None and not self._holds(path, file):
            raise Overtaken(path, self.url)
        return self._as_written(path, file, etag)

    def _holds(self, path: str, file: Path) -> bool:
        with _explained():
            try:
                with sentences(self.url):
                    return bytes(self._objects.get(path).bytes()) == file.read_bytes()
            except NoSuchObject:
                return False

    def _as_written(self, path: str, file: Path, etag: str | None) -> Version:
        """What was just written; of no present version if another machine has written since."""
        now = self.version(path)
        if now and (etag is None or now.etag == etag):
            return now
        return Version(file.stat().st_size, 0, etag or "")

    def delete(self, paths: Sequence[str]) -> None:
        """Remove these objects, one after the other; those that are not there are passed over."""
        with _explained():
            for path in paths:
                try:
                    with sentences(self.url):
                        self._objects.delete(path)
                except NoSuchObject:
                    continue


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except RawUnavailable as error:
        raise DataUnavailable(str(error)) from None


def _version(item: ObjectMeta) -> Version:
    etag = item["e_tag"] or ""
    hashed = int.from_bytes(hashlib.sha256(etag.encode()).digest()[:8], "big")
    return Version(item["size"], int(item["last_modified"].timestamp()) * 10**9 + hashed % 10**9, etag)
