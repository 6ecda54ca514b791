"""Reading ahead: photos of a far place are fetched while others are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.place import RawPhotos, RawUnavailable

Row = TypeVar("Row")
AHEAD = 64
"""Photos that are asked for before it is their turn."""


def read_ahead(
    raw: RawPhotos, rows: Iterable[Row], path_of: Callable[[Row], str], expected: Callable[[str], str]
) -> Iterator[Row]:
    """The rows, one by one, while the photos of those that follow come into the cache.

    What cannot be fetched is passed over here; whoever works on the row meets the error.
    """

    def fetch(path: str) -> None:
        with suppress(RawUnavailable, BadPhoto, OSError):
            raw.fetch(path, expected)

    pool = ThreadPoolExecutor(raw.readers)
    waiting: deque[Row] = deque()
    try:
        for row in rows:
            pool.submit(fetch, path_of(row))
            waiting.append(row)
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
