"""Boxes as Label Studio JSON: a list of tasks whose annotations hold RectangleLabels, in percent of the photo.

https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks. A task names its photo in ``data.path``,
relative to the raw folder, which Label Studio preserves, and in ``data.image``, which Label Studio displays when that
folder is the root of its local storage. Tasks that were made elsewhere are matched by whatever their data names. The
short export, JSON-MIN, has the data and the regions of one annotation in one object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.labels.box_rows import OBJECT, LabelledPhoto, labelled_photos
from tiefvision_assets.store.labels.contents import read_json, written
from tiefvision_assets.store.labels.label_studio_photos import photo_of, tags_of
from tiefvision_assets.store.labels.label_studio_shapes import region_of
from tiefvision_assets.store.labels.numbers import SHARE_DECIMALS, score_in
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import PassedOver, Region

LOCAL_FILES = "/data/local-files/?d="
PREDICTIONS = "predictions of which the file has no regions"
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
            tags = tags_of(one.marked for one in drawn)
            for one in drawn:
                with report.at(place + one.where):
                    try:
                        photo = photo_of(task.get("data", task), one.marked, tags)
                        region = region_of(place + one.where, one.marked, photo, one.annotator)
                        yield replace(region, proposed=one.proposed, score=one.score, model=one.model)
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
    if isinstance(tasks, dict) and is_task(tasks):
        return [_of_target_storage(tasks)]
    if not isinstance(tasks, list):
        raise LabelFileError(file, "this is no list of tasks; export the project from Label Studio as JSON")
    return tasks


def is_task(document: dict[str, Any]) -> bool:
    """Whether the object is one task by itself, or one annotation with its task, as target storages hold them."""
    return isinstance(document.get("data"), dict) or isinstance(document.get("task"), dict)


def _of_target_storage(document: dict[str, Any]) -> dict[str, Any]:
    return {**document["task"], "annotations": [document]} if "data" not in document else document


@dataclass(frozen=True)
class _Drawn:
    """A region as a task has it: where in the task, and who drew it, or which model proposes it."""

    where: str
    marked: dict[str, Any]
    annotator: str = ""
    proposed: bool = False
    score: float | None = None
    model: str = ""


def _drawn(place: str, task: Any, report: Report) -> Iterator[_Drawn]:
    """Everything that somebody drew, and what models propose."""
    if not isinstance(task, dict) or ("data" in task and not isinstance(task["data"], dict)):
        raise RefusedError('"data" is missing', "export the project from Label Studio as JSON")
    if "data" not in task:
        yield from _drawn_in_short(task)
        return
    predictions = task.get("predictions")
    if isinstance(predictions, list):
        yield from _proposed(predictions, report)
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
                where = f".annotations[{position}].result[{number}]"
                yield _Drawn(where, marked, _who(annotation.get("completed_by")))


def _proposed(predictions: list[Any], report: Report) -> Iterator[_Drawn]:
    for position, prediction in enumerate(predictions):
        if not isinstance(prediction, dict) or not isinstance(prediction.get("result"), list):
            report.passed_over[PREDICTIONS] += 1
            continue
        model = prediction.get("model_version")
        for number, marked in enumerate(prediction["result"]):
            if isinstance(marked, dict):
                score = score_in(marked.get("score", prediction.get("score")))
                where = f".predictions[{position}].result[{number}]"
                yield _Drawn(where, marked, proposed=True, score=score, model=model if isinstance(model, str) else "")


def _drawn_in_short(task: dict[str, Any]) -> Iterator[_Drawn]:
    """The same of JSON-MIN, where the control's name is the key of its regions."""
    if not any(isinstance(value, str) for value in task.values()):
        raise RefusedError('"data" is missing', "export the project from Label Studio as JSON")
    for key, regions in task.items():
        for number, marked in enumerate(regions if isinstance(regions, list) else []):
            if isinstance(marked, dict):
                yield _Drawn(f".{key}[{number}]", {"value": marked}, _who(task.get("annotator")))


def _who(annotator: object) -> str:
    """The annotator's address where the export has it, else their number in Label Studio."""
    if isinstance(annotator, dict):
        annotator = annotator.get("email") or annotator.get("username") or annotator.get("id")
    if isinstance(annotator, int):
        return f"labelstudio-{annotator}"
    return displayable(annotator.strip()) if isinstance(annotator, str) else ""


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
