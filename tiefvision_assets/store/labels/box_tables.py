"""Boxes as tables: ``path,left,top,right,bottom`` in pixels, and what else is common, Open Images among it.

https://storage.googleapis.com/openimages/web/download_v7.html: ``ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,
YMax,…``, the edges as shares of the photo, the ID without a suffix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.store.labels.box_rows import OBJECT, labelled_photos
from tiefvision_assets.store.labels.choices import Choices, Coordinates
from tiefvision_assets.store.labels.folders import printable, stem_of
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, SHARE_DECIMALS, decimal_text, number_in, score_in
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import PassedOver, Region
from tiefvision_assets.store.labels.tables import Table, TableFormat, read_table, text_of, write_table

COLUMNS = ("path", "left", "top", "right", "bottom")
OPEN_IMAGES = ("ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax", "IsOccluded",
               "IsTruncated", "IsGroupOf", "IsDepiction", "IsInside")  # fmt: skip
FORM = "a row has left, top, right and bottom"
SHARE_FORM = "a row has left, top, right and bottom as shares of what the photo measures"
GROUPS = "boxes around groups of objects"
WITHOUT_BOX = "photos without a box"

_PHOTO = ("path", "file_name", "filename", "image_path", "imageid", "image_id", "file", "image", "img", "photo", "name")
_EDGES = (
    ("left", "top", "right", "bottom"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("x1", "y1", "x2", "y2"),
)
_SIZES = (("left", "top", "width", "height"), ("x", "y", "width", "height"), ("x", "y", "w", "h"),
          ("bbox_x", "bbox_y", "bbox_width", "bbox_height"), ("xmin", "ymin", "width", "height"))  # fmt: skip
_CATEGORY = ("category", "class", "label", "labelname", "label_name", "class_name")
_CONFIDENCE = ("confidence", "score", "conf")
_SIZE = (("image_width", "image_height"), ("img_width", "img_height"), ("width", "height"))


@dataclass(frozen=True)
class _Columns:
    photo: str
    edges: tuple[str, ...]
    with_size: bool
    """Whether the last two of ``edges`` are width and height."""
    category: str | None
    confidence: str | None
    size: tuple[str, ...]


def holds_boxes(table: Table) -> bool:
    """Whether the header is that of a table of boxes."""
    return _columns(table) is not None


def table_regions(file: Path, format: TableFormat, choices: Choices, report: Report) -> Iterator[Region]:
    """The rows of a table of boxes; `LabelFileError` when it is none, or its numbers look like shares unsaid."""
    return regions_of(read_table(file, format, report, COLUMNS), choices, report)


def regions_of(table: Table, choices: Choices, report: Report) -> Iterator[Region]:
    """The rows of a table of boxes that was opened already."""
    columns = _columns(table)
    if columns is None:
        table.require(COLUMNS)
        raise LabelFileError(table.file, f"the columns {','.join(COLUMNS)} are needed")
    rows = list(table.rows)
    open_images = columns.photo == "imageid"
    in_shares = choices.coordinates is Coordinates.normalised or (open_images and choices.coordinates is None)
    if choices.coordinates is None and not open_images and _look_like_shares(rows, columns):
        reason = (
            "all numbers lie between 0 and 1: these look like shares of the photo's sides, where pixels belong; "
            "confirm that with --coordinates normalised, or export pixels"
        )
        raise LabelFileError(table.file, reason)
    for place, row in rows:
        with report.at(place):
            try:
                yield _region(place, row, columns, in_shares)
            except PassedOver as passed:
                report.passed_over[str(passed)] += 1


def write_box_table(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed. Coordinates are pixels, rounded to 1/100. Raises `LabelFileError` when the file cannot be
    written.
    """
    photos = labelled_photos(boxes, entries)
    rows = [(photo.path, *(decimal_text(edge, DECIMALS) for edge in photo.box.as_tuple())) for photo in photos]
    write_table(file, "csv", COLUMNS, rows)
    return len(photos)


