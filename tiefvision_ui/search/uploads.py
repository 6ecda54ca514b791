"""Checks and decodes photos that users upload to search with; `kept_uploads` keeps them for a while."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.photo_queue import PHOTO_QUEUE

PREVIEW_SIDE = 1200


class BadUpload(TiefVisionError):
    """An upload that cannot be searched with."""


@dataclass(frozen=True)
class Upload:
    """One uploaded photo; ``width`` and ``height`` are in pixels, ``digest`` is the SHA-256 of ``data``."""

    name: str
    digest: str
    data: bytes = field(repr=False)
    width: int
    height: int
    preview: str = field(repr=False)
    """A ``data:`` URL of the upright photo, whose longer side has at most `PREVIEW_SIDE` pixels."""


def receive(name: str, data: bytes) -> Upload:
    """Check and decode an upload; raises `BadUpload` if it cannot be searched with, `Busy` without a turn in time."""
    if len(data) > MAX_UPLOAD_MB * 2**20:
        raise _bad(
            name,
            _(
                "the file is too large ({size} MB, the limit is {most})",
                size=number_words(len(data) / 2**20),
                most=MAX_UPLOAD_MB,
            ),
        )
    with PHOTO_QUEUE.turn():
        try:
            photo = open_photo(data)
        except BadPhoto as error:
            raise _bad(name, str(error)) from error
        width, height = photo.size
        photo.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=85)
    preview = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
    return Upload(name, digest_of(data), data, width, height, preview)


def digest_of(data: bytes) -> str:
    """What tells uploads apart: the SHA-256 of the file."""
    return hashlib.sha256(data).hexdigest()


def _bad(name: str, reason: str) -> BadUpload:
    return BadUpload(
        _("“{name}” cannot be searched with: {reason}. Please choose another photo.", name=name, reason=reason)
    )
