"""Values that pages and components share: photos, boxes, and the URLs at which photos are served.

Nothing here reads a file, uses the session or draws. Outside of their own package, components import no other module
of the app, so that each can be shown by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePosixPath

from tiefvision_assets.box import Box
from tiefvision_assets.store.photos import DECODING_VERSION

THUMBNAIL_WIDTHS = (160, 320, 640)


@dataclass(frozen=True, slots=True)
class Photo:
    """A content (sha256) of the catalogue, with the first of its paths; width and height in pixels."""

    sha256: str
    image_id: str
    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ModelBox:
    """The box that the served heads found on a photo, and their confidence, 0 to 1."""

    box: Box
    confidence: float


def box_of(sides: object) -> Box | None:
    """The box of a list of four finite numbers left, top, right, bottom; None for anything else and for empty boxes."""
    if not (isinstance(sides, list) and len(sides) == 4):
        return None
    if not all(isinstance(side, int | float) and math.isfinite(side) for side in sides):
        return None
    box = Box(*map(float, sides))
    return box if box.area > 0 else None


def name_of(path: str) -> str:
    """The file's name without folders and suffix."""
    return PurePosixPath(path).stem


def photo_url(sha256: str) -> str:
    """The URL of the photo with this content, upright and scaled down to what a large screen shows.

    Browsers keep what is at such a URL for good, so that it tells the version of decoding as well.
    """
    return f"/photos/{sha256}?decoding={DECODING_VERSION}"


def thumbnail_url(sha256: str, width: int) -> str:
    """The URL of the photo's thumbnail; ``width`` is one of `THUMBNAIL_WIDTHS`."""
    return f"/thumbs/{width}/{sha256}?decoding={DECODING_VERSION}"


def thumbnail_srcset(sha256: str) -> str:
    """The photo's thumbnails and their widths, as a value for an image's ``srcset``."""
    return ", ".join(f"{thumbnail_url(sha256, width)} {width}w" for width in THUMBNAIL_WIDTHS)