def write_open_images(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """The same as Open Images has it, with the path without its suffix as ``ImageID``.

    Raises `LabelFileError` also for two photos that differ in their suffix alone.
    """
    photos = labelled_photos(boxes, entries)
    owner: dict[str, str] = {}
    rows = []
    for photo in photos:
        stem = stem_of(printable(photo.path, file, "Open Images"))
        other = owner.setdefault(stem, photo.path)
        if other != photo.path:
            reason = f"{other!r} and {photo.path!r} would share one ImageID; rename one, or export as coco"
            raise LabelFileError(file, reason)
        box, width, height = photo.box, photo.width, photo.height
        shares = (box.left / width, box.right / width, box.top / height, box.bottom / height)
        numbers = [decimal_text(share, SHARE_DECIMALS) for share in shares]
        rows.append((stem, "tiefvision", OBJECT, "1", *numbers, "0", "0", "0", "0", "0"))
    write_table(file, "csv", OPEN_IMAGES, rows)
    return len(photos)


def _columns(table: Table) -> _Columns | None:
    there = set(table.header)
    photo = next((name for name in _PHOTO if name in there), None)
    edges = next((names for names in _EDGES if there.issuperset(names)), None)
    sizes = next((names for names in _SIZES if there.issuperset(names)), None)
    if photo is None or (edges is None and sizes is None):
        return None
    used = edges or sizes or ()
    return _Columns(
        photo,
        used,
        edges is None,
        next((name for name in _CATEGORY if name in there), None),
        next((name for name in _CONFIDENCE if name in there), None),
        next((names for names in _SIZE if there.issuperset(names) and not set(names) & set(used)), ()),
    )


def _look_like_shares(rows: list[tuple[str, dict[str, Any]]], columns: _Columns) -> bool:
    numbers = [number_in(row.get(name)) for _, row in rows for name in columns.edges]
    known = [number for number in numbers if number is not None]
    return bool(known) and all(0 <= number <= 1 for number in known) and any(number % 1 for number in known)


def _region(place: str, row: dict[str, Any], columns: _Columns, in_shares: bool) -> Region:
    for name in ("isgroupof", "iscrowd", "crowd"):
        if number_in(row.get(name)) == 1:
            raise PassedOver(GROUPS)
    photo = row.get(columns.photo)
    name = str(photo) if isinstance(photo, int) else text_of(row, columns.photo)
    if all(_is_blank(row.get(column)) for column in columns.edges):
        raise PassedOver(WITHOUT_BOX)
    numbers = []
    for column in columns.edges:
        found = number_in(_comma_as_point(row.get(column)))
        if found is None:
            reason = f'the column "{column}" holds {row.get(column)!r}, which is no number'
            raise RefusedError(reason, "a box needs four numbers")
        numbers.append(found)
    left, top, right, bottom = numbers
    if columns.with_size:
        right, bottom = left + right, top + bottom
    width, height = (row.get(column) for column in columns.size) if columns.size else (None, None)
    category = row.get(columns.category) if columns.category else None
    # Open Images' confidence is of a person's judgement
    score = row.get(columns.confidence) if columns.confidence and columns.photo != "imageid" else None
    score = None if _is_blank(score) else score
    return Region(
        place,
        PhotoName((name,), is_stem=columns.photo == "imageid"),
        ((left, top), (right, bottom)),
        str(numbers),
        SHARE_FORM if in_shares else FORM,
        in_shares=in_shares,
        category=str(category or "").strip(),
        size=(width, height),
        score=score_in(score),
    )


def _is_blank(value: object) -> bool:
    """Whether a field is empty, also as pandas writes that."""
    return value is None or value != value or (isinstance(value, str) and value.strip().casefold() in ("", "nan"))


def _comma_as_point(value: object) -> object:
    """Spreadsheets of many countries write 12,5 where others write 12.5."""
    return value.replace(",", ".") if isinstance(value, str) and value.count(",") == 1 else value
