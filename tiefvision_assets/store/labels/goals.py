"""Goals: how many boxes and triplets somebody wants to decide about in a day, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.decisions import ALL_ACTIONS
from tiefvision_assets.store.labels.events import standing
from tiefvision_assets.store.labels.schema import EVENTS, GOALS, Kind

MOST = 100_000


@dataclass(frozen=True, slots=True)
class Goal:
    """A person's goal for a day, and what of it is done."""

    decisions: int
    done: int


class Goals:
    """The goals in the label database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person: str, kind: Kind, since: datetime) -> Goal | None:
        """The person's goal, and their standing decisions in the app from that time on; None where they have none."""
        mine = (GOALS.c.person == person, GOALS.c.kind == kind)
        made = standing(kind, [action for action in ALL_ACTIONS if action != "skip"]).where(
            EVENTS.c.annotator == person, EVENTS.c.source.in_(("app", "gold")), EVENTS.c.created_at >= since
        )
        with self._database.reading() as connection:
            wanted = connection.execute(select(GOALS.c.decisions).where(*mine)).scalar()
            if wanted is None:
                return None
            return Goal(wanted, connection.execute(select(func.count()).select_from(made.subquery())).scalar_one())

    def set(self, person: str, kind: Kind, decisions: int) -> None:
        """Let the person have that goal, in place of the one before; 0: none. Raises `TiefVisionError` for a number
        that is none."""
        if not 0 <= decisions <= MOST:
            raise TiefVisionError(f"A goal of {decisions:,} a day cannot be kept; choose one from 0 to {MOST:,}.")

        def write(connection: Connection) -> None:
            connection.execute(delete(GOALS).where(GOALS.c.person == person, GOALS.c.kind == kind))
            if decisions:
                connection.execute(insert(GOALS).values(person=person, kind=kind, decisions=decisions))

        self._database.written(write)
