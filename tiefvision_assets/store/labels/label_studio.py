"""Boxes as Label Studio JSON: a list of tasks whose annotations hold RectangleLabels, in percent of the photo.

https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks. A task names its photo in ``data.path``,
relative to the raw folder, which Label Studio preserves, and in ``data.image``, which Label Studio displays when that
folder is the root of its local storage. Tasks that were made elsewhere are matched by whatever their data names. The
short export, JSON-MIN, has the data and the regions of one annotation in one object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import pandas as pd

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.labels.box_rows import OBJECT, LabelledPhoto, labelled_photos
from tiefvision_assets.store.labels.contents import read_json, written
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.label_studio_shapes import region_of
from tiefvision_assets.store.labels.numbers import SHARE_DECIMALS
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import PassedOver, Region
from tiefvision_assets.store.photos import PHOTO_SUFFIXES

LOCAL_FILES = "/data/local-files/?d="
KEYS = ("path", "image", "img", "image_url", "url")
"""Keys of a task's data that name the photo, the most telling first."""
PREDICTIONS = "predictions (a model's proposals, which are no labels)"
CANCELLED = "cancelled annotations"


def label_studio_regions(file: Path, report: Report) -> Iterator[Region]:
    """The regions of the annotations in ``file``, each with its annotator.

    Raises `LabelFileError` when the file is no list of tasks.
    """
    for position, task in enumerate(_parsed(file)):
        place = f"tasks[{position}]"
        with report.at(place):
            drawn = list(_drawn(place, task, report))
            if not drawn:
                continue
            photo = _photo(task)
            for where, annotator, marked in drawn:
                with report.at(place + where):
                    try:
                        yield region_of(place + where, marked, photo, annotator)
                    except PassedOver as passed:
                        report.passed_over[str(passed)] += 1


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


def _drawn(place: str, task: Any, report: Report) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where in the task, by whom, and the region, of everything that somebody drew."""
    if not isinstance(task, dict) or ("data" in task and not isinstance(task["data"], dict)):
        raise RefusedError('"data" is missing', "export the project from Label Studio as JSON")
    if "data" not in task:
        yield from _drawn_in_short(task)
        return
    predictions = task.get("predictions")
    if isinstance(predictions, list) and predictions:
        report.passed_over[PREDICTIONS] += len(predictions)
    annotations = task.get("annotations", task.get("completions", [] if predictions else None))
    if not isinstance(annotations, list):
        raise RefusedError('there is no list "annotations"', "export the project from Label Studio as JSON")
    for position, annotation in enumerate(annotations):
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            refused = RefusedError('the annotation has no list "result"', "export the file again")
            report.problem(f"{place}.annotations[{position}]", refused)
            continue
        if annotation.get("was_cancelled"):
            report.passed_over[CANCELLED] += 1
            continue
        for number, marked in enumerate(annotation["result"]):
            if isinstance(marked, dict):
                yield f".annotations[{position}].result[{number}]", _who(annotation.get("completed_by")), marked


def _drawn_in_short(task: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same of JSON-MIN, where the control's name is the key of its regions."""
    if not any(isinstance(value, str) for value in task.values()):
        raise RefusedError('"data" is missing', "export the project from Label Studio as JSON")
    for key, regions in task.items():
        for number, marked in enumerate(regions if isinstance(regions, list) else []):
            if isinstance(marked, dict):
                yield f".{key}[{number}]", _who(task.get("annotator")), {"value": marked}


def _who(annotator: object) -> str:
    """The annotator's address where the export has it, else their number in Label Studio."""
    if isinstance(annotator, dict):
        annotator = annotator.get("email") or annotator.get("username") or annotator.get("id")
    if isinstance(annotator, int):
        return f"labelstudio-{annotator}"
    return displayable(annotator.strip()) if isinstance(annotator, str) else ""


def _photo(task: dict[str, Any]) -> PhotoName:
    data = task.get("data", task)
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value.strip()}
    names = [texts[key] for key in KEYS if key in texts]
    names += [value for key, value in texts.items() if key not in KEYS and _looks_like_a_photo(value)]
    if not names:
        reason = '"data" has neither "path" nor "image", nor another key that names a photo'
        raise RefusedError(reason, "give the path relative to the folder of raw photos")
    return PhotoName(tuple(dict.fromkeys(names)))


def _looks_like_a_photo(value: str) -> bool:
    return "?d=" in value or PurePosixPath(value.split("?")[0]).suffix.lower() in PHOTO_SUFFIXES


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
