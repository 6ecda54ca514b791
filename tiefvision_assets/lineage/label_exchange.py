"""Import and export of labels in every format, for the command line and the app alike."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.errors import displayable
from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices
from tiefvision_assets.store.labels.contents import written
from tiefvision_assets.store.labels.files import (
    TableFormat,
    TripletRows,
    read_boxes,
    read_table_of_labels,
    write_box_table,
    write_coco,
    write_cvat,
    write_label_studio,
    write_open_images,
    write_triplets,
    write_voc,
    write_yolo,
)
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.problems import Report
from tiefvision_assets.store.labels.proposals import Proposal
from tiefvision_assets.store.labels.store import BOX_COLUMNS, BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store

NEGLIGIBLE = 0.01
"""In pixels. Formats that store shares of the photo round them; an imported box that differs from the known one by no
more than this is taken to be the known one."""
_TABLES: dict[LabelFormat, TableFormat] = {LabelFormat.csv: "csv", LabelFormat.parquet: "parquet"}


@dataclass(frozen=True)
class _BoxFormat:
    write: Callable[[Path, pd.DataFrame, pd.DataFrame], int]
    file_name: str


_BOXES = {
    LabelFormat.coco: _BoxFormat(write_coco, "boxes.json"),
    LabelFormat.voc: _BoxFormat(write_voc, "boxes-voc"),
    LabelFormat.yolo: _BoxFormat(write_yolo, "boxes-yolo"),
    LabelFormat.labelstudio: _BoxFormat(write_label_studio, "label-studio.json"),
    LabelFormat.cvat: _BoxFormat(write_cvat, "annotations.xml"),
    LabelFormat.openimages: _BoxFormat(write_open_images, "open-images.csv"),
    LabelFormat.boxes_csv: _BoxFormat(write_box_table, "boxes.csv"),
}
BOX_FORMATS = tuple(_BOXES)


@dataclass(frozen=True)
class ReadLabels:
    """What a label file holds: read, not stored yet."""

    source: Path
    report: Report
    boxes: list[tuple[str, BoxLabel]] = field(default_factory=list)
    """With their annotators, in the order of the file; an empty name is nobody in particular."""
    triplets: list[TripletLabel] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    """What models propose: no labels."""

    @property
    def labels(self) -> int:
        """How many sound labels there are."""
        return len(self.triplets) + len(self.boxes)


@dataclass(frozen=True)
class Imported:
    """How many labels a file holds, how many of them were new, and what there is to know about the others."""

    labels: int
    added: int
    report: Report = field(default_factory=Report, compare=False)
    proposals: int = 0
    """How many photos have a model's proposal in the file."""

    @property
    def complete(self) -> bool:
        """Whether something was taken and nothing refused."""
        return self.took_something and not self.report.problems

    @property
    def took_something(self) -> bool:
        """Whether there was any sound label, or proposal."""
        return self.labels + self.proposals > 0

    def document(self) -> dict[str, Any]:
        """The counts and the report, as JSON has them."""
        counts = {"labels": self.labels, "imported": self.added, "unchanged": self.labels - self.added}
        counts["proposals"] = self.proposals
        return counts | self.report.document()


@dataclass(frozen=True)
class Exported:
    """How many photos or triplets were written, and what was left out: by reason, how many."""

    labels: int
    left_out: dict[str, int]


def read_labels(
    store: Store,
    source: Path,
    file_format: LabelFormat,
    choices: Choices = AS_THE_FILE_SAYS,
    arriving: pd.DataFrame | None = None,
) -> ReadLabels:
    """The sound labels of a file or folder, and a report of the rest; nothing is stored.

    ``arriving`` are entries (path, sha256, width, height) that the next scan will find. Raises `LabelFileError` when it
    cannot be read at all.
    """
    entries = store.catalogue.live()
    if arriving is not None:
        entries = pd.concat([entries[arriving.columns], arriving]).drop_duplicates("path", keep="last")
    if file_format in _TABLES:
        rows = read_table_of_labels(source, _TABLES[file_format], entries, choices)
        if isinstance(rows, TripletRows):
            return ReadLabels(source, rows.report, triplets=rows.triplets)
    else:
        rows = read_boxes(source, file_format, entries, choices)
    return ReadLabels(source, rows.report, boxes=rows.drawn(), proposals=rows.proposals)


