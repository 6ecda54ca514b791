"""Maps of names: a CSV that says which photo each name of a label file means."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tiefvision_assets.store.labels.contents import read_text
from tiefvision_assets.store.labels.problems import LabelFileError

_HEADERS = {"path", "photo", "path in raw", "raw"}
_FORM = "a row is a name in the label file and a path in the folder of raw photos"


def read_name_map(file: Path) -> dict[str, str]:
    """Name in the label file → path relative to the folder of raw photos, from a CSV with these two columns.

    A header is passed over. Raises `LabelFileError` when the file is no such table, or names one photo in two ways.
    """
    text = read_text(file)
    if not text.strip():  # nothing but a byte order mark
        raise LabelFileError(file, f"the file is empty; {_FORM}")
    separator = max(",;\t", key=text.splitlines()[0].count)
    found: dict[str, str] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
        fields = [field.strip() for field in row]
        if not any(fields) or (number == 1 and fields[1:2] and fields[1].casefold() in _HEADERS):
            continue
        if len(fields) < 2 or not fields[0] or not fields[1]:
            raise LabelFileError(file, f"{_FORM}; fill in both", where=f"row {number}")
        if found.setdefault(fields[0], fields[1]) != fields[1]:
            reason = f"{fields[0]!r} stands for two photos; keep one row"
            raise LabelFileError(file, reason, where=f"row {number}")
    return found
