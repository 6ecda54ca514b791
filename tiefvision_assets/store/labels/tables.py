"""CSV and Parquet tables of labels: named columns of text, with errors that name the line or row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tiefvision_assets.store.labels.problems import (
    LabelFileError,
    Problems,
    RefusedError,
    read_bytes,
    read_text,
    written,
)

TableFormat = Literal["csv", "parquet"]
Parsed = TypeVar("Parsed")

SURPLUS = ""
"""Column name for the fields of a line beyond the header's."""


def parse_table(
    file: Path,
    format: TableFormat,
    columns: Sequence[str],
    parse: Callable[[dict[str, str]], Parsed],
    *,
    optional: Sequence[str] = (),
) -> list[Parsed]:
    """The results of ``parse`` for every row of ``file``, given its ``columns`` (never empty) and ``optional`` ones.

    Other columns are ignored, and so are blank lines of a CSV file. Raises `LabelFileError` when the file is no such
    table, or when any row is incomplete or `RefusedError` by ``parse``; the message is about the first such row.
    """
    problems = Problems(file)
    parsed = []
    for place, values in _csv_rows(file, columns) if format == "csv" else _parquet_rows(file, columns):
        with problems.at(place):
            row = {name: _text(values, name) for name in columns}
            row |= {name: values.get(name) or "" for name in optional}
            if any(values.get(SURPLUS, ())):
                raise RefusedError("there are more fields than the header has; quote fields that hold a comma")
            parsed.append(parse(row))
    problems.raise_first()
    return parsed


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


def _csv_rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for fields in reader:
            place, line = f"line {line}", reader.line_num + 1
            if not any(map(str.strip, fields)):
                continue
            if header is None:
                header = [name.strip() for name in fields]
                _check_header(file, header, columns, place)
            else:
                yield place, dict(zip(header, fields, strict=False)) | {SURPLUS: fields[len(header) :]}
    except csv.Error as error:
        reason = f"this is not CSV ({error}); quote fields that hold commas, quotes or line ends"
        raise LabelFileError(file, reason, where=f"line {line}") from None
    if header is None:
        raise LabelFileError(file, f"there is no header; the first line is {','.join(columns)}")


def _parquet_rows(file: Path, columns: Sequence[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        parquet = pq.ParquetFile(pa.BufferReader(read_bytes(file)))
        _check_header(file, parquet.schema_arrow.names, columns, "")
        rows = parquet.read(columns=list(columns)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        reason = f"this is not a Parquet file, or damaged ({str(error).splitlines()[0]}); export the file again"
        raise LabelFileError(file, reason) from None
    return ((f"row {number}", row) for number, row in enumerate(rows, start=1))


def _check_header(file: Path, header: list[str], columns: Sequence[str], place: str) -> None:
    for name in columns:
        if header.count(name) != 1:
            fault = "is missing" if name not in header else "stands there twice"
            found = f"the columns {','.join(columns)} are needed, found: {','.join(header)}"
            reason = f'the column "{name}" {fault}; {found}'
            raise LabelFileError(file, reason, where=place)


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None or not str(value).strip():
        raise RefusedError(f'the column "{name}" has no value; fill it in or leave the row out')
    if not isinstance(value, str):
        raise RefusedError(f'the column "{name}" holds {value!r}, not a text; store paths as text')
    return value
