"""Boxes as COCO JSON (https://cocodataset.org/#format-data): one image a photo, one annotation its box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import (
    DECIMALS,
    OBJECT,
    BoxRows,
    as_float,
    check_size,
    checked_box,
    finite,
    is_number,
    labelled_photos,
)
from tiefvision_assets.store.labels.known_photos import KnownPhoto, KnownPhotos
from tiefvision_assets.store.labels.problems import LabelFileError, Problems, RefusedError, read_json, written
from tiefvision_assets.store.labels.store import BoxLabel

FORM = "bbox is [left, top, width, height]"


def read_coco(file: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in ``file``, one a content, clipped to their photos.

    ``entries`` are the catalogue's live photos: path, sha256, width, height. Raises `LabelFileError` for the whole
    file if anything in it is wrong.
    """
    return _rows(file, entries).labels()


def read_boxes_by_path(file: Path, entries: pd.DataFrame) -> pd.DataFrame:
    """Like `read_coco`, as a frame with one row for each photo: path, sha256, left, top, right, bottom (pixels)."""
    return _rows(file, entries).frame()


def write_coco(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed; boxes of photos that are not among ``entries`` are left out. Coordinates are rounded to 1/100
    pixel, and read back as the same numbers. Raises `LabelFileError` when the file cannot be written.
    """
    photos = labelled_photos(boxes, entries)
    document = {
        "categories": [{"id": 1, "name": OBJECT}],
        "images": [
            {"id": number, "file_name": photo.path, "width": photo.width, "height": photo.height}
            for number, photo in enumerate(photos, start=1)
        ],
        "annotations": [_annotation(number, photo.box) for number, photo in enumerate(photos, start=1)],
    }
    with written(file) as temporary:
        temporary.write_text(json.dumps(document), encoding="utf-8")
    return len(photos)


def _rows(file: Path, entries: pd.DataFrame) -> BoxRows:
    document = _parsed(file)
    photos = KnownPhotos(entries)
    problems = Problems(file)
    images: dict[int | str, dict[str, Any]] = {}
    for position, image in enumerate(document["images"]):
        with problems.at(f"images[{position}]{_id_of(image)}"):
            _add_image(images, image)
    rows = BoxRows()
    for position, annotation in enumerate(document["annotations"]):
        with problems.at(f"annotations[{position}]{_id_of(annotation)}"):
            photo = _photo_of(annotation, images, photos)
            rows.add(photo, _box_of(annotation, photo))
    problems.raise_first()
    return rows


def _parsed(file: Path) -> dict[str, list[Any]]:
    document = read_json(file)
    for key in ("images", "annotations"):
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            raise LabelFileError(file, f'there is no list "{key}"; boxes are read as COCO JSON (images, annotations)')
    return document


def _id_of(record: Any) -> str:
    known = isinstance(record, dict) and _is_id(record.get("id"))
    return f" (id {record['id']})" if known else ""


def _is_id(value: Any) -> TypeGuard[int | str]:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _add_image(images: dict[int | str, dict[str, Any]], image: Any) -> None:
    if not isinstance(image, dict):
        raise RefusedError("an image is an object with id and file_name; export the file again")
    if not _is_id(image.get("id")):
        raise RefusedError('"id" is missing or neither a whole number nor a text; give every image one of its own')
    if image["id"] in images:
        raise RefusedError("another image has this id; give every image one of its own")
    if not isinstance(image.get("file_name"), str):
        raise RefusedError('"file_name" is missing or no text; give the path relative to the folder of raw photos')
    images[image["id"]] = image


def _photo_of(annotation: Any, images: dict[int | str, dict[str, Any]], photos: KnownPhotos) -> KnownPhoto:
    if not isinstance(annotation, dict):
        raise RefusedError("an annotation is an object with image_id and bbox; export the file again")
    image_id = annotation.get("image_id")
    if not _is_id(image_id) or image_id not in images:
        raise RefusedError(f'no image has the id {image_id!r}; "image_id" names one of the "images"')
    image = images[image_id]
    photo = photos.find(image["file_name"])
    check_size(photo, image.get("width"), image.get("height"))
    return photo


def _box_of(annotation: dict[str, Any], photo: KnownPhoto) -> Box:
    numbers = annotation.get("bbox")
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(map(is_number, numbers)):
        raise RefusedError('"bbox" is missing or not four numbers [left, top, width, height]; a box is needed')
    left, top, width, height = values = [as_float(number) for number in numbers]
    given = f"the box {values} of {photo.path!r}"
    finite(values, given)
    return checked_box(photo, (left, top, left + width, top + height), given=given, form=FORM)


def _annotation(number: int, box: Box) -> dict[str, Any]:
    bbox = [box.left, box.top, round(box.width, DECIMALS), round(box.height, DECIMALS)]
    return {"id": number, "image_id": number, "category_id": 1, "bbox": bbox, "area": box.area, "iscrowd": 0}
