"""Lists of changes: the paths at which photos came, changed or went, as whoever delivers them knows.

A scan that is given one looks at these paths and at no others, so that it costs what has changed and not what is there.
The list only says where to look: what counts is the file that is there, as in a scan of everything. Formats, with one
row a path and the columns ``path`` and ``change``: CSV (``.csv``), JSON Lines (``.jsonl``, ``.ndjson``), Parquet.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.raw.place import is_hidden

PATH, CHANGE = "path", "change"
ADDED, CHANGED, DELETED = CHANGES = ("added", "changed", "deleted")
_NOTHING = "nothing of it was taken"


class BadChanges(TiefVisionError):
    """A list of changes that cannot be read, or says what is not so."""


@dataclass(frozen=True)
class Changes:
    """The rows of a list, each path once: of several rows of a path the last one counts."""

    file: Path
    rows: Mapping[str, tuple[str, str]]
    """Path below the raw folder → the change, and where the list says so (``line 3``). Hidden paths are left out, as
    scans pass them over."""
    also: frozenset[str] = frozenset()
    """Paths to look at of which the list need not say anything: those that were written to through the API."""

    @property
    def paths(self) -> list[str]:
        """All paths to look at."""
        return list(self.rows.keys() | self.also)

    def check(self, there: Collection[str], place: str) -> None:
        """Raise `BadChanges` where the list contradicts the place, of which the paths that are ``there`` are given."""
        there = set(there)
        for path, (change, where) in self.rows.items():
            if change != DELETED and path not in there:
                reason = f"there is no such file in {place}; deliver it, or take the row out"
            elif change == DELETED and path in there:
                reason = f"it is there in {place}; remove it, or take the row out"
            else:
                continue
            raise BadChanges(f"{self.file.name}, {where}: {path!r} is said to be {change}, and {reason}; {_NOTHING}.")


def read_changes(file: Path) -> Changes:
    """The list in a file; `BadChanges` with one sentence for the first thing that is wrong with it."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise BadChanges(f"{file} is no list of changes; give a file that ends in {', '.join(_READERS)}.")
    rows: dict[str, tuple[str, str]] = {}
    try:
        for where, path, change in reader(file):
            problem = _problem(path, change)
            if problem:
                raise BadChanges(f"{file.name}, {where}: {problem}; {_NOTHING}.")
            if not is_hidden(path):
                rows[path] = change, where
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise _unreadable(file, "it is not UTF-8") from None
    return Changes(file, rows)


def _problem(path: Any, change: Any) -> str | None:
    parts = path.split("/") if isinstance(path, str) else [""]
    if {"", ".", ".."} & set(parts) or "\0" in path or not _is_unicode(path):
        return f"{path!r} is no path below the raw folder; write it as in summer/dress.jpg"
    if change not in CHANGES:
        return f"the change of {path!r} is {change!r}, and has to be {ADDED}, {CHANGED} or {DELETED}"
    return None


def _is_unicode(path: str) -> bool:
    """Whether the path can be written as UTF-8: JSON may hold halves of characters."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv(file: Path) -> Iterator[tuple[str, Any, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened, strict=True)
        try:
            _check_columns(file, rows.fieldnames or ())
            for row in rows:
                if None in row:
                    raise BadChanges(
                        f"{file.name}, line {rows.line_num}: it has more values than columns; put paths with commas in "
                        f"quotes; {_NOTHING}."
                    )
                yield f"line {rows.line_num}", row[PATH], row[CHANGE]
        except csv.Error as error:
            raise _unreadable(file, f"line {rows.line_num}: {error}") from None


def _json_lines(file: Path) -> Iterator[tuple[str, Any, Any]]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise _unreadable(file, f"line {number} is no JSON object")
            yield f"line {number}", row.get(PATH), row.get(CHANGE)


def _parquet(file: Path) -> Iterator[tuple[str, Any, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            _check_columns(file, opened.schema_arrow.names)
            number = 0
            for some in opened.iter_batches(columns=[PATH, CHANGE]):
                for path, change in zip(*(some.column(name).to_pylist() for name in (PATH, CHANGE)), strict=True):
                    number += 1
                    yield f"row {number}", path, change
    except pa.ArrowException as error:
        raise _unreadable(file, str(error).splitlines()[0].rstrip(".")) from None


def _check_columns(file: Path, names: Iterable[str]) -> None:
    missing = [name for name in (PATH, CHANGE) if name not in names]
    if missing:
        raise _unreadable(file, f"it has no column {missing[0]}, and needs {PATH} and {CHANGE}")


def _unreadable(file: Path, reason: str) -> BadChanges:
    return BadChanges(f"The list of changes {file} cannot be read: {reason}; {_NOTHING}.")


_READERS: Mapping[str, Callable[[Path], Iterator[tuple[str, Any, Any]]]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
