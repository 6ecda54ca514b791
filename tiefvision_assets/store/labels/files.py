"""Label files: boxes, triplets as CSV or Parquet, and categories for the evaluation of similarity as CSV.

Boxes come as COCO JSON, Pascal VOC XML, YOLO or Label Studio JSON, each in a module of its own; VOC and YOLO are
folders.

All paths in them are POSIX paths relative to the folder of raw photos. ``entries`` is always the frame of the
catalogue's live photos, with path, sha256, and width and height as displayed. A file with any error in it is refused as
a whole with a `LabelFileError`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tiefvision_assets.store.labels.coco import read_boxes_by_path, read_coco, write_coco
from tiefvision_assets.store.labels.known_photos import KnownPhotos
from tiefvision_assets.store.labels.label_studio import read_label_studio, write_label_studio
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS, TripletLabel
from tiefvision_assets.store.labels.tables import TableFormat, parse_table, write_table
from tiefvision_assets.store.labels.voc import read_voc, write_voc
from tiefvision_assets.store.labels.yolo import read_yolo, write_yolo

__all__ = [
    "LabelFileError",
    "TableFormat",
    "read_boxes_by_path",
    "read_coco",
    "read_label_studio",
    "read_similarity",
    "read_triplets",
    "read_voc",
    "read_yolo",
    "write_coco",
    "write_label_studio",
    "write_triplets",
    "write_voc",
    "write_yolo",
]


def read_triplets(file: Path, format: TableFormat, entries: pd.DataFrame) -> list[TripletLabel]:
    """The triplets in ``file`` (columns reference, positive, negative: paths), without repetitions, in the order of the
    file.

    Raises `LabelFileError` for the whole file if anything in it is wrong.
    """
    photos = KnownPhotos(entries)

    def parse(row: dict[str, str]) -> TripletLabel:
        found = [photos.find(row[name]) for name in TRIPLET_COLUMNS]
        label = TripletLabel(*(photo.sha256 for photo in found))
        if len({photo.sha256 for photo in found}) < 3:
            paths = ", ".join(repr(photo.path) for photo in found)
            raise RefusedError(f"{paths} do not show three different pictures; choose three that differ")
        return label

    return list(dict.fromkeys(parse_table(file, format, TRIPLET_COLUMNS, parse)))


def write_triplets(file: Path, format: TableFormat, triplets: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``triplets`` (reference, positive, negative: sha256) by path; returns how many were written.

    A photo is named by the first of its paths; triplets with a photo that is not among ``entries`` are left out.
    Raises `LabelFileError` when the file cannot be written.
    """
    first = entries.sort_values("path").drop_duplicates("sha256")
    path_of = dict(zip(first["sha256"].tolist(), first["path"].tolist(), strict=True))
    contents = zip(*(triplets[name].tolist() for name in TRIPLET_COLUMNS), strict=True)
    rows = [tuple(path_of[photo] for photo in triplet) for triplet in contents if all(p in path_of for p in triplet)]
    write_table(file, format, TRIPLET_COLUMNS, rows)
    return len(rows)


def read_similarity(file: Path, entries: pd.DataFrame) -> pd.DataFrame:
    """The categories in a CSV file ``path,label[,group]``, as one row for each photo: path, sha256, label, group.

    A photo without a group forms a group with its twins; the group's name is the photo's sha256. Raises
    `LabelFileError` for the whole file if anything in it is wrong, such as two labels for one photo or its twin.
    """
    photos = KnownPhotos(entries)
    known: dict[str, tuple[str, str]] = {}

    def parse(row: dict[str, str]) -> tuple[str, str, str, str]:
        photo = photos.find(row["path"])
        given = (row["label"].strip(), row["group"].strip() or photo.sha256)
        if known.setdefault(photo.sha256, given) != given:
            raise RefusedError(f"{photo.path!r} or its twin has another label or group as well; keep one a photo")
        return (photo.path, photo.sha256, *given)

    rows = parse_table(file, "csv", ["path", "label"], parse, optional=["group"])
    frame = pd.DataFrame.from_records(rows, columns=["path", "sha256", "label", "group"])
    return frame.astype("str").drop_duplicates("path", ignore_index=True)
