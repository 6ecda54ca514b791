"""What pages and components speak of: photos, the model's boxes on them, their names, and where photos are served.

Values only: nothing here reads a file, asks the session or draws. Components import no other module of the app, so that
each can be understood, and shown, by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from tiefvision_assets.box import Box

THUMBNAIL_WIDTHS = (160, 320, 640)


@dataclass(frozen=True, slots=True)
class Photo:
    """A content of the catalogue, with the first of its paths; width and height in pixels."""

    sha256: str
    image_id: str
    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ModelBox:
    """The box that the served heads found on a photo, and how sure they are, 0 to 1."""

    box: Box
    confidence: float


def box_of(sides: object) -> Box | None:
    """The box that a browser sent as four numbers left, top, right, bottom; None for anything else."""
    if isinstance(sides, list) and len(sides) == 4 and all(isinstance(side, int | float) for side in sides):
        return Box(*map(float, sides))
    return None


def name_of(path: str) -> str:
    """The file's name without its folders and suffix."""
    return PurePosixPath(path).stem


def photo_url(sha256: str) -> str:
    """Where the photo with this content is served, upright and no longer than a large screen needs."""
    return f"/photos/{sha256}"


def thumbnail_url(sha256: str, width: int) -> str:
    """Where its thumbnail is served; ``width`` is one of `THUMBNAIL_WIDTHS`."""
    return f"/thumbs/{width}/{sha256}"


def thumbnail_srcset(sha256: str) -> str:
    """All its thumbnails with their widths, as an image's ``srcset`` lists them."""
    return ", ".join(f"{thumbnail_url(sha256, width)} {width}w" for width in THUMBNAIL_WIDTHS)
