"""Searches that people saved, to be told when new photos match."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import SAVED_SEARCHES

MOST = 100
"""Of one person."""
LONGEST_NAME, LONGEST_ADDRESS = 80, 8000


class CannotSave(TiefVisionError):
    """A search that is not saved."""


@dataclass(frozen=True)
class SavedSearch:
    """A search of one person."""

    id: str
    name: str
    address: str
    """Path and query of the page that shows it."""
    seen: str
    """The newest batch of photos of the index when the person looked at it last: photos of later ones are new."""


class SavedSearches:
    """Those in the label database; every method raises `LabelDatabaseError` when that cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person: str) -> list[SavedSearch]:
        """The person's, the newest first."""
        mine = select(SAVED_SEARCHES).where(SAVED_SEARCHES.c.person == person)
        with self._database.reading() as connection:
            found = connection.execute(mine.order_by(SAVED_SEARCHES.c.made_at.desc(), SAVED_SEARCHES.c.id)).all()
        return [SavedSearch(row.id, row.name, row.address, row.seen) for row in found]

    def save(self, person: str, name: str, address: str, seen: str) -> None:
        """Save one more; one of that name takes the place of the earlier one. `CannotSave` where it is not possible."""
        name = " ".join(name.split())[:LONGEST_NAME]
        if not name:
            raise CannotSave("The search has no name; type one.")
        if len(address) > LONGEST_ADDRESS:
            raise CannotSave("The search is too long to be saved; use fewer examples or a shorter condition.")
        mine = SAVED_SEARCHES.c.person == person

        def write(connection: Connection) -> None:
            connection.execute(delete(SAVED_SEARCHES).where(mine, SAVED_SEARCHES.c.name == name))
            count = connection.execute(select(func.count()).select_from(SAVED_SEARCHES).where(mine)).scalar_one()
            if count >= MOST:
                raise CannotSave(f"You have {count} saved searches, which is the most; remove one first.")
            row = {"id": uuid.uuid4().hex, "person": person, "name": name, "address": address, "seen": seen}
            connection.execute(insert(SAVED_SEARCHES).values(**row, made_at=datetime.now(UTC)))

        self._database.written(write)

    def look_at(self, person: str, id: str, seen: str) -> None:
        """Let nothing of that batch or an earlier one be new any more."""
        mine = (SAVED_SEARCHES.c.person == person, SAVED_SEARCHES.c.id == id)
        self._database.written(lambda c: c.execute(update(SAVED_SEARCHES).where(*mine).values(seen=seen)))

    def remove(self, person: str, id: str) -> None:
        """Forget it."""
        mine = (SAVED_SEARCHES.c.person == person, SAVED_SEARCHES.c.id == id)
        self._database.written(lambda c: c.execute(delete(SAVED_SEARCHES).where(*mine)))
