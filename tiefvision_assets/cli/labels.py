"""`tiefvision labels`: boxes and triplets in and out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, tell
from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.store.labels.choices import SAID, Choices, Coordinates, Pick
from tiefvision_assets.store.labels.formats import LabelFormat

if TYPE_CHECKING:
    from tiefvision_assets.lineage.label_exchange import Imported
    from tiefvision_assets.store.labels.problems import LabelFileError

app = typer.Typer(help="Boxes and triplets in and out.", no_args_is_help=True)
_FORMATS = (
    "Boxes as coco, labelstudio, cvat, openimages, boxes-csv, or a folder of voc or yolo; triplets as csv or "
    "parquet (tables of boxes are recognised there, too)."
)
_FORMAT = typer.Option("--format", help=_FORMATS)


@app.command("import")
def labels_import(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="Or a zip archive of either.")],
    file_format: Annotated[
        LabelFormat | None, typer.Option("--format", help=f"{_FORMATS} Recognised by its content unless given.")
    ] = None,
    annotator: Annotated[str, typer.Option(help="Under whose name, unless the file names several people.")] = "import",
    category: Annotated[list[str] | None, typer.Option(help=SAID["category"])] = None,
    pick: Annotated[Pick, typer.Option(help=SAID["pick"])] = Pick.error,
    root: Annotated[str, typer.Option(help=SAID["root"])] = "",
    strip: Annotated[int, typer.Option(min=0, help=SAID["strip"])] = 0,
    names: Annotated[Path | None, typer.Option("--map", help=SAID["map"])] = None,
    coordinates: Annotated[Coordinates | None, typer.Option(help=SAID["coordinates"])] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Exit with 0 although some labels could not be imported.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Import nothing if anything in the file is wrong, or a photo is a bold guess."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would be imported, and what not; store nothing.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where the report is written as JSON, besides the data folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add what is sound in a file or folder of labels, and list the rest; labels that are there already are not added
    again. Exits with 1 if there is a rest, or if nothing could be taken."""
    from tiefvision_assets.lineage.arrivals import format_of, opened
    from tiefvision_assets.lineage.label_exchange import Imported, import_document, read_labels, store_labels
    from tiefvision_assets.store.labels.name_map import read_name_map
    from tiefvision_assets.store.labels.problems import LabelFileError, report_of
    from tiefvision_assets.store.labels.recognition import LABEL_SUFFIXES

    store = opened_store()
    reports = [*([] if dry_run else [store.layout.label_report]), *([report] if report else [])]
    for target in reports:
        _require_writable(target)
    mapped = read_name_map(names) if names else {}
    annotator = displayable(annotator)
    choices = Choices(tuple(category or ()), pick, root, strip, mapped, coordinates, annotator)
    refused: TiefVisionError | None = None
    used = file_format
    try:
        with opened(store, file, LABEL_SUFFIXES) as source:
            used, labels = format_of(source, file_format)
            read = read_labels(store, labels, used, choices)
            read = replace(read, source=file)
            read.report.passed_over += source.passed_over_labels()
            try:
                found = store_labels(store, read, annotator, strict=strict, dry_run=dry_run)
            except LabelFileError as error:
                refused, found = error, Imported(0, 0, read.report)
    except TiefVisionError as error:
        refused, found = error, Imported(0, 0, report_of(error, file))
    document = import_document(str(file), used, found, dry_run=dry_run)
    unwritten = _write_reports(reports, document)
    document["report"] = displayable(str(reports[-1])) if reports and not unwritten else None
    if as_json or not refused:
        tell(document, as_json, printing.show_import)
    if refused:
        raise refused
    if unwritten:
        raise TiefVisionError(f"{unwritten} What was sound was imported all the same; new labels: {found.added}.")
    if not found.took_something:
        raise LabelFileError(file, f"no label could be taken; {_why_nothing(found)}")
    if found.report.problems and not skip_invalid:
        raise TiefVisionError(f"{file}: {_problems_found(document)}")


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
    from tiefvision_assets.lineage.label_exchange import write_report
    from tiefvision_assets.store.labels.problems import LabelFileError

    try:
        for target in targets:
            write_report(target, document)
    except LabelFileError as error:
        return error
    return None


def _problems_found(document: dict[str, Any]) -> str:
    problems = len(document["problems"])
    counted = "1 problem was" if problems == 1 else f"{problems} problems were"
    if document.get("dry_run"):
        return f"{counted} found, the rest can be imported; correct them, or accept that with --skip-invalid."
    rest = "the rest was imported; correct them, or accept that with --skip-invalid"
    return f"{counted} found, {rest}. All are listed in {document['report']}."


def _why_nothing(found: Imported) -> str:
    if found.report.problems:
        first = found.report.problems[0]
        return f"{first.place or 'the file'}: {first.reason}; {first.way_out}"
    if found.report.passed_over:
        return "all that it holds was passed over"
    return "it holds none"
