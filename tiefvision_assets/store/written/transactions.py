"""The transaction of a request to the API: all that it writes into tables, and its answer, are there at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, func, select

from tiefvision_assets.store.labels.database import WRITER_LOCK, Database

_of_request: ContextVar[Connection | None] = ContextVar("connection of the request that is carried out", default=None)


@contextmanager
def as_request(connection: Connection) -> Iterator[None]:
    """Let this thread read and write by that connection's transaction meanwhile; the caller commits it."""
    before = _of_request.set(connection)
    try:
        yield
    finally:
        _of_request.reset(before)


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """The transaction of the request, if there is one, else one for reading."""
    connection = _of_request.get()
    if connection is None:
        with database.reading() as connection:
            yield connection
    else:
        with database.told():
            yield connection


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """The transaction of the request, which shuts out all other writers from now on, else one of its own."""
    connection = _of_request.get()
    if connection is None:
        with database.writing() as connection:
            yield connection
    else:
        with database.told():
            connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))
            yield connection
