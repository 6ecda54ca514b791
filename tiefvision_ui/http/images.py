"""Routes that serve photos and thumbnails by the hash of their content, so that browsers may keep them for good."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tiefvision_assets.cores import cores
from tiefvision_assets.store.bucket.objects import DataUnavailable
from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.stamp import FileStamp, stamp_of
from tiefvision_assets.store.store import Store
from tiefvision_ui.values import THUMBNAIL_WIDTHS

PHOTO_SIDE = 1600
"""Longest side of a served photo, in pixels: sharp on a large screen, and bounded whatever the original."""
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
NOT_FOUND = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class UnknownContent(LookupError):
    """No live photo has this content."""


class PhotoImages:
    """Photos of one catalogue as the browser gets them: upright, RGB, without the camera's metadata.

    A hash is looked up in the catalogue and never becomes part of a path. Results are kept in memory, bounded.
    """

    def __init__(self, store: Store) -> None:
        self._catalogue = store.catalogue
        self._table = store.layout.catalogue
        self._stamp: FileStamp | None = None
        self._paths: dict[str, list[str]] = {}
        self.thumbnail = lru_cache(maxsize=4096)(self._thumbnail)
        self.photo = lru_cache(maxsize=64)(self._photo)

    def _thumbnail(self, sha256: str, width: int) -> bytes:
        """A WebP of that width, of any height; raises `UnknownContent` and `BadPhoto`."""
        photo = self._open(sha256)
        photo.thumbnail((width, photo.height), Image.Resampling.LANCZOS)
        return _encoded(photo, "WEBP", quality=80, method=2)

    def _photo(self, sha256: str) -> bytes:
        """A JPEG; raises `UnknownContent` and `BadPhoto`."""
        photo = self._open(sha256)
        photo.thumbnail((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.LANCZOS)
        return _encoded(photo, "JPEG", quality=88, progressive=True)

    def _open(self, sha256: str) -> Image.Image:
        for path in self._paths_of(sha256):
            try:
                data = self._catalogue.read(path)
            except OSError:
                continue
            # A file replaced since the last scan must not be cached for good under its former hash.
            if hashlib.sha256(data).hexdigest() == sha256:
                return open_photo(data)
        raise UnknownContent(sha256)

    def _paths_of(self, sha256: str) -> list[str]:
        stamp = stamp_of(self._table)
        if stamp is None:
            return []
        if stamp != self._stamp:
            paths: dict[str, list[str]] = {}
            live = self._catalogue.live(["sha256", "path"])
            for content, path in zip(live["sha256"], live["path"], strict=True):
                paths.setdefault(content, []).append(path)
            self._paths, self._stamp = paths, stamp
        return self._paths.get(sha256, [])


def photo_routes(store: Store) -> list[Route]:
    """``/photos/{sha256}`` and ``/thumbs/{width}/{sha256}`` for the store's catalogue."""
    images = PhotoImages(store)
    pool = ThreadPoolExecutor(max_workers=min(4, cores()), thread_name_prefix="photos")

    async def respond(render: Callable[[], bytes], media_type: str) -> Response:
        try:
            data = await asyncio.get_running_loop().run_in_executor(pool, render)
        except (UnknownContent, BadPhoto):
            return Response("There is no such photo.", 404, NOT_FOUND)
        except (RawUnavailable, DataUnavailable):
            return Response("The photos cannot be reached at present.", 503, NOT_FOUND)
        return Response(data, 200, IMMUTABLE, media_type)

    async def photo(request: Request) -> Response:
        return await respond(partial(images.photo, request.path_params["sha256"]), "image/jpeg")

    async def thumbnail(request: Request) -> Response:
        width: int = request.path_params["width"]
        if width not in THUMBNAIL_WIDTHS:
            return Response("There is no thumbnail of that width.", 404, NOT_FOUND)
        return await respond(partial(images.thumbnail, request.path_params["sha256"], width), "image/webp")

    return [Route("/photos/{sha256}", photo), Route("/thumbs/{width:int}/{sha256}", thumbnail)]


def _encoded(photo: Image.Image, image_format: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    photo.save(buffer, image_format, **options)
    return buffer.getvalue()
