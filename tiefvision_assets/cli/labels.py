"""`tiefvision labels`: boxes and triplets in and out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, tell
from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.store.labels.choices import Choices, Coordinates, Pick
from tiefvision_assets.store.labels.formats import LabelFormat

if TYPE_CHECKING:
    from tiefvision_assets.lineage.label_exchange import Imported
    from tiefvision_assets.store.labels.problems import LabelFileError

app = typer.Typer(help="Boxes and triplets in and out.", no_args_is_help=True)
_FORMAT = typer.Option(
    "--format",
    help="Boxes as coco, labelstudio, cvat, openimages, boxes-csv, or a folder of voc or yolo; triplets as csv or "
    "parquet (tables of boxes are recognised there, too).",
)


@app.command("import")
def labels_import(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    annotator: Annotated[str, typer.Option(help="Under whose name, unless the file names several people.")] = "import",
    category: Annotated[
        list[str] | None, typer.Option(help="Only objects of this category; may be given several times.")
    ] = None,
    pick: Annotated[Pick, typer.Option(help="Which of several objects on one photo.")] = Pick.error,
    root: Annotated[str, typer.Option(help="Folder that the file's paths start with, or lie in below RAW.")] = "",
    strip: Annotated[int, typer.Option(min=0, help="Leading folders of the file's paths to leave out.")] = 0,
    names: Annotated[
        Path | None, typer.Option("--map", help="CSV with a name of the file and the photo's path in RAW in each row.")
    ] = None,
    coordinates: Annotated[
        Coordinates | None, typer.Option(help="What the numbers of a table of boxes are; pixels unless stated.")
    ] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Exit with 0 although some labels could not be imported.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Import nothing if anything in the file is wrong, or a photo is a bold guess."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where the report is written as JSON, besides the data folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add what is sound in a file or folder of labels, and list the rest; labels that are there already are not added
    again. Exits with 1 if there is a rest, or if nothing could be taken."""
    from tiefvision_assets.lineage.label_exchange import Imported, read_labels, store_labels
    from tiefvision_assets.store.labels.name_map import read_name_map
    from tiefvision_assets.store.labels.problems import LabelFileError

    store = opened_store()
    reports = [store.layout.label_report, *([report] if report else [])]
    for target in reports:
        _require_writable(target)
    mapped = read_name_map(names) if names else {}
    annotator = displayable(annotator)
    choices = Choices(tuple(category or ()), pick, root, strip, mapped, coordinates, annotator)
    read = read_labels(store, file, file_format, choices)
    refused = None
    try:
        found = store_labels(store, read, annotator, strict=strict)
    except LabelFileError as error:
        refused, found = error, Imported(0, 0, read.report)
    document = {"file": displayable(str(file)), "format": file_format.value} | found.document()
    unwritten = _write_reports(reports, document)
    document["report"] = None if unwritten else displayable(str(reports[-1]))
    if as_json or not refused:
        tell(document, as_json, printing.show_import)
    if refused:
        raise refused
    if unwritten:
        raise TiefVisionError(f"{unwritten} What was sound was imported all the same; new labels: {found.added}.")
    if not found.labels:
        raise LabelFileError(file, f"no label could be taken; {_why_nothing(found)}")
    if found.report.problems and not skip_invalid:
        problems = len(found.report.problems)
        counted = "1 problem was" if problems == 1 else f"{problems} problems were"
        rest = "the rest was imported; correct them, or accept that with --skip-invalid"
        raise TiefVisionError(f"{file}: {counted} found, {rest}. All are listed in {document['report']}.")


@app.command("export")
def labels_export(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    as_json: Json = False,
) -> None:
    """Write the labels of the photos in the catalogue to a file, or to a folder where the format has a file a photo."""
    from tiefvision_assets.lineage.label_exchange import export_labels

    written = export_labels(opened_store(), file, file_format)
    document: dict[str, Any] = {"exported": written.labels, "file": displayable(str(file))}
    tell(document | {"left_out": written.left_out}, as_json, printing.show_export)


def _require_writable(report: Path) -> None:
    """Raises `LabelFileError` if it can be foreseen that the report cannot be written, before anything is stored."""
    from tiefvision_assets.store.labels.problems import LabelFileError

    above = next(folder for folder in report.absolute().parents if folder.exists())
    if report.is_dir():
        raise LabelFileError(report, "this is a folder; name a file for the report")
    if not above.is_dir():
        raise LabelFileError(report, f"{above} is a file, no folder; choose another place for the report")
    if not os.access(above, os.W_OK | os.X_OK):
        raise LabelFileError(report, f"the folder {above} cannot be written to; choose another place for the report")


def _write_reports(targets: Sequence[Path], document: dict[str, Any]) -> LabelFileError | None:
    """Write the report of the newest import; returns the error if that was not possible."""
    import json

    from tiefvision_assets.store.labels.contents import written
    from tiefvision_assets.store.labels.problems import LabelFileError

    try:
        for target in targets:
            with written(target) as temporary:
                temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except LabelFileError as error:
        return error
    return None


def _why_nothing(found: Imported) -> str:
    if found.report.problems:
        first = found.report.problems[0]
        return f"{first.place or 'the file'}: {first.reason}; {first.way_out}"
    if found.report.passed_over:
        return "all that it holds was passed over"
    return "it holds none"
