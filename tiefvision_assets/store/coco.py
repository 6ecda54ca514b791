"""Boxes as COCO JSON (https://cocodataset.org/#format-data): one image a photo, one annotation its box."""

from __future__ import annotations

import json
import math
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.known_photos import KnownPhoto, KnownPhotos
from tiefvision_assets.store.label_problems import LabelFileError, Problems, RefusedError, read_text, written
from tiefvision_assets.store.labels import BOX_COLUMNS, BoxLabel

TOLERANCE = 1.0
"""Pixels that a box may reach outside its photo before it is refused; it is clipped to the photo."""

EXACT = Context(prec=700)
"""Arithmetic with digits enough for any sum of two doubles: ``left + (right - left)`` is ``right`` again."""


def read_coco(file: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in ``file``, one a content, clipped to their photos.

    ``entries`` are the catalogue's live photos: path, sha256, width, height. Raises `LabelFileError` for the whole
    file if anything in it is wrong.
    """
    boxes = read_boxes_by_path(file, entries).drop_duplicates("sha256")
    columns = [boxes[name].tolist() for name in BOX_COLUMNS]
    return [BoxLabel(sha256, Box(*box)) for sha256, *box in zip(boxes["sha256"].tolist(), *columns, strict=True)]


def read_boxes_by_path(file: Path, entries: pd.DataFrame) -> pd.DataFrame:
    """Like `read_coco`, as a frame with one row a photo: path, sha256, left, top, right, bottom (pixels)."""
    document = _parsed(file)
    photos = KnownPhotos(entries)
    problems = Problems(file)
    images: dict[int | str, dict[str, Any]] = {}
    for position, image in enumerate(document["images"]):
        with problems.at(f"images[{position}]{_id_of(image)}"):
            _add_image(images, image)
    boxes: dict[str, tuple[KnownPhoto, Box]] = {}
    first_box: dict[str, Box] = {}
    for position, annotation in enumerate(document["annotations"]):
        with problems.at(f"annotations[{position}]{_id_of(annotation)}"):
            photo = _photo_of(annotation, images, photos)
            box = _box_of(annotation, photo)
            if first_box.setdefault(photo.sha256, box) != box:
                raise RefusedError(f"{photo.path!r} or its twin has another box as well; keep one a photo")
            boxes[photo.path] = (photo, box)
    problems.raise_first()
    rows = [(photo.path, photo.sha256, *box.as_tuple()) for photo, box in boxes.values()]
    frame = pd.DataFrame.from_records(rows, columns=["path", "sha256", *BOX_COLUMNS])
    return frame.astype({"path": "str", "sha256": "str"} | dict.fromkeys(BOX_COLUMNS, "float64"))


def write_coco(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    Twins are listed each; boxes of photos that are not among ``entries`` are left out. Reading the file gives back
    the very same coordinates. Raises `LabelFileError` when the file cannot be written.
    """
    photos = entries[["path", "sha256", "width", "height"]]
    rows = photos.merge(boxes[["sha256", *BOX_COLUMNS]], on="sha256").sort_values("path", ignore_index=True)
    images, annotations = [], []
    for number, row in enumerate(rows.to_dict("records"), start=1):
        images.append(_image_line(number, row))
        annotations.append(_annotation_line(number, Box(*(float(row[name]) for name in BOX_COLUMNS))))
    document = '{"categories": [{"id": 1, "name": "object"}],\n"images": [\n'
    document += ",\n".join(images) + '\n],\n"annotations": [\n' + ",\n".join(annotations) + "\n]}\n"
    with written(file) as temporary:
        temporary.write_text(document, encoding="utf-8")
    return len(rows)


def _parsed(file: Path) -> dict[str, list[Any]]:
    text = read_text(file)
    try:
        document = json.loads(text, parse_float=_literal)
    except json.JSONDecodeError as error:
        reason = f"this is not JSON ({error.msg}, column {error.colno}); export the file again"
        raise LabelFileError(file, reason, where=f"line {error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise LabelFileError(file, f"this JSON cannot be read ({error}); export the file again") from None
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
    for name, displayed in (("width", photo.width), ("height", photo.height)):
        if image.get(name) not in (None, displayed):
            raise RefusedError(
                f"the {name} of {photo.path!r} is given as {image[name]}, but the photo is displayed with "
                f"{photo.width} x {photo.height} pixels; annotate the photo as displayed (EXIF orientation applied)"
            )
    return photo


def _box_of(annotation: dict[str, Any], photo: KnownPhoto) -> Box:
    numbers = annotation.get("bbox")
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(map(_is_number, numbers)):
        raise RefusedError('"bbox" is missing or not four numbers [left, top, width, height]; a box is needed')
    left, top, width, height = exact = [Decimal(number) for number in numbers]
    given = f"the box {[float(number) for number in exact]} of {photo.path!r}"
    if not all(math.isfinite(float(number)) for number in exact):
        raise RefusedError(f"{given} is not finite; draw it again")
    box = Box(*map(float, (left, top, EXACT.add(left, width), EXACT.add(top, height))))
    if width <= 0 or height <= 0 or box.area == 0:
        raise RefusedError(f"{given} has no area; bbox is [left, top, width, height]")
    inside = box.clipped(photo.width, photo.height)
    reach = max(abs(edge - clipped) for edge, clipped in zip(box.as_tuple(), inside.as_tuple(), strict=True))
    if reach > TOLERANCE or inside.area == 0:
        raise RefusedError(
            f"{given} reaches outside the photo, which is displayed with {photo.width} x {photo.height} pixels; "
            "bbox is [left, top, width, height] in pixels of the photo as displayed"
        )
    return inside


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _image_line(number: int, row: dict[Any, Any]) -> str:
    size = {"width": int(row["width"]), "height": int(row["height"])}
    return json.dumps({"id": number, "file_name": row["path"], **size})


def _annotation_line(number: int, box: Box) -> str:
    left, top, right, bottom = (Decimal(repr(edge)) for edge in box.as_tuple())
    bbox = ", ".join(map(str, (left, top, EXACT.subtract(right, left), EXACT.subtract(bottom, top))))
    head = f'"id": {number}, "image_id": {number}, "category_id": 1'
    return f'{{{head}, "bbox": [{bbox}], "area": {box.area!r}, "iscrowd": 0}}'
