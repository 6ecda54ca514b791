"""The connection to the label database, SQLite or PostgreSQL: one writer at a time, errors in sentences for users."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.migrations import HEAD, revision_of, upgrade

T = TypeVar("T")
IsolationLevel = Literal["READ COMMITTED", "REPEATABLE READ"]

BUSY_TIMEOUT_S = 30
"""How long SQLite waits for another writer where nobody waits for an answer; PostgreSQL then waits without end."""
PAUSES_S = (0.05, 0.25)
"""Pauses before a transaction is repeated that found the database locked or lost its connection."""
POSTGRESQL_LOCKED = ("55P03", "40001", "40P01")
"""SQLSTATEs of a lock that was not had in time, a serialization failure, and a deadlock."""
CONNECT_TIMEOUT_S = 10
WRITER_LOCK = 0x71EF
"""Key of the PostgreSQL advisory lock that makes writers queue, as SQLite's ``BEGIN IMMEDIATE`` does."""


class LabelDatabaseError(TiefVisionError):
    """The label database cannot be opened, read or written."""


def labels_url(settings: Settings) -> URL:
    """Where the labels are: what the settings name, else a file in the data folder, whatever that folder is called."""
    if settings.database_url:
        return parsed_url(settings.database_url)
    return URL.create("sqlite", database=str(settings.data_dir / "labels.db"))


class Database:
    """The tables of ``schema.py`` at ``url`` (``sqlite:///…`` or ``postgresql+psycopg://…``), created on first use.

    A database of an older version is then brought up to date, and one of a newer version refused. Nothing is opened
    before the first transaction. Every failure of the database is a `LabelDatabaseError` that names the URL with its
    password masked; another writer that does not end within ``patience_s`` seconds is one.
    """

    def __init__(self, url: str | URL, patience_s: float | None = None) -> None:
        self._url = url if isinstance(url, URL) else parsed_url(url)
        self._patience_s = patience_s

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction that sees one state of the database, whatever is written meanwhile."""
        with self.told(), _isolated(self._engine, "REPEATABLE READ") as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: only one at a time in all threads and processes; rolled back on any error."""
        with self.told(), _transaction(self._engine, self._patience_s) as connection:
            yield connection

    def connection(self) -> Connection:
        """A connection on which each statement sees what was committed before it; the caller commits and closes it."""
        with self.told():
            return _isolated(self._engine, "READ COMMITTED")

    @property
    def may_be_there(self) -> bool:
        """Whether there is a file of the database, or a server that may have it: opening it would make a new file."""
        file = self._url.database if self._url.get_backend_name() == "sqlite" else None
        return not file or file == ":memory:" or file.startswith("file:") or Path(file).is_file()

    def close(self) -> None:
        """Close the pooled connections; the next transaction opens new ones."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    @cached_property
    def _engine(self) -> Engine:
        sqlite, wait_s = self._url.get_backend_name() == "sqlite", self._patience_s
        engine = _sqlite(self._url, BUSY_TIMEOUT_S if wait_s is None else wait_s) if sqlite else _postgresql(self._url)
        if self._is_due(engine):
            if sqlite:
                _switch_to_wal(engine)
            with _transaction(engine, wait_s) as connection:
                if self._is_due(connection):  # unless another process was faster
                    upgrade(connection)
        return engine

    def _is_due(self, bind: Engine | Connection) -> bool:
        """Whether revisions are missing in the database; `LabelDatabaseError` where it has more than are known here."""
        revision = revision_of(bind)
        if revision > HEAD:
            raise LabelDatabaseError(
                f"The label database {self._shown} was written by a newer version of TiefVision (its tables have "
                f"revision {revision}, this version knows {HEAD}); install that version."
            )
        return revision < HEAD

    def written(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a write transaction and return its result; repeated when the database was locked or lost,
        unless that has used up the patience.

        ``work`` may run twice, even after its first transaction was committed, so it has to notice what it wrote
        before.
        """
        started = time.monotonic()
        for pause in PAUSES_S:
            try:
                with self.writing() as connection:
                    return work(connection)
            except LabelDatabaseError as error:
                waited = self._patience_s is not None and time.monotonic() - started >= self._patience_s
                if waited or not _passing(error.__cause__):
                    raise
            time.sleep(pause)
        with self.writing() as connection:
            return work(connection)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turns failures of this database into `LabelDatabaseError`, also within a transaction of another one."""
        try:
            yield
        except DBAPIError as error:
            sentence = self._busy if _is_locked(error) else self._sentence(str(error.orig))
            raise LabelDatabaseError(sentence) from error
        except OSError as error:
            raise LabelDatabaseError(self._sentence(error.strerror or str(error))) from error

    @property
    def _shown(self) -> str:
        return self._url.render_as_string(hide_password=True)

    @property
    def _busy(self) -> str:
        return f"The label database {self._shown} is busy: another program is writing to it; try again in a moment."

    def _sentence(self, reason: str) -> str:
        way_out = (
            "check that its folder can be written to and that the file is a SQLite database"
            if self._url.get_backend_name() == "sqlite"
            else "check that the server runs and that TIEFVISION_DATABASE_URL names the right host, database and user"
        )
        reason = " ".join(reason.split()).rstrip(".")
        if self._url.password:
            reason = reason.replace(str(self._url.password), "***")
        return f"The label database {self._shown} cannot be used ({reason}); {way_out}."


def parsed_url(url: str) -> URL:
    """The URL in the form that is used here; `LabelDatabaseError` for one that is not understood."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed is not None and "@" in (parsed.host or ""):  # part of a password
        parsed = None
    if parsed is not None and "password" in parsed.query:
        parsed = parsed.set(password=parsed.normalized_query["password"][-1]).difference_update_query(["password"])
    if parsed is None or parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise LabelDatabaseError(
            f"The label database {shown_url(url)!r} is not a URL that is understood; set TIEFVISION_DATABASE_URL to "
            "sqlite:///<file> or postgresql+psycopg://<user>:<password>@<host>/<database>."
        )
    return parsed


