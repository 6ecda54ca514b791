"""Label files: boxes, triplets as CSV or Parquet, and categories for the evaluation of similarity as CSV.

Boxes come in many formats, each in a module of its own that turns a file into `Region`; VOC and YOLO are folders.
Which photo is meant, which of several objects, and what a box may be is decided for all of them in one place,
`box_rows`.

``entries`` is always the frame of the catalogue's live photos, with path, sha256, and width and height as displayed.
`read_boxes` and `read_triplets_with_report` read what is sound and report the rest; the other readers refuse a file
with any problem in it as a whole, with a `LabelFileError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from tiefvision_assets.store.labels.box_rows import BoxRows, boxes_of, found_photos
from tiefvision_assets.store.labels.box_tables import (
    holds_boxes,
    regions_of,
    table_regions,
    write_box_table,
    write_open_images,
)
from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices
from tiefvision_assets.store.labels.coco import coco_regions, write_coco
from tiefvision_assets.store.labels.cvat import cvat_regions, write_cvat
from tiefvision_assets.store.labels.folders import files_below
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.judgements import Judgement
from tiefvision_assets.store.labels.known_photos import KnownPhoto, KnownPhotos, PhotoName
from tiefvision_assets.store.labels.label_studio import label_studio_regions, write_label_studio
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import Region
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS, BoxLabel, TripletLabel
from tiefvision_assets.store.labels.tables import Table, TableFormat, read_table, text_of, write_table
from tiefvision_assets.store.labels.voc import voc_regions, write_voc
from tiefvision_assets.store.labels.yolo import write_yolo, yolo_regions

__all__ = [
    "BOX_READERS",
    "Choices",
    "LabelFileError",
    "TableFormat",
    "TripletRows",
    "read_boxes",
    "read_boxes_by_path",
    "read_coco",
    "read_label_studio",
    "read_similarity",
    "read_table_of_labels",
    "read_triplets",
    "read_voc",
    "read_yolo",
    "write_box_table",
    "write_coco",
    "write_cvat",
    "write_label_studio",
    "write_open_images",
    "write_triplets",
    "write_voc",
    "write_yolo",
]

BOX_READERS: dict[LabelFormat, Callable[[Path, Choices, Report], Iterator[Region]]] = {
    LabelFormat.coco: coco_regions,
    LabelFormat.voc: lambda file, choices, report: voc_regions(file, report),
    LabelFormat.yolo: lambda file, choices, report: yolo_regions(file, report),
    LabelFormat.labelstudio: lambda file, choices, report: label_studio_regions(file, report),
    LabelFormat.cvat: lambda file, choices, report: cvat_regions(file, report),
    LabelFormat.openimages: lambda file, choices, report: table_regions(file, "csv", choices, report),
    LabelFormat.boxes_csv: lambda file, choices, report: table_regions(file, "csv", choices, report),
}
"""Reader of the regions of each format of boxes; those that are no regions are in the report."""
_SUFFIX = {
    LabelFormat.coco: ".json",
    LabelFormat.labelstudio: ".json",
    LabelFormat.cvat: ".xml",
    LabelFormat.openimages: ".csv",
    LabelFormat.boxes_csv: ".csv",
}
"""Of the formats with one file for many photos: a folder may hold one for each split, as Roboflow exports them."""


@dataclass
class TripletRows:
    """The triplets of one file, without repetitions, and everything else in the report."""

    triplets: list[TripletLabel] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    judgements: list[Judgement] = field(default_factory=list)
    """Every row, repetitions included, with its annotator: empty where the file has no such column."""


def read_boxes(
    source: Path, file_format: LabelFormat, entries: pd.DataFrame, choices: Choices = AS_THE_FILE_SAYS
) -> BoxRows:
    """The sound boxes of a file or folder, clipped to their photos, and a report of the rest.

    Raises `LabelFileError` when it cannot be read at all.
    """
    report = Report()
    return boxes_of(_regions(source, file_format, choices, report), entries, choices, report)


def read_coco(file: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in ``file``, one a content; `LabelFileError` if anything in it is wrong."""
    return _strict(file, LabelFormat.coco, entries).labels()


def read_boxes_by_path(file: Path, entries: pd.DataFrame) -> pd.DataFrame:
    """Like `read_coco`, as a frame with one row for each photo: path, sha256, left, top, right, bottom (pixels)."""
    return _strict(file, LabelFormat.coco, entries).frame()


