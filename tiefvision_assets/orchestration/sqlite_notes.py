"""Dagster's SQLite files, without waiting for the disk at every event.

Dagster opens and closes a file for each event. SQLite waits for the disk at every commit, and whoever closes a file
last writes its log back into it and waits again: `tiefvision run` on ten photos waited 2,072 times, and waits 93 times
like this. A second connection holds each file open, so that closing it is nothing special, and commits do not wait, the
mode that SQLite calls NORMAL: its files stay whole whatever happens, and a power cut may lose the last events. What was
made does not depend on these, since the plan looks at files. The label database is no concern of this module.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

HELD = 8
"""Files that are held open: those of runs that are over are closed as others come."""


@contextmanager
def without_waiting(home: str) -> Iterator[None]:
    """Within the block this process' connections to SQLite files below ``home`` commit without waiting for the disk."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    held = _HeldOpen(Path(home).resolve())
    event.listen(Engine, "connect", held.connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", held.connected)
        held.close()


class _HeldOpen:
    """The connections that hold files open."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._held: OrderedDict[str, sqlite3.Connection] = OrderedDict()
        self._lock = Lock()

    def connected(self, connection: Any, _: Any) -> None:
        """To be called with each new connection of any database."""
        if not isinstance(connection, sqlite3.Connection):
            return
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        if not file or not Path(file).is_relative_to(self._home):
            return
        _commit_without_waiting(connection)
        with self._lock:
            if file in self._held:
                self._held.move_to_end(file)
                return
            with suppress(sqlite3.Error):  # a damaged file is Dagster's to report
                self._held[file] = _holding(file)
            while len(self._held) > HELD:
                self._held.popitem(last=False)[1].close()

    def close(self) -> None:
        """Let go of all files; those that nobody else has open are written back."""
        with self._lock:
            for connection in self._held.values():
                connection.close()
            self._held.clear()


def _holding(file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False)
    _commit_without_waiting(connection)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only who has read has the log open
    return connection


def _commit_without_waiting(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):  # another process just makes the file, or it cannot be written
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
