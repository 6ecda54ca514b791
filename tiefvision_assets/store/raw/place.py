"""What the catalogue asks of the place where photos lie, and which place the settings name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.urls import URL_SCHEMES

if TYPE_CHECKING:
    from tiefvision_assets.store.raw.cache import PhotoCache
    from tiefvision_assets.store.raw.far import FarPhotos

Change = Literal["added", "replaced", "unchanged"]
"""What writing a file has changed."""


class RawUnavailable(TiefVisionError):
    """The photos cannot be reached, or not now. It says nothing about any photo, and nothing is recorded of it."""


class UnreadPhoto(RawUnavailable):
    """One file could not be fetched; whether others can is to be seen."""


class NoName(RawUnavailable):
    """A file has, or would get, a name that the place cannot ask for."""


class Refused(RawUnavailable):
    """The place takes none of these credentials' requests, or none of this kind."""


class Denied(Refused):
    """The rights do not suffice for what was asked for, which may be one file alone."""

    of_photo = "the storage refuses to give it; check the rights"


class RefusedPhoto(BadPhoto):
    """A file that the place has and does not give; a photo that was in use stays so."""


class FoundPhoto(NamedTuple):
    """A whole file as it was at one time."""

    content: bytes
    mtime_ns: int
    """With the size, what tells in a listing whether the file is still the same."""


class RawPhotos(Protocol):
    """A place with photos, each under a path with forward slashes.

    All methods raise `RawUnavailable` where the place does not answer; a folder raises OSErrors as well.
    """

    @property
    def name(self) -> str:
        """What people call the place: a path or a URL."""

    @property
    def folder(self) -> Path | None:
        """The local folder; None elsewhere."""

    @property
    def readers(self) -> int | None:
        """Threads that are worth reading with at once; None for as many as Python thinks fit."""

    def gone(self, known: str) -> str | None:
        """A sentence, for a catalogue that knows photos, if the place as such is lost; None where it is there."""

    def listed(self, known: pd.Series) -> pd.DataFrame:
        """Every visible file, see `listing_of`; ``known`` are the paths that the catalogue expects."""

    def found(self, paths: Sequence[str]) -> pd.DataFrame:
        """Those of these paths at which a listing would have a file, as `listed` tells them; none of them is hidden."""

    def read(self, path: str) -> FoundPhoto:
        """A file and its stamp; FileNotFoundError where there is none, `BadPhoto` where it cannot be read as it is."""

    def source(self, path: str, expected: Callable[[str], str]) -> Path | bytes:
        """What decoders open. ``expected(path)`` is the SHA-256 of the path's content when it was scanned.

        Raises `BadPhoto` or `RawUnavailable`, whose texts name the path.
        """

    def content(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The bytes of a file as it is by now, ``expected`` as for `source`; OSError where there is none of a photo's
        size."""

    @property
    def is_far(self) -> bool:
        """Whether it is worth while to `fetch` files before they are needed."""

    def fetch(self, path: str, expected: Callable[[str], str]) -> None:
        """Bring a file near, so that `source` is quick; errors as there."""

    def comparison(self) -> Callable[[Path, str], bool | None]:
        """Tells of a local file whether it has the bytes of the file at a path; None where there is none.

        It knows the files of now, and may be called by many threads.
        """

    def copy_from(self, source: Path, files: Sequence[Path], progress: Callable[[int, int], None]) -> int:
        """Write these files of ``source`` to the same relative paths; how many were not there with the same bytes."""

    def add(self, path: str, content: bytes) -> None:
        """Write a file, unless there is one of that path. Whole or not at all."""

    def put(self, path: str, content: bytes) -> Change:
        """Write a file, in place of one that is there; one with the same bytes is left alone. Whole or not at all."""

    def remove(self, path: str) -> bool:
        """Remove a file for good; False where there is none."""

    def changes(self) -> str:
        """A text that changes when files come or go."""


def image_id(path: str) -> str:
    """The URL-safe id of the entry at ``path``, relative to the raw folder, with forward slashes."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def is_hidden(path: str) -> bool:
    """Whether the file, or a folder above it, is hidden by its name."""
    return "/." in f"/{path}"


def listing_of(paths: list[str], sizes: list[int], times: list[int]) -> pd.DataFrame:
    """A listing as a table: image_id, file (the path), bytes, mtime_ns."""
    return pd.DataFrame(
        {
            "image_id": pd.Series([image_id(path) for path in paths], dtype="str"),
            "file": pd.Series(paths, dtype="object"),  # pyarrow has no names that are not UTF-8
            "bytes": pd.Series(sizes, dtype="int64"),
            "mtime_ns": pd.Series(times, dtype="int64"),
        }
    )


def raw_photos_of(settings: Settings) -> RawPhotos:
    """The folder, the bucket or the file system of the settings; nothing is opened yet."""
    if settings.raw_url is None:
        from tiefvision_assets.store.raw.folder import RawFolder

        return RawFolder(settings.raw_dir)
    from tiefvision_assets.store.raw.cache import PhotoCache

    return far_photos(settings.raw_url, PhotoCache(settings.cache_dir / "photos", int(settings.cache_gb * 2**30)))


def far_photos(url: str, cache: PhotoCache) -> FarPhotos:
    """What lies below a URL, in object storage or else in a file system that fsspec reads; nothing is opened yet."""
    if url.startswith(tuple(f"{scheme}://" for scheme in URL_SCHEMES)):
        from tiefvision_assets.store.raw.bucket import RawBucket

        return RawBucket(url, cache)
    from tiefvision_assets.store.raw.filesystem import RawFileSystem

    return RawFileSystem(url, cache)
