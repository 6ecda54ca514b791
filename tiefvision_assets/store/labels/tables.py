"""CSV and Parquet tables of labels: named columns of text, whatever program wrote them, with places for messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tiefvision_assets.store.labels.contents import read_bytes, written
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report

TableFormat = Literal["csv", "parquet"]

MAX_RESTARTS = 1_000
"""A CSV file with more lines than this that are none is not read on."""
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ANCHOR, _REFERENCE = "anchor", "reference"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Table:
    """The header of a table, without blanks and in lower case, and its rows, each with its place in the file."""

    file: Path
    header: list[str]
    header_place: str
    rows: Iterator[tuple[str, dict[str, Any]]]

    def require(self, columns: Sequence[str]) -> None:
        """Raises `LabelFileError` unless each of ``columns`` stands in the header once."""
        for name in columns:
            if self.header.count(name) != 1:
                fault = "is missing" if name not in self.header else "stands there twice"
                found = f"the columns {','.join(columns)} are needed, found: {','.join(self.header)}"
                raise LabelFileError(self.file, f'the column "{name}" {fault}; {found}', where=self.header_place)


def read_table(file: Path, format: TableFormat, report: Report, expected: Sequence[str]) -> Table:
    """The table in ``file``; ``expected`` are columns by which its header is known and which are shown if it has none.

    Rows that are no CSV are problems in the report. Raises `LabelFileError` when the file is no such table.
    """
    return _csv_table(file, report, expected) if format == "csv" else _parquet_table(file)


def text_of(row: dict[str, Any], column: str) -> str:
    """The text in that column; `RefusedError` when there is none."""
    value = row.get(column)
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            raise RefusedError(f'the column "{column}" holds bytes that are no UTF-8', "store paths as text") from None
    if value is None or not str(value).strip():
        raise RefusedError(f'the column "{column}" has no value', "fill it in or leave the row out")
    if not isinstance(value, str):
        raise RefusedError(f'the column "{column}" holds {value!r}, not a text', "store paths as text")
    return value


def write_table(file: Path, format: TableFormat, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Write ``rows`` under a header of ``columns``; `LabelFileError` when the file cannot be written."""
    with written(file) as temporary:
        if format == "csv":
            # by default the writer does not quote a carriage return, which readers take for a line end
            returns = any("\r" in field for row in rows for field in row)
            with temporary.open("w", encoding="utf-8", newline="") as target:
                csv.writer(
                    target, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
                ).writerows([columns, *rows])
        else:
            arrays = [pa.array([row[position] for row in rows], pa.string()) for position in range(len(columns))]
            pq.write_table(pa.table(arrays, names=list(columns)), temporary)


def _csv_table(file: Path, report: Report, expected: Sequence[str]) -> Table:
    lines = list(io.StringIO(_decoded(file, report), newline=""))
    first = next((number for number, line in enumerate(lines) if line.strip(" \t\r\n,;|")), len(lines))
    separator = ","
    if first < len(lines) and lines[first].strip().lower().startswith("sep=") and len(lines[first].strip()) == 5:
        separator = lines[first].strip()[4]  # a line that Excel writes and reads
        first += 1
    elif first < len(lines):
        separator = _separator(lines[first], expected)
    if first == len(lines):
        raise LabelFileError(file, f"there is no header; the first line is {','.join(expected)}")
    rows = _records(lines, first, separator, report)
    try:
        place, fields = next(rows)
    except StopIteration:
        if report.problems:
            report.raise_first(file)
        raise LabelFileError(file, f"there is no header; the first line is {','.join(expected)}") from None
    header = _known_names(fields)
    return Table(file, header, place, _named(rows, header, separator, report))


def _decoded(file: Path, report: Report) -> str:
    """The text, in UTF-8, UTF-16 or the encoding in which spreadsheets on Windows save."""
    content = read_bytes(file)
    if content[:2] in _MARKS or (b"\0" in content[:2] and len(content) % 2 == 0):
        encoding = _MARKS.get(content[:2]) or ("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in content:
            raise LabelFileError(file, "this is a binary file, not text; check the format") from None
        text = content.decode("cp1252", errors="replace")
        report.note("The file is not UTF-8 and was read as Windows-1252; save it as UTF-8 if names look wrong.")
    if "\0" in text:
        raise LabelFileError(file, "this is a binary file, not text; check the format")
    return text


def _separator(line: str, expected: Sequence[str]) -> str:
    """The separator by which most of the expected columns are found, else the one that comes most often."""

    def known(separator: str) -> tuple[int, int]:
        names = set(_known_names(name.strip(' "\r\n') for name in line.split(separator)))
        return len(names & set(expected)), line.count(separator)

    return max(_NAMES, key=known)


def _records(lines: list[str], first: int, separator: str, report: Report) -> Iterator[tuple[str, list[str]]]:
    """The records from line ``first`` on, each with the line on which it begins.

    A record that is no CSV is a problem, and reading goes on with the line after the one on which it begins: a quote
    that is never closed would otherwise swallow the rest of the file.
    """
    start = first
    for _ in range(MAX_RESTARTS):
        reader = csv.reader(iter(lines[start:]), strict=True, delimiter=separator)
        line = start
        try:
            for fields in reader:
                place, line = f"line {line + 1}", start + reader.line_num
                if any(map(str.strip, fields)):
                    yield place, fields
            return
        except csv.Error as error:
            way_out = "quote fields that hold commas, quotes or line ends"
            report.problem(f"line {line + 1}", RefusedError(f"this is not CSV ({error})", way_out))
            start = line + 1
    if any(map(str.strip, lines[start:])):
        reason = f"the file is not read on from here, after {MAX_RESTARTS:,} lines that are no CSV"
        report.problem(f"line {start + 1}", RefusedError(reason, "check the format, and export the file again"))


def _known_names(names: Iterable[str]) -> list[str]:
    """The names of columns without blanks and in lower case; of a triplet's anchor as this project calls it."""
    found = [name.strip().lower() for name in names]
    return [_REFERENCE if name == _ANCHOR and _REFERENCE not in found else name for name in found]


def _named(
    records: Iterator[tuple[str, list[str]]], header: list[str], separator: str, report: Report
) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, fields in records:
        with report.at(place):
            if any(field.strip() for field in fields[len(header) :]):
                reason = "there are more fields than the header has"
                raise RefusedError(reason, f"quote fields that hold a {_NAMES[separator]}")
            yield place, dict(zip(header, fields, strict=False))


def _parquet_table(file: Path) -> Table:
    try:
        parquet = pq.ParquetFile(pa.BufferReader(read_bytes(file)))
        rows = parquet.read().to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # Arrow reads texts that are no UTF-8
        reason = f"this is not a Parquet file, or damaged ({str(error).splitlines()[0]}); export the file again"
        raise LabelFileError(file, reason) from None
    header = _known_names(parquet.schema_arrow.names)
    named = (
        (f"row {number}", dict(zip(_known_names(row), row.values(), strict=True)))
        for number, row in enumerate(rows, start=1)
    )
    return Table(file, header, "", named)
