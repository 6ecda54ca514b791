"""A photo in the form that the components' JavaScript expects."""

from __future__ import annotations

from tiefvision_ui.values import Photo, name_of, thumbnail_srcset, thumbnail_url


def photo_data(photo: Photo) -> dict[str, object]:
    """The photo's id, name, size in pixels, and the URLs of its thumbnails."""
    return {
        "id": photo.sha256,
        "name": name_of(photo.path),
        "width": photo.width,
        "height": photo.height,
        "src": thumbnail_url(photo.sha256, 320),
        "small": thumbnail_url(photo.sha256, 160),
        "srcset": thumbnail_srcset(photo.sha256),
    }