def read_voc(folder: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in the XML files of ``folder``, one a content; `LabelFileError` if anything in it is wrong."""
    return _strict(folder, LabelFormat.voc, entries).labels()


def read_yolo(folder: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in the text files of ``folder``, one a content; `LabelFileError` if anything in it is wrong."""
    return _strict(folder, LabelFormat.yolo, entries).labels()


def read_label_studio(file: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in ``file``, one a content; `LabelFileError` if anything in it is wrong."""
    return _strict(file, LabelFormat.labelstudio, entries).labels()


def read_table_of_labels(
    file: Path, format: TableFormat, entries: pd.DataFrame, choices: Choices = AS_THE_FILE_SAYS
) -> BoxRows | TripletRows:
    """The triplets of a table with the columns reference, positive and negative, or the boxes of any other one.

    Raises `LabelFileError` when it cannot be read at all.
    """
    report = Report()
    table = read_table(file, format, report, TRIPLET_COLUMNS)
    if not set(TRIPLET_COLUMNS) & set(table.header) and holds_boxes(table):
        return boxes_of(regions_of(table, choices, report), entries, choices, report)
    return _triplets(table, KnownPhotos(entries, choices), report)


def read_triplets(file: Path, format: TableFormat, entries: pd.DataFrame) -> list[TripletLabel]:
    """The triplets in ``file`` (columns reference, positive, negative: paths), without repetitions, in the order of the
    file.

    Raises `LabelFileError` for the whole file if anything in it is wrong.
    """
    return read_judgements(file, format, entries).triplets


def read_judgements(file: Path, format: TableFormat, entries: pd.DataFrame) -> TripletRows:
    """Like `read_triplets`, with every row's judgement, by the column ``annotator`` if there is one."""
    report = Report()
    found = _triplets(read_table(file, format, report, TRIPLET_COLUMNS), KnownPhotos(entries), report)
    report.raise_first(file)
    return found


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


def read_similarity(file: Path, entries: pd.DataFrame, products: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The categories in a CSV file ``path,label[,group]``, as one row for each photo: path, sha256, label, group.

    A photo without a group forms a group with its twins; the group's name is the photo's sha256. Where the file has no
    column ``group``, the photos of a product are one: ``products`` is content → product. Raises
    `LabelFileError` for the whole file if anything in it is wrong, such as two labels for one photo or its twin.
    """
    report = Report()
    table = read_table(file, "csv", report, ("path", "label", "group"))
    table.require(["path", "label"])
    of_products = products if products and "group" not in table.header else {}
    listed = []
    for place, row in table.rows:
        with report.at(place):
            listed.append((place, PhotoName((text_of(row, "path"),)), text_of(row, "label"), row.get("group") or ""))
    photos = found_photos(((name, place) for place, name, *_ in listed), KnownPhotos(entries), report)
    known: dict[str, tuple[str, str]] = {}
    rows = []
    for place, name, label, group in listed:
        if name in photos:
            photo = photos[name].photo
            with report.at(place):
                given = (label.strip(), group.strip() or of_products.get(photo.sha256, photo.sha256))
                if known.setdefault(photo.sha256, given) != given:
                    reason = f"{photo.path!r} or its twin has another label or group as well"
                    raise RefusedError(reason, "keep one a photo")
                rows.append((photo.path, photo.sha256, *given))
    report.raise_first(file)
    frame = pd.DataFrame.from_records(rows, columns=["path", "sha256", "label", "group"])
    return frame.astype("str").drop_duplicates("path", ignore_index=True)


def _regions(source: Path, file_format: LabelFormat, choices: Choices, report: Report) -> Iterator[Region]:
    """The regions of a file or folder; of each file in a folder where the format has one file for many photos."""
    read = BOX_READERS[file_format]
    suffix = _SUFFIX.get(file_format)
    if suffix is None or not source.is_dir():
        yield from read(source, choices, report)
        return
    for file in files_below(source, "annotations", suffix):
        name = file.relative_to(source).as_posix()
        own = Report()
        try:
            for region in read(file, choices, own):
                yield replace(region, place=f"{name}, {region.place}")
        except LabelFileError as error:
            reason, _, way_out = str(error).removeprefix(f"{file}: ").rstrip(".").partition("; ")
            report.problem(name, RefusedError(reason, way_out))
        report.include(own, name)


def _strict(source: Path, file_format: LabelFormat, entries: pd.DataFrame) -> BoxRows:
    rows = read_boxes(source, file_format, entries)
    rows.report.raise_first(source)
    if rows.proposals and not rows.boxes:
        reason = "these are a model's boxes, not a person's; use those that a person has confirmed, without scores"
        raise LabelFileError(source, reason)
    return rows


def _triplets(table: Table, photos: KnownPhotos, report: Report) -> TripletRows:
    table.require(TRIPLET_COLUMNS)
    rows: list[tuple[str, list[PhotoName], str]] = []
    for place, row in table.rows:
        with report.at(place):
            names = [PhotoName((text_of(row, column),)) for column in TRIPLET_COLUMNS]
            rows.append((place, names, str(row.get("annotator") or "").strip()))
    found = found_photos(((name, place) for place, names, _ in rows for name in names), photos, report)
    judgements = []
    for place, names, annotator in rows:
        if all(name in found for name in names):
            with report.at(place):
                judgements.append(Judgement(annotator, _triplet([found[name].photo for name in names])))
    return TripletRows(list(dict.fromkeys(each.label for each in judgements)), report, judgements)


def _triplet(photos: list[KnownPhoto]) -> TripletLabel:
    label = TripletLabel(*(photo.sha256 for photo in photos))
    if len({photo.sha256 for photo in photos}) < 3:
        paths = ", ".join(repr(photo.path) for photo in photos)
        raise RefusedError(f"{paths} do not show three different pictures", "choose three that differ")
    return label
