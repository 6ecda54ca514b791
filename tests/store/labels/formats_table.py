"""The table of formats and quirks in `docs/formats.md`, from the cases of the tests: run this module to write it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pandas as pd

from tests.store.labels.one_box import entries, save
from tests.store.labels.quirks import Case, cases
from tiefvision_assets.store.labels.box_rows import BoxRows
from tiefvision_assets.store.labels.files import TripletRows, read_boxes, read_table_of_labels
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.problems import LabelFileError, Report

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->\n"
Read = BoxRows | TripletRows


def read(case: Case, source: Path, photos: pd.DataFrame) -> tuple[Read, str]:
    """What is read of a case, and all that is said about it."""
    try:
        if case.format in (LabelFormat.csv, LabelFormat.parquet):
            kind = "csv" if case.format is LabelFormat.csv else "parquet"
            found: Read = read_table_of_labels(source, kind, photos, case.choices)
        else:
            found = read_boxes(source, case.format, photos, case.choices)
    except LabelFileError as error:
        return BoxRows(report=Report()), str(error)
    said = {name: part for name, part in found.report.document().items() if part}
    return found, json.dumps(said, ensure_ascii=False) if said else ""


def outcome(case: Case) -> str:
    """What comes of a case, in a word or two."""
    with tempfile.TemporaryDirectory() as folder:
        found, _ = read(case, save(case.files, Path(folder)), entries())
    if isinstance(found, BoxRows) and found.proposals:
        return "proposed"
    if not case.labels:
        return "passed over" if found.report.passed_over else "refused"
    words = ["read"]
    if found.report.guesses:
        words = ["guessed"]
    if found.report.problems:
        words.append("rest refused")
    elif found.report.passed_over:
        words.append("rest passed over")
    elif found.report.notes:
        words.append("noted")
    return ", ".join(words)


def table() -> str:
    """One row for each quirk, one column for each format."""
    cells: dict[str, dict[LabelFormat, str]] = {}
    for case in cases():
        cells.setdefault(case.quirk, {})[case.format] = outcome(case)
    lines = ["| | " + " | ".join(LabelFormat) + " |", "| --- |" + " --- |" * len(LabelFormat)]
    for quirk, of in cells.items():
        lines.append(f"| {quirk} | " + " | ".join(of.get(kind, "") for kind in LabelFormat) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
