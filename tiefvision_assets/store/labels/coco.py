"""Boxes as COCO JSON (https://cocodataset.org/#format-data): one image a photo, one annotation its box."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import (
    EXACT,
    OBJECT,
    BoxRows,
    LabelledPhoto,
    check_size,
    checked_box,
    exact,
    finite,
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
    """Like `read_coco`, as a frame with one row a photo: path, sha256, left, top, right, bottom (pixels)."""
    return _rows(file, entries).frame()


def write_coco(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    Twins are listed each; boxes of photos that are not among ``entries`` are left out. Reading the file gives back
    the very same coordinates. Raises `LabelFileError` when the file cannot be written.
    """
    photos = labelled_photos(boxes, entries)
    images = [_image_line(number, photo) for number, photo in enumerate(photos, start=1)]
    annotations = [_annotation_line(number, photo.box) for number, photo in enumerate(photos, start=1)]
    document = f'{{"categories": [{{"id": 1, "name": "{OBJECT}"}}],\n"images": [\n'
    document += ",\n".join(images) + '\n],\n"annotations": [\n' + ",\n".join(annotations) + "\n]}\n"
    with written(file) as temporary:
        temporary.write_text(document, encoding="utf-8")
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
    document = read_json(file, parse_float=_literal)
    for key in ("images", "annotations"):
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            raise LabelFileError(file, f'there is no list "{key}"; boxes are read as COCO JSON (images, annotations)')
    return document


def _literal(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except InvalidOperation:
        return float(text)


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
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(map(_is_number, numbers)):
        raise RefusedError('"bbox" is missing or not four numbers [left, top, width, height]; a box is needed')
    left, top, width, height = values = [Decimal(number) for number in numbers]
    given = f"the box {[float(value) for value in values]} of {photo.path!r}"
    finite(values, given)
    if width <= 0 or height <= 0:
        raise RefusedError(f"{given} has no area; {FORM}")
    edges = (left, top, EXACT.add(left, width), EXACT.add(top, height))
    return checked_box(photo, edges, given=given, form=FORM)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _image_line(number: int, photo: LabelledPhoto) -> str:
    return json.dumps({"id": number, "file_name": photo.path, "width": photo.width, "height": photo.height})


def _annotation_line(number: int, box: Box) -> str:
    left, top, right, bottom = exact(box.as_tuple())
    bbox = ", ".join(map(str, (left, top, EXACT.subtract(right, left), EXACT.subtract(bottom, top))))
    head = f'"id": {number}, "image_id": {number}, "category_id": 1'
    return f'{{{head}, "bbox": [{bbox}], "area": {box.area!r}, "iscrowd": 0}}'
