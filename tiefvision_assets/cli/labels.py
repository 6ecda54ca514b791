"""`tiefvision labels`: boxes and triplets in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, tell
from tiefvision_assets.store.labels.formats import LabelFormat

app = typer.Typer(help="Boxes and triplets in and out.", no_args_is_help=True)
_FORMAT = typer.Option(
    "--format", help="Boxes as coco, labelstudio, or a folder of voc or yolo; triplets as csv or parquet."
)


@app.command("import")
def labels_import(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    annotator: Annotated[str, typer.Option(help="Under whose name.")] = "import",
    as_json: Json = False,
) -> None:
    """Add the labels of a file or folder, all or none; labels that are there already are not added again."""
    from tiefvision_assets.lineage.label_exchange import import_labels

    found = import_labels(opened_store(), file, file_format, annotator)
    counts = {"labels": found.labels, "imported": found.added, "unchanged": found.labels - found.added}
    tell(counts, as_json, printing.show_mapping(str(file)))


@app.command("export")
def labels_export(
    file: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER")],
    file_format: Annotated[LabelFormat, _FORMAT],
    as_json: Json = False,
) -> None:
    """Write the labels of the photos in the catalogue to a file, or to a folder where the format has a file a photo."""
    from tiefvision_assets.lineage.label_exchange import export_labels

    written = export_labels(opened_store(), file, file_format)
    tell({"exported": written, "file": str(file)}, as_json, printing.show_mapping("Labels"))
