"""Files of a feed that lie at a URL: in object storage, or where fsspec reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.products.source import BadFeed

if TYPE_CHECKING:
    from tiefvision_assets.store.raw.far import FarPhotos


def far_stamp(url: str) -> str | None:
    """A text that changes whenever the file does, for one request; None where there is no file.

    Raises `BadFeed` where that cannot be told.
    """
    with _sentences(url):
        found = _folder_of(url).look(_name(url))
        return f"{found.size} {found.stamp}" if found else None


def far_content(url: str) -> bytes | None:
    """The whole file; None where there is none. Raises `BadFeed` where it cannot be read."""
    with _sentences(url):
        try:
            return _folder_of(url).get(_name(url))[0]
        except FileNotFoundError:
            return None


def _folder_of(url: str) -> FarPhotos:
    return _opened(url.rpartition("/")[0])


@cache
def _opened(folder: str) -> FarPhotos:
    """The folder, whose connections are used again: a feed is looked at every few seconds."""
    from tiefvision_assets.store.raw.cache import PhotoCache
    from tiefvision_assets.store.raw.place import far_photos

    return far_photos(folder, PhotoCache(Path(), 0))


def _name(url: str) -> str:
    return url.rpartition("/")[2]


@contextmanager
def _sentences(url: str) -> Iterator[None]:
    try:
        yield
    except BadPhoto as error:  # the limit of its size
        raise BadFeed(f"The feed of products {url} cannot be read: {error}.") from None
    except TiefVisionError as error:
        raise BadFeed(f"The feed of products {url} cannot be read: {error}") from None
