"""Answers to requests of the API in the database that several machines share, for a data folder in object storage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import ANSWERS
from tiefvision_assets.store.written.answered import KEPT_H, Answered, Request, in_use
from tiefvision_assets.store.written.transactions import as_request, reading, writing

LOCK_NOT_HAD = "55P03"
"""SQLSTATE of a lock that was not had in time."""


class AnsweredTable(Answered):
    """The answers of one data folder in the table ``written_answer``; PostgreSQL alone.

    A request is one transaction: what it changes in journals is committed with its answer. It holds an advisory lock of
    its key from the beginning, and that of all writers from its first change on. What was changed before a request was
    refused stays, as it does in files; what a process that is killed has changed does not.
    """

    def __init__(
        self, database: Database, folder: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._folder = folder
        self._now = now

    @contextmanager
    def _alone(self, request: Request, waited_s: float) -> Iterator[None]:
        with self._database.connection() as connection:
            self._lock(connection, request, waited_s)
            with as_request(connection):
                try:
                    yield
                except TiefVisionError:
                    # photos that were written before one was refused are there, and so have to be the notes about them
                    with suppress(SQLAlchemyError):
                        connection.commit()
                    raise
            with self._database.told():
                connection.commit()

    def _lock(self, connection: Connection, request: Request, waited_s: float) -> None:
        key = hashlib.sha256(f"{self._folder}\n{request.name}".encode()).digest()[:8]
        with self._database.told():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(waited_s * 1000))}")
            try:
                connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(key, "big", signed=True))))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == LOCK_NOT_HAD:
                    raise in_use(request) from None
                raise

    def _known(self, request: Request) -> dict[str, Any] | None:
        asked = (ANSWERS.c.folder == self._folder) & (ANSWERS.c.request == request.name)
        query = select(ANSWERS.c.content, ANSWERS.c.answer).where(asked, ANSWERS.c.answered_at >= self._oldest())
        with reading(self._database) as connection:
            known = connection.execute(query).mappings().first()
        return dict(known) if known else None

    def _keep(self, request: Request, content: str, answer: dict[str, Any]) -> None:
        values = {"content": content, "answer": answer, "answered_at": self._now()}
        with writing(self._database) as connection:
            connection.execute(delete(ANSWERS).where(ANSWERS.c.answered_at < self._oldest()))
            connection.execute(insert(ANSWERS).values(folder=self._folder, request=request.name, **values))

    def _oldest(self) -> datetime:
        return self._now() - timedelta(hours=KEPT_H)
