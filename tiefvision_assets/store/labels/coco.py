"""Boxes as COCO JSON (https://cocodataset.org/#format-data): one image a photo, one annotation its box."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import OBJECT, labelled_photos
from tiefvision_assets.store.labels.choices import Choices, Coordinates
from tiefvision_assets.store.labels.contents import read_json, written
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, is_number, numbers_in, score_in
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import EMPTY, PassedOver, Region, Shape
from tiefvision_assets.store.labels.shapes import Point, mask_bounds

FORM = "bbox is [left, top, width, height]"
CROWD = "crowd regions"
_PHOTO = ("file_name", "filename", "path", "coco_url")
"""Keys of an image that name the photo; the first that is there counts."""


def coco_regions(file: Path, choices: Choices, report: Report) -> Iterator[Region]:
    """The annotations of ``file``: their bbox, or the bounds of their segmentation where they have none.

    Its numbers are pixels, unless the choices confirm that they are shares of the photo. A model's detections (COCO
    results) are proposals.

    Raises `LabelFileError` when the file is no COCO JSON.
    """
    document, is_result = _parsed(file)
    names = {str(_id(one)): str(one.get("name", "")) for one in document["categories"] if isinstance(one, dict)}
    images: dict[str, dict[str, Any]] = {}
    for position, image in enumerate(document["images"]):
        with report.at(f"images[{position}]{_id_shown(image)}"):
            _add_image(images, image)
    for position, annotation in enumerate(document["annotations"]):
        place = f"annotations[{position}]{_id_shown(annotation)}"
        with report.at(place):
            try:
                region = _region(place, annotation, images, names, is_result=is_result)
                yield replace(region, in_shares=choices.coordinates is Coordinates.normalised)
            except PassedOver as passed:
                report.passed_over[str(passed)] += 1


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


def _parsed(file: Path) -> tuple[dict[str, list[Any]], bool]:
    """The document, and whether it is a list of detections."""
    document = read_json(file)
    if isinstance(document, list) and document and isinstance(document[0], dict) and "score" in document[0]:
        return {"images": [], "annotations": document, "categories": []}, True
    for key in ("images", "annotations"):
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            raise LabelFileError(file, f'there is no list "{key}"; boxes are read as COCO JSON (images, annotations)')
    categories = document.get("categories")
    return document | {"categories": categories if isinstance(categories, list) else []}, False


def _id(record: Any, key: str = "id") -> str | None:
    """The id as text, so that 1, 1.0 and "1" are the same; None where there is none that could be meant."""
    value = record.get(key) if isinstance(record, dict) else None
    if isinstance(value, str):
        return value.strip() or None
    return str(int(value)) if is_number(value) and value == value // 1 else None


def _id_shown(record: Any) -> str:
    known = _id(record)
    return f" (id {known})" if known is not None else ""


def _add_image(images: dict[str, dict[str, Any]], image: Any) -> None:
    if not isinstance(image, dict):
        raise RefusedError("an image is an object with id and file_name", "export the file again")
    known = _id(image)
    if known is None:
        raise RefusedError('"id" is missing or neither a whole number nor a text', "give every image one of its own")
    if known in images:
        raise RefusedError("another image has this id", "give every image one of its own")
    if not _names(image):
        reason = '"file_name" is missing or no text'
        raise RefusedError(reason, "give the path relative to the folder of raw photos")
    images[known] = image


def _region(
    place: str, annotation: Any, images: dict[str, dict[str, Any]], names: dict[str, str], *, is_result: bool
) -> Region:
    if not isinstance(annotation, dict):
        raise RefusedError("an annotation is an object with image_id and bbox", "export the file again")
    if annotation.get("iscrowd") or annotation.get("ignore"):
        raise PassedOver(CROWD)
    image = images.get(_id(annotation, "image_id") or "")
    if image is None and not (is_result and _id(annotation, "image_id")):
        reason = f"no image has the id {annotation.get('image_id')!r}"
        raise RefusedError(reason, '"image_id" names one of the "images"')
    points, given, shape = _points(annotation)
    category = _id(annotation, "category_id") or ""
    return Region(
        place,
        PhotoName(_names(image)) if image else _name_of_result(annotation),
        points,
        given,
        FORM,
        shape=shape,
        category=names.get(category, category),
        size=(image.get("width"), image.get("height")) if image else (None, None),
        proposed=is_result,
        score=score_in(annotation.get("score")),
    )


def _names(image: dict[str, Any]) -> tuple[str, ...]:
    """The name of the photo (LVIS has its address alone), and the one that it had before Roboflow took it, where the
    file keeps that; none where it says neither."""
    extra = image.get("extra")
    given = [next(filter(_is_name, (image.get(key) for key in _PHOTO)), None)]
    given += [extra.get("name")] if isinstance(extra, dict) else []
    return tuple(name for name in given if _is_name(name))


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _name_of_result(annotation: dict[str, Any]) -> PhotoName:
    """The photo of one of a model's detections (COCO results), which stand without a list of images.

    Their image_id is the photo's name without its suffix, where tools have no other, or COCO's twelve digits.
    """
    known = _id(annotation, "image_id") or ""
    given = annotation.get("file_name")
    names = [given] if isinstance(given, str) and given.strip() else []
    return PhotoName((*names, known, *([f"{known:0>12}"] if known.isdecimal() else [])), is_stem=not names)


def _points(annotation: dict[str, Any]) -> tuple[tuple[Point, ...], str, Shape]:
    numbers = numbers_in(annotation.get("bbox"), 4)
    segmentation = annotation.get("segmentation")
    if numbers is not None and (all(numbers[2:]) or not segmentation):
        left, top, width, height = numbers
        return ((left, top), (left + width, top + height)), str(numbers), "box"
    if (annotation.get("bbox") and numbers is None) or not segmentation:
        raise RefusedError('"bbox" is missing or not four numbers [left, top, width, height]', "a box is needed")
    if isinstance(segmentation, dict):
        edges = mask_bounds(segmentation)
        if edges is None:
            raise PassedOver(EMPTY)
        left, top, right, bottom = edges
        return ((left, top), (right, bottom)), str(list(edges)), "box"
    points: list[Point] = []
    for polygon in segmentation if isinstance(segmentation, list) else [None]:
        flat = numbers_in(polygon, len(polygon)) if isinstance(polygon, list) and len(polygon) % 2 == 0 else None
        if flat is None:
            reason = '"segmentation" is neither a mask nor polygons [x, y, x, y, …]'
            raise RefusedError(reason, "a box is needed")
        points += zip(flat[::2], flat[1::2], strict=True)
    if not points:
        raise PassedOver(EMPTY)
    return tuple(points), f"around the polygon from {list(points[0])} on", "polygon"


def _annotation(number: int, box: Box) -> dict[str, Any]:
    bbox = [box.left, box.top, round(box.width, DECIMALS), round(box.height, DECIMALS)]
    return {"id": number, "image_id": number, "category_id": 1, "bbox": bbox, "area": box.area, "iscrowd": 0}
