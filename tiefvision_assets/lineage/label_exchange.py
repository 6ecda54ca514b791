"""Import and export of labels in every format, for the command line and the app alike."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.files import (
    TableFormat,
    read_coco,
    read_label_studio,
    read_triplets,
    read_voc,
    read_yolo,
    write_coco,
    write_label_studio,
    write_triplets,
    write_voc,
    write_yolo,
)
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.store import BOX_COLUMNS, BoxLabel
from tiefvision_assets.store.store import Store

NEGLIGIBLE = 0.01
"""In pixels. Formats that store shares of the photo round them; an imported box that differs from the known one by no
more than this is taken to be the known one."""


@dataclass(frozen=True)
class _BoxFormat:
    read: Callable[[Path, pd.DataFrame], list[BoxLabel]]
    write: Callable[[Path, pd.DataFrame, pd.DataFrame], int]
    file_name: str
    folder: bool = False


_BOXES = {
    LabelFormat.coco: _BoxFormat(read_coco, write_coco, "boxes.json"),
    LabelFormat.voc: _BoxFormat(read_voc, write_voc, "boxes-voc", folder=True),
    LabelFormat.yolo: _BoxFormat(read_yolo, write_yolo, "boxes-yolo", folder=True),
    LabelFormat.labelstudio: _BoxFormat(read_label_studio, write_label_studio, "label-studio.json"),
}
BOX_FORMATS = tuple(_BOXES)


@dataclass(frozen=True)
class Imported:
    """How many labels a file holds, and how many of them were new."""

    labels: int
    added: int


def import_labels(store: Store, source: Path, file_format: LabelFormat, annotator: str) -> Imported:
    """Add the labels of a file or folder, all or none; `LabelFileError` when anything in it is wrong."""
    entries = store.catalogue.live()
    if file_format in _BOXES:
        boxes = _unrounded(_BOXES[file_format].read(source, entries), store.labels.live_boxes())
        return Imported(len(boxes), store.labels.add_boxes(boxes, annotator=annotator, source="import"))
    triplets = read_triplets(source, "csv" if file_format is LabelFormat.csv else "parquet", entries)
    return Imported(len(triplets), store.labels.add_triplets(triplets, annotator=annotator, source="import"))


def export_labels(store: Store, target: Path, file_format: LabelFormat) -> int:
    """Write the labels of the photos in the catalogue; returns how many. Raises `LabelFileError` if it cannot."""
    entries = store.catalogue.live()
    if file_format in _BOXES:
        return _BOXES[file_format].write(target, store.labels.live_boxes(), entries)
    kind: TableFormat = "csv" if file_format is LabelFormat.csv else "parquet"
    return write_triplets(target, kind, store.labels.live_triplets(), entries)


def download(store: Store, file_format: LabelFormat) -> tuple[str, bytes]:
    """File name and content for a download in the browser: the export, with a folder packed as a zip archive."""
    name = _BOXES[file_format].file_name if file_format in _BOXES else f"triplets.{file_format}"
    with tempfile.TemporaryDirectory() as scratch:
        exported = Path(scratch) / name
        export_labels(store, exported, file_format)
        if not exported.is_dir():
            return name, exported.read_bytes()
        archive = Path(scratch) / "archive"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
            for path in sorted(exported.rglob("*")):
                target.write(path, Path(name) / path.relative_to(exported))
        return f"{name}.zip", archive.read_bytes()


def _unrounded(boxes: list[BoxLabel], known: pd.DataFrame) -> list[BoxLabel]:
    """The labels, where a box differs from the known one by rounding alone replaced by the known one."""
    columns = (known[name].tolist() for name in ("sha256", *BOX_COLUMNS))
    standing = {sha256: Box(*sides) for sha256, *sides in zip(*columns, strict=True)}

    def settled(label: BoxLabel) -> BoxLabel:
        before = standing.get(label.sha256)
        if before is None:
            return label
        apart = max(abs(a - b) for a, b in zip(before.as_tuple(), label.box.as_tuple(), strict=True))
        return BoxLabel(label.sha256, before) if apart <= NEGLIGIBLE else label

    return [settled(label) for label in boxes]
