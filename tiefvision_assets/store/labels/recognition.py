"""Which format labels have, told from what is in the file or folder; anybody may still say otherwise."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.labels.box_tables import COLUMNS, holds_boxes
from tiefvision_assets.store.labels.contents import read_json
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.label_studio import is_task
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.tables import TableFormat, read_table
from tiefvision_assets.store.labels.xml_files import read_xml
from tiefvision_assets.store.labels.yolo_layout import holds_lines_of_boxes
from tiefvision_assets.store.schemas import TRIPLET as TRIPLET_COLUMNS

LOOKED_AT = 50
"""Files of each suffix in a folder, after which the others are taken to be alike."""
IMAGE_ID = "imageid"
_MARKED = frozenset(["points", "rle", "rectanglelabels", "polygonlabels", "brushlabels", "ellipselabels"])
"""Keys of regions in Label Studio's JSON-MIN."""
SUFFIXES = {
    LabelFormat.coco: ".json",
    LabelFormat.labelstudio: ".json",
    LabelFormat.cvat: ".xml",
    LabelFormat.voc: ".xml",
    LabelFormat.openimages: ".csv",
    LabelFormat.boxes_csv: ".csv",
    LabelFormat.csv: ".csv",
    LabelFormat.parquet: ".parquet",
    LabelFormat.yolo: ".txt",
}
"""Where several formats are found in a folder, the first of them counts."""
LABEL_SUFFIXES = frozenset({*SUFFIXES.values(), ".names", ".data", ".yaml", ".yml"})
"""Of all files that belong to labels in any format."""
_IN_FOLDERS = frozenset({LabelFormat.voc, LabelFormat.yolo})
_NOT_SEVERAL = frozenset({LabelFormat.csv, LabelFormat.parquet})


def recognised(source: Path) -> LabelFormat | None:
    """The format of a label file, or of the labels in a folder; None if it is none that is read."""
    if not source.is_dir():
        return _format_of(source)
    found: Counter[LabelFormat] = Counter()
    looked: Counter[str] = Counter()
    for file in _files(source):
        suffix = file.suffix.lower()
        if looked[suffix] < LOOKED_AT and (known := _format_of(file)):
            found[known] += 1
        looked[suffix] += 1
    return next((one for one in SUFFIXES if found[one] and not (one in _NOT_SEVERAL and found[one] > 1)), None)


def why_not(source: Path) -> str:
    """Why the only label file that there is was not recognised, to be put after a semicolon; empty where that cannot
    be told of one file."""
    files = [source] if source.is_file() else list(islice(_files(source), 2))
    if len(files) != 1 or files[0].suffix.lower() not in _LOOKS:
        return ""
    try:
        if files[0].suffix.lower() in (".csv", ".parquet"):
            kind: TableFormat = "csv" if files[0].suffix.lower() == ".csv" else "parquet"
            found = displayable(",".join(read_table(files[0], kind, Report(), TRIPLET_COLUMNS).header))
            return f"triplets have the columns {','.join(TRIPLET_COLUMNS)}, boxes {','.join(COLUMNS)}, found: {found}"
        _LOOKS[files[0].suffix.lower()](files[0])
    except (LabelFileError, RefusedError) as error:
        return str(error).removeprefix(str(files[0])).lstrip(",: ").partition("; ")[0].rstrip(".")
    return ""


def file_in(folder: Path, file_format: LabelFormat) -> Path:
    """What is to be read in that format of ``folder``: its only file, if the format has one file for many photos."""
    if file_format in _IN_FOLDERS or not folder.is_dir():
        return folder
    files = [file for file in _files(folder) if file.suffix.lower() == SUFFIXES[file_format]]
    fitting = [file for file in files[:LOOKED_AT] if _format_of(file) is file_format]
    return next((some[0] for some in (fitting, files) if len(some) == 1), folder)


def may_hold_labels(folder: Path) -> bool:
    """Whether any file in it could be one of labels by its name."""
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[Path]:
    """The visible files below ``folder`` that may be labels."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in LABEL_SUFFIXES:
                yield Path(above, name)


def _format_of(file: Path) -> LabelFormat | None:
    look = _LOOKS.get(file.suffix.lower())
    try:
        return look(file) if look else None
    except (LabelFileError, RefusedError):
        return None


def _json(file: Path) -> LabelFormat | None:
    document = read_json(file)
    if isinstance(document, dict):
        if {"images", "annotations"} <= set(document):
            return LabelFormat.coco
        return LabelFormat.labelstudio if is_task(document) else None
    first: Any = document[0] if isinstance(document, list) and document else None
    if not isinstance(first, dict):
        return None
    if {"image_id", "bbox"} <= set(first) or {"image_id", "segmentation"} <= set(first):
        return LabelFormat.coco
    are_tasks = isinstance(first.get("data"), dict) or any(map(_is_short_task, document))
    return LabelFormat.labelstudio if are_tasks else None


def _is_short_task(task: Any) -> bool:
    """Whether it is one of JSON-MIN: a name, and regions as values."""
    lists = [value for value in task.values() if isinstance(value, list)] if isinstance(task, dict) else []
    regions = [region for regions in lists for region in regions if isinstance(region, dict)]
    return any("original_width" in one or _MARKED & set(one) or {"x", "y"} <= set(one) for one in regions)


def _xml(file: Path) -> LabelFormat | None:
    return {"annotations": LabelFormat.cvat, "annotation": LabelFormat.voc}.get(read_xml(file).tag)


def _table(file: Path, kind: TableFormat) -> LabelFormat | None:
    table = read_table(file, kind, Report(), TRIPLET_COLUMNS)
    if set(TRIPLET_COLUMNS) <= set(table.header):
        return LabelFormat(kind)
    if not holds_boxes(table):
        return None
    if kind == "parquet":
        return LabelFormat.parquet
    return LabelFormat.openimages if IMAGE_ID in table.header else LabelFormat.boxes_csv


_LOOKS: dict[str, Callable[[Path], LabelFormat | None]] = {
    ".json": _json,
    ".xml": _xml,
    ".csv": lambda file: _table(file, "csv"),
    ".parquet": lambda file: _table(file, "parquet"),
    ".txt": lambda file: LabelFormat.yolo if holds_lines_of_boxes(file) else None,
}
