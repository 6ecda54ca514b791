"""The one queue for everything that decodes a photo to search by it: pages and the API alike, a few at a time.

Decoding takes up to `tiefvision_assets.store.photos.BYTES_A_PIXEL` bytes for each pixel, and searching seconds of all
cores. So the number of them at once is part of the design: others wait, and beyond a number that can
be served soon they are told to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from tiefvision_assets.errors import TiefVisionError
from tiefvision_ui.language.texts import _

AT_ONCE = 2
"""Photos that are decoded and searched by at the same time."""
PLACES = 16
"""Requests of the API that are received, wait or are being answered; each holds its upload, of `MAX_UPLOAD_MB`."""
DECODING_BYTES = 2**30
"""What all threads of this server together decode photos with, those that draw thumbnails included: one photo of 80
megapixels, or seven of 12."""
PATIENCE_S = 30.0
"""How long anybody waits for a turn."""
RETRY_AFTER_S = 5
"""When to come back, as those who are refused are told: a full queue of ordinary photos is done by then."""


class Busy(TiefVisionError):
    """Too many searches by photo at once."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Too many photos are being searched by at the moment; try again in {seconds} seconds.",
                seconds=RETRY_AFTER_S,
            )
        )


class PhotoQueue:
    """Bounds how many searches by photo are at work, and how many requests wait for that."""

    def __init__(self, at_once: int, places: int) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the queue while the block runs; `Busy` at once if there is none."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def turn(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Wait to be among those at work, and be so while the block runs; `Busy` after ``patience_s`` seconds.

        Not re-entrant.
        """
        if not self._turns.acquire(timeout=patience_s):
            raise Busy
        try:
            yield
        finally:
            self._turns.release()


PHOTO_QUEUE = PhotoQueue(AT_ONCE, PLACES)
"""That of this server."""