def shown_url(url: str) -> str:
    """The URL as messages name it: without passwords, also where it is not understood."""
    masked = re.sub(r"(://[^:/]*):.*@", r"\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&][^=&]*password[^=&]*=)[^&]*", r"\1***", masked, flags=re.IGNORECASE)


def reason_without_password(error: Exception, url: str) -> str:
    """The first line of what the driver says, without a full stop and without the password of `parsed_url`."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
    password = parsed_url(url).password
    return reason.replace(str(password), "***") if password else reason


def _sqlite(url: URL, wait_s: float) -> Engine:
    if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": wait_s})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # otherwise the driver decides when a transaction begins
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _passing(cause: BaseException | None) -> bool:
    """Whether repeating the transaction may succeed: another writer held the lock, or a connection was cut."""
    return isinstance(cause, DBAPIError) and (cause.connection_invalidated or _is_locked(cause))


def _is_locked(error: DBAPIError) -> bool:
    # By code: PostgreSQL's words are in the server's language.
    locked = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return locked or getattr(error.orig, "sqlstate", None) in POSTGRESQL_LOCKED


def _switch_to_wal(engine: Engine) -> None:
    # The mode is stored in the file. SQLite refuses the switch at once while another process makes the same switch.
    with suppress(OperationalError), engine.connect() as connection:
        connection.execution_options(begin="SELECT 1")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")


def _postgresql(url: URL) -> Engine:
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(url, connect_args=timeout, pool_pre_ping=True)


def _isolated(engine: Engine, level: IsolationLevel) -> Connection:
    """A connection with that isolation level on PostgreSQL; on SQLite every transaction sees one state."""
    connection = engine.connect()
    return connection.execution_options(isolation_level=level) if engine.dialect.name == "postgresql" else connection


@contextmanager
def _transaction(engine: Engine, patience_s: float | None) -> Iterator[Connection]:
    # Each statement has to see what was written while this one waited for the lock, whatever the server's default.
    isolated = _isolated(engine, "READ COMMITTED")
    with isolated.execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            if patience_s is not None:  # in milliseconds, of which 0 would mean without end
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(patience_s * 1000))}")
            connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))
        yield connection
