"""Boxes as Label Studio JSON: a list of tasks whose annotations hold RectangleLabels, in percent of the photo.

https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks. A task names its photo in ``data.path``,
relative to the raw folder, which Label Studio preserves, and in ``data.image``, which Label Studio displays when that
folder is the root of its local storage. Tasks that were made elsewhere are matched by ``data.image`` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import (
    OBJECT,
    SHARE_DECIMALS,
    BoxRows,
    LabelledPhoto,
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

LOCAL_FILES = "/data/local-files/?d="
RECTANGLES = ("rectanglelabels", "rectangle")
FORM = "x, y, width and height are percentages of what the photo measures"
_UPLOADED = re.compile(r"^/data/upload/\d+/[0-9a-f]{8}-")
"""Prefix that Label Studio puts before the name of an uploaded photo."""


def read_label_studio(file: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The rectangles of the annotations in ``file``, one for each content, clipped to their photos; their labels are
    ignored.

    ``entries`` are the catalogue's live photos: path, sha256, width, height. Predictions, cancelled annotations and
    regions that are no rectangles are ignored. Raises `LabelFileError` for the whole file if anything in it is wrong.
    """
    photos = KnownPhotos(entries)
    problems = Problems(file)
    rows = BoxRows()
    for position, task in enumerate(_parsed(file)):
        place = f"tasks[{position}]"
        with problems.at(place):
            regions = list(_rectangles(task))
            if not regions:
                continue
            photo = _photo_of(task, photos)
            for where, region in regions:
                with problems.at(place + where):
                    rows.add(photo, _box_of(region, photo))
    problems.raise_first()
    return rows.labels()


def write_label_studio(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed. Coordinates are rounded to 1/100 pixel, and read back as the same numbers. The labelling
    interface is an Image named ``image`` and RectangleLabels named ``label``. Raises `LabelFileError` when the file
    cannot be written.
    """
    photos = labelled_photos(boxes, entries)
    tasks = [_task(number, photo) for number, photo in enumerate(photos, start=1)]
    with written(file) as temporary:
        temporary.write_text(json.dumps(tasks), encoding="utf-8")
    return len(photos)


def _parsed(file: Path) -> list[Any]:
    tasks = read_json(file)
    if not isinstance(tasks, list):
        raise LabelFileError(file, "this is no list of tasks; export the project from Label Studio as JSON")
    return tasks


def _rectangles(task: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where in the file, and the region, of every rectangle that somebody drew."""
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise RefusedError('"data" is missing; export the project from Label Studio as JSON')
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        raise RefusedError('there is no list "annotations"; export as JSON, not as JSON-MIN')
    for position, annotation in enumerate(annotations):
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            raise RefusedError(f'annotations[{position}] has no list "result"; export the file again')
        if annotation.get("was_cancelled"):
            continue
        for number, region in enumerate(annotation["result"]):
            if isinstance(region, dict) and region.get("type") in RECTANGLES:
                yield f".annotations[{position}].result[{number}]", region


def _photo_of(task: dict[str, Any], photos: KnownPhotos) -> KnownPhoto:
    path, image = (task["data"].get(name) for name in ("path", "image"))
    if isinstance(path, str):
        return photos.find(path)
    if not isinstance(image, str):
        raise RefusedError('"data" has neither "path" nor "image"; give the path relative to the folder of raw photos')
    return photos.get(image) or photos.find(_path_in(image))


def _path_in(image: str) -> str:
    address = urlsplit(image)
    if local := parse_qs(address.query).get("d"):
        return local[0].lstrip("/")
    return unquote(_UPLOADED.sub("", address.path)) if address.scheme or address.path.startswith("/data/") else image


def _box_of(region: dict[str, Any], photo: KnownPhoto) -> Box:
    check_size(photo, region.get("original_width"), region.get("original_height"))
    value = region.get("value")
    given = [value.get(name) for name in ("x", "y", "width", "height")] if isinstance(value, dict) else []
    numbers = [as_float(number) for number in given if is_number(number)]
    if not isinstance(value, dict) or len(numbers) != 4:
        raise RefusedError(f'"value" of {photo.path!r} is missing or not four numbers; {FORM}')
    if value.get("rotation") or region.get("image_rotation"):
        raise RefusedError(f"the rectangle on {photo.path!r} is turned; draw it upright, boxes are not rotated")
    box = f"the box {numbers} of {photo.path!r}"
    finite(numbers, box)
    x, y, width, height = numbers
    edges = (x * photo.width, y * photo.height, (x + width) * photo.width, (y + height) * photo.height)
    return checked_box(photo, [edge / 100 for edge in edges], given=box, form=FORM)


def _task(number: int, photo: LabelledPhoto) -> dict[str, Any]:
    box = photo.box
    sides = {"x": (box.left, photo.width), "y": (box.top, photo.height)}
    sides |= {"width": (box.width, photo.width), "height": (box.height, photo.height)}
    percentages = {name: round(100 * side / whole, SHARE_DECIMALS - 2) for name, (side, whole) in sides.items()}
    region = {
        "id": str(number),
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": photo.width,
        "original_height": photo.height,
        "image_rotation": 0,
        "value": percentages | {"rotation": 0, "rectanglelabels": [OBJECT]},
    }
    data = {"image": LOCAL_FILES + quote(photo.path), "path": photo.path}
    return {"id": number, "data": data, "annotations": [{"id": number, "result": [region]}]}
