"""A journal in the database that several machines share, for a data folder in object storage."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import CHANGES
from tiefvision_assets.store.written.journal import REMOVED, SET, Decide, Journal, apply, is_stale
from tiefvision_assets.store.written.transactions import reading, writing


@dataclass(frozen=True)
class _Read:
    """What was read of a journal, up to the change of that number."""

    generation: str = ""
    number: int = 0
    written: int = 0
    values: dict[str, Any] = field(default_factory=dict)


class JournalTable(Journal):
    """The journal of that name of one data folder, in the table ``written_change``; PostgreSQL alone.

    What was read is kept, and only what came since is asked for. While a request with a key is carried out, changes are
    part of its transaction: others see them, and they are kept here, once that is committed.
    """

    def __init__(self, database: Database, folder: str, name: str) -> None:
        self._database = database
        self._key = {"folder": folder, "journal": name}
        self._here = (CHANGES.c.folder == folder) & (CHANGES.c.journal == name)
        self._lock = Lock()
        self._committed = _Read()

    def values(self) -> dict[str, Any]:
        """See `Journal.values`."""
        self._catch_up()
        with reading(self._database) as connection:
            return dict(self._now(connection).values)

    def version(self) -> str:
        """See `Journal.version`."""
        with reading(self._database) as connection:
            generation, number = self._last(connection)
        return f"{generation} {number}" if generation else ""

    def change(self, decide: Decide) -> None:
        """See `Journal.change`."""
        self._catch_up()
        with writing(self._database) as connection:
            now = self._now(connection)
            values, removed = decide(now.values)
            removed = [name for name in removed if name in now.values]
            if not values and not removed:
                return
            changed, change = dict(now.values), {SET: dict(values), REMOVED: removed}
            if is_stale(now.written + apply(change, changed), changed):
                connection.execute(delete(CHANGES).where(self._here))
                lines = [{SET: {name: value}} for name, value in changed.items()]
                self._append(connection, _Read(), lines or [{}])
            else:
                self._append(connection, now, [change])

    def _append(self, connection: Connection, to: _Read, lines: list[dict[str, Any]]) -> None:
        key = {**self._key, "generation": to.generation or uuid.uuid4().hex}
        rows = [{**key, "number": number, "change": line} for number, line in enumerate(lines, to.number + 1)]
        connection.execute(insert(CHANGES), rows)

    def _catch_up(self) -> None:
        with self._lock, self._database.reading() as connection:
            self._committed = self._now(connection)

    def _now(self, connection: Connection) -> _Read:
        """What the connection's transaction sees."""
        before, (generation, number) = self._committed, self._last(connection)
        if (generation, number) == (before.generation, before.number):
            return before
        if generation != before.generation:
            before = _Read()
        query = select(CHANGES.c.change).where(self._here, CHANGES.c.number > before.number)
        values, written = dict(before.values), before.written
        for change in connection.execute(query.order_by(CHANGES.c.number)).scalars():
            written += apply(change, values)
        return _Read(generation, number, written, values)

    def _last(self, connection: Connection) -> tuple[str, int]:
        """Generation and number of the last change; empty and 0 before the first one."""
        query = select(CHANGES.c.generation, CHANGES.c.number).where(self._here).order_by(CHANGES.c.number.desc())
        last = connection.execute(query.limit(1)).first()
        return (last.generation, last.number) if last else ("", 0)
