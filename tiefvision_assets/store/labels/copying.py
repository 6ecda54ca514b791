"""Copying a whole label database to another one, SQLite or PostgreSQL, and proving that nothing was lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, delete, func, insert, select

from tiefvision_assets.store.labels.database import Database, LabelDatabaseError, parsed_url
from tiefvision_assets.store.labels.migrations import HEAD
from tiefvision_assets.store.labels.schema import DATABASE, EVENTS, METADATA

CHUNK = 5_000
"""Rows in memory at a time."""


@dataclass(frozen=True)
class Contents:
    """What a table holds: the number of its rows and the sum of their hashes, which no order of rows changes."""

    rows: int = 0
    total: int = 0

    def with_rows(self, rows: Sequence[dict[str, Any]]) -> Contents:
        """These contents and more rows."""
        hashes = (int.from_bytes(hashlib.sha256(_spelt(row).encode()).digest()) for row in rows)
        return Contents(self.rows + len(rows), (self.total + sum(hashes)) % 2**256)


@dataclass(frozen=True)
class Copied:
    """A copy that was made: both URLs, without passwords, the number of rows by table, and a hash of all of them.

    The hash (SHA-256, hexadecimal) is the same for the same rows on SQLite and on PostgreSQL.
    """

    source: str
    target: str
    revision: str
    rows: dict[str, int]
    sha256: str


def copy_database(source: str, target: str) -> Copied:
    """Copy all tables from one URL to another in one transaction, and read them again before it is committed.

    The copy has the id of the original and the same numbers of events, and goes on counting from the last. Raises
    `LabelDatabaseError` where the source is not there or has no labels, the target has any, or what was written does
    not read as the original does; the target then stays empty.
    """
    before, after = parsed_url(source), parsed_url(target)
    _require_two(before, after)
    original, copy = Database(before), Database(after)
    try:
        with original.reading() as old, copy.writing() as new:
            _require_empty(new, after)
            new.execute(delete(DATABASE))  # a new database has been given an id of its own
            given = {table.name: _copied(original, old, new, table) for table in METADATA.sorted_tables}
            if not given[EVENTS.name].rows:
                raise LabelDatabaseError(f"The label database {_shown(before)} holds no labels; is its URL right?")
            _continue_numbers(new)
            written = {table.name: _contents(_rows(new, table)) for table in METADATA.sorted_tables}
            _require_equal(given, written, after)
    finally:
        original.close()
        copy.close()
    rows = {name: contents.rows for name, contents in given.items()}
    whole = json.dumps({name: [contents.rows, f"{contents.total:064x}"] for name, contents in sorted(given.items())})
    return Copied(_shown(before), _shown(after), HEAD, rows, hashlib.sha256(whole.encode()).hexdigest())


def _copied(original: Database, old: Connection, new: Connection, table: Table) -> Contents:
    contents = Contents()
    rows = _rows(old, table)
    while True:
        with original.told():  # what fails here is the original's doing, not the copy's
            chunk = next(rows, None)
        if chunk is None:
            return contents
        new.execute(insert(table), chunk)
        contents = contents.with_rows(chunk)


def _rows(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows in chunks, events in their order: an undo refers to an earlier one."""
    found = connection.execution_options(yield_per=CHUNK).execute(select(table).order_by(*table.primary_key))
    for chunk in found.mappings().partitions():
        yield [{name: _in_utc(value) for name, value in row.items()} for row in chunk]


def _contents(chunks: Iterator[list[dict[str, Any]]]) -> Contents:
    contents = Contents()
    for chunk in chunks:
        contents = contents.with_rows(chunk)
    return contents


def _in_utc(value: Any) -> Any:
    """Times in UTC: SQLite's do not say that they are, PostgreSQL's come in the time zone of the session."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value


def _spelt(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=lambda time: time.isoformat(timespec="microseconds"))


def _continue_numbers(new: Connection) -> None:
    """Have PostgreSQL number what comes next after what is there; SQLite does by itself."""
    if new.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        column = table.autoincrement_column
        last = new.execute(select(func.max(column))).scalar() if column is not None else None
        if column is not None and last is not None:
            new.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), last)))


def _require_two(before: URL, after: URL) -> None:
    if before == after:
        raise LabelDatabaseError(f"{_shown(before)} would be copied to itself; name another database to copy it to.")
    file = before.database if before.get_backend_name() == "sqlite" else None
    if file is not None and not Path(file).is_file():
        raise LabelDatabaseError(f"There is no label database {_shown(before)}; name one that is there.")


def _require_empty(new: Connection, after: URL) -> None:
    for table in METADATA.sorted_tables:
        rows = new.execute(select(func.count()).select_from(table)).scalar_one()
        if rows and table is not DATABASE:
            raise LabelDatabaseError(
                f"The label database {_shown(after)} is not empty ({table.name} has {rows} rows); name an empty one."
            )


def _require_equal(given: dict[str, Contents], written: dict[str, Contents], after: URL) -> None:
    for name, contents in given.items():
        if written[name] != contents:
            raise LabelDatabaseError(
                f"The label database {_shown(after)} does not give back what was written to {name} ({contents.rows} "
                f"rows, {written[name].rows} read); nothing was copied. Check that server's settings."
            )


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)
