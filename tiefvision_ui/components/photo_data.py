"""A photo as the labelling components are told of it."""

from __future__ import annotations

from tiefvision_ui.images import THUMBNAIL_WIDTHS, thumbnail_url
from tiefvision_ui.queues import Photo
from tiefvision_ui.results import name_of


def photo_data(photo: Photo) -> dict[str, object]:
    """Its id, name and size in pixels, and where its thumbnails are: one, a small one, and all with their widths."""
    sources = {width: thumbnail_url(photo.sha256, width) for width in THUMBNAIL_WIDTHS}
    return {
        "id": photo.sha256,
        "name": name_of(photo.path),
        "width": photo.width,
        "height": photo.height,
        "src": sources[320],
        "small": sources[160],
        "srcset": ", ".join(f"{url} {width}w" for width, url in sources.items()),
    }