def store_labels(
    store: Store, read: ReadLabels, annotator: str, *, strict: bool = False, dry_run: bool = False
) -> Imported:
    """Add what was read, in one transaction; what is there already is not added again.

    Boxes of several annotators are recorded as each one's, all others under ``annotator``. Of several on one photo the
    last in the file counts. Proposals take the place of earlier ones. With ``strict``, `LabelFileError` for the
    first problem or bold guess, if there is any.
    With ``dry_run`` the same is counted, and nothing added.
    """
    if strict:
        read.report.raise_first(read.source)
        read.report.raise_bold(read.source)
    if read.triplets:
        added = store.labels.add_triplets(read.triplets, annotator=annotator, source="import", dry_run=dry_run)
        return Imported(read.labels, added, read.report)
    proposals = [replace(one, source=displayable(read.source.name)) for one in read.proposals]
    names = {name or annotator for name, _ in read.boxes}
    drawn = [(name or annotator if len(names) > 1 else annotator, label) for name, label in read.boxes]
    known = _standing(store.labels.live_boxes())
    boxes = [(name, _unrounded(label, known) if name == annotator else label) for name, label in drawn]
    added = store.labels.add_boxes_of_several(
        boxes, annotator=annotator, source="import", proposals=proposals, dry_run=dry_run
    )
    return Imported(read.labels, added, read.report, len(proposals))


def import_labels(
    store: Store,
    source: Path,
    file_format: LabelFormat,
    annotator: str,
    choices: Choices = AS_THE_FILE_SAYS,
    *,
    strict: bool = False,
) -> Imported:
    """`read_labels`, then `store_labels`."""
    read = read_labels(store, source, file_format, replace(choices, annotator=annotator))
    return store_labels(store, read, annotator, strict=strict)


def import_document(
    source: str, file_format: LabelFormat | None, found: Imported, *, dry_run: bool = False
) -> dict[str, Any]:
    """The report of an import as JSON has it: of which file, in which format (None: unknown), and what came of it."""
    document = {"file": displayable(source), "format": file_format.value if file_format else None} | found.document()
    return document | ({"dry_run": True} if dry_run else {})


def write_report(target: Path, document: dict[str, Any]) -> None:
    """Write such a report to ``target``; `LabelFileError` when that is not possible."""
    with written(target) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def export_labels(store: Store, target: Path, file_format: LabelFormat) -> Exported:
    """Write the labels of the photos in the catalogue. Raises `LabelFileError` if it cannot."""
    entries = store.catalogue.live()
    known = set(entries["sha256"])
    left_out: Counter[str] = Counter()
    history = LabelHistory(store.labels.database)
    if file_format in _BOXES:
        boxes = store.labels.live_boxes()
        absent = [event for event in history.live_box_decisions() if event.action == "absent"]
        left_out["photos that show no object, which no format can say"] = len(absent)
        left_out["boxes of photos that are not in the catalogue"] = int((~boxes["sha256"].isin(known)).sum())
        count = _BOXES[file_format].write(target, boxes, entries)
    else:
        triplets = store.labels.live_triplets()
        count = write_triplets(target, _TABLES[file_format], triplets, entries)
        ties = [event for event in history.standing("triplet") if event.action == "tie" and event.source != "gold"]
        left_out["ties, which no format can say"] = len(ties)
        left_out["triplets with a photo that is not in the catalogue"] = len(triplets) - count
    return Exported(count, {reason: count for reason, count in left_out.items() if count})


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


def _standing(boxes: pd.DataFrame) -> dict[str, Box]:
    columns = (boxes[name].tolist() for name in ("sha256", *BOX_COLUMNS))
    return {sha256: Box(*sides) for sha256, *sides in zip(*columns, strict=True)}


def _unrounded(label: BoxLabel, known: Mapping[str, Box]) -> BoxLabel:
    """The label, or the known one if its box differs from that by rounding alone."""
    before = known.get(label.sha256)
    if before is None:
        return label
    apart = max(abs(a - b) for a, b in zip(before.as_tuple(), label.box.as_tuple(), strict=True))
    return BoxLabel(label.sha256, before) if apart <= NEGLIGIBLE else label
