"""Failed attempts in the label database, for data folders that several machines work on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.attempts import Attempts, Failure
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import ATTEMPTS


class AttemptsTable(Attempts):
    """The failures of one data folder, in the table ``failed_attempt``; other folders may share the database.

    All machines name the folder alike. Counting is one write transaction, of which there is one at a time, so that of
    two machines that fail at once none is missed.
    """

    def __init__(self, database: Database, folder: str) -> None:
        self._database = database
        self._here = ATTEMPTS.c.folder == folder
        self._folder = folder

    def failures(self) -> list[Failure]:
        """All recorded failures, including those on inputs that have changed since."""
        columns = [column for column in ATTEMPTS.columns if column.name != "folder"]
        query = select(*columns).where(self._here).order_by(ATTEMPTS.c.step, ATTEMPTS.c.batch)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [Failure(**{**row._mapping, "failed_at": _written(row.failed_at)}) for row in rows]

    def failed(self, step: str, batch: str, inputs: str, reason: str) -> None:
        """Count one more failed attempt on these inputs; after a change of the inputs the count begins at one."""
        one = self._one(step, batch)
        # PostgreSQL stores no zero byte
        news = {"reason": displayable(reason).replace("\0", "\\0"), "failed_at": datetime.now(UTC)}
        again = update(ATTEMPTS).where(one, ATTEMPTS.c.inputs == inputs).values(times=ATTEMPTS.c.times + 1, **news)
        with self._database.writing() as connection:
            if not connection.execute(again).rowcount:
                connection.execute(delete(ATTEMPTS).where(one))
                key = {"folder": self._folder, "step": step, "batch": batch}
                connection.execute(insert(ATTEMPTS).values(**key, inputs=inputs, times=1, **news))

    def forget(self, failures: Iterable[Failure]) -> None:
        """Forget these failures, but not those that another machine has counted again since they were read."""
        past = list(failures)
        if not past:
            return
        with self._database.writing() as connection:
            for failure in past:
                unchanged = ATTEMPTS.c.inputs == failure.inputs, ATTEMPTS.c.times == failure.times
                connection.execute(delete(ATTEMPTS).where(self._one(failure.step, failure.batch), *unchanged))

    def stamp(self) -> str:
        """A text that changes with the failures."""
        return repr(self.failures())

    def _one(self, step: str, batch: str) -> ColumnElement[bool]:
        return and_(self._here, ATTEMPTS.c.step == step, ATTEMPTS.c.batch == batch)


def _written(time: datetime) -> str:
    """ISO 8601 to the second, UTC; SQLite's times are UTC and do not say so."""
    known = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return known.isoformat(timespec="seconds")
