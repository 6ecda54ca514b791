"""The demo's boxes as files: photos as JPEG, their boxes in COCO's detection format."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from tiefvision_assets.box import Box

JPEG_QUALITY = 88


@dataclass(frozen=True)
class BoxedPhoto:
    """A photo's number, its path, its width and height in pixels, and its box in pixels."""

    index: int
    path: str
    size: tuple[int, int]
    box: Box


def jpeg(image: Image.Image) -> bytes:
    """The photo as the demo stores it."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def coco(photos: Sequence[BoxedPhoto], category: str) -> dict[str, object]:
    """The photos' boxes in COCO's detection format, with one category."""
    return {
        "images": [
            {"id": photo.index + 1, "file_name": photo.path, "width": photo.size[0], "height": photo.size[1]}
            for photo in photos
        ],
        "annotations": [
            {
                "id": photo.index + 1,
                "image_id": photo.index + 1,
                "category_id": 1,
                "bbox": [photo.box.left, photo.box.top, photo.box.width, photo.box.height],
                "area": photo.box.width * photo.box.height,
                "iscrowd": 0,
            }
            for photo in photos
        ],
        "categories": [{"id": 1, "name": category}],
    }
