"""Boxes as COCO JSON (https://cocodataset.org/#format-data): one image a photo, one annotation its box."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import OBJECT, labelled_photos
from tiefvision_assets.store.labels.choices import Choices, Coordinates
from tiefvision_assets.store.labels.contents import read_json, written
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, is_number, numbers_in
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import EMPTY, PassedOver, Region, Shape
from tiefvision_assets.store.labels.shapes import Point, mask_bounds

FORM = "bbox is [left, top, width, height]"
CROWD = "crowd regions"


def coco_regions(file: Path, choices: Choices, report: Report) -> Iterator[Region]:
    """The annotations of ``file``: their bbox, or the bounds of their segmentation where they have none.

    Its numbers are pixels, unless the choices confirm that they are shares of the photo.

    Raises `LabelFileError` when the file is no COCO JSON.
    """
    document = _parsed(file)
    names = {str(_id(one)): str(one.get("name", "")) for one in document["categories"] if isinstance(one, dict)}
    images: dict[str, dict[str, Any]] = {}
    for position, image in enumerate(document["images"]):
        with report.at(f"images[{position}]{_id_shown(image)}"):
            _add_image(images, image)
    for position, annotation in enumerate(document["annotations"]):
        place = f"annotations[{position}]{_id_shown(annotation)}"
        with report.at(place):
            try:
                region = _region(place, annotation, images, names)
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


def _parsed(file: Path) -> dict[str, list[Any]]:
    document = read_json(file)
    if isinstance(document, list) and document and isinstance(document[0], dict) and "score" in document[0]:
        reason = "these are a model's detections (COCO results), not labels; import what a person has confirmed"
        raise LabelFileError(file, reason)
    for key in ("images", "annotations"):
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            raise LabelFileError(file, f'there is no list "{key}"; boxes are read as COCO JSON (images, annotations)')
    categories = document.get("categories")
    return document | {"categories": categories if isinstance(categories, list) else []}


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
    if not isinstance(image.get("file_name"), str) or not image["file_name"].strip():
        reason = '"file_name" is missing or no text'
        raise RefusedError(reason, "give the path relative to the folder of raw photos")
    images[known] = image


def _region(place: str, annotation: Any, images: dict[str, dict[str, Any]], names: dict[str, str]) -> Region:
    if not isinstance(annotation, dict):
        raise RefusedError("an annotation is an object with image_id and bbox", "export the file again")
    if annotation.get("iscrowd") or annotation.get("ignore"):
        raise PassedOver(CROWD)
    image = images.get(_id(annotation, "image_id") or "")
    if image is None:
        reason = f"no image has the id {annotation.get('image_id')!r}"
        raise RefusedError(reason, '"image_id" names one of the "images"')
    points, given, shape = _points(annotation)
    category = _id(annotation, "category_id") or ""
    return Region(
        place,
        PhotoName(_names(image)),
        points,
        given,
        FORM,
        shape=shape,
        category=names.get(category, category),
        size=(image.get("width"), image.get("height")),
        confidence="score" in annotation,
    )


def _names(image: dict[str, Any]) -> tuple[str, ...]:
    """The name of the photo, and the one that it had before Roboflow took it, where the file keeps that."""
    extra = image.get("extra")
    original = extra.get("name") if isinstance(extra, dict) else None
    return (image["file_name"], original) if isinstance(original, str) and original else (image["file_name"],)


def _points(annotation: dict[str, Any]) -> tuple[tuple[Point, ...], str, Shape]:
    numbers = numbers_in(annotation.get("bbox"), 4)
    if numbers is not None:
        left, top, width, height = numbers
        return ((left, top), (left + width, top + height)), str(numbers), "box"
    segmentation = annotation.get("segmentation")
    if annotation.get("bbox") or not segmentation:
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
