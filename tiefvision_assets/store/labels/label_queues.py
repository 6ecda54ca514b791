"""Queues: photos with a tag that are to be labelled, by some people alone or by all.

A photo of a queue that is assigned is given to nobody else, whatever queue they work on; a photo of several queues, to
the people of each. In which order photos are given is no matter of the queue's.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import QUEUES, Kind

LONGEST_NAME = 60
MOST_QUEUES = 200


class BadQueue(TiefVisionError):
    """A queue that cannot be made."""


@dataclass(frozen=True, slots=True)
class LabelQueue:
    """Photos to be labelled, by their tag, and whose they are."""

    queue_id: str
    kind: Kind
    name: str
    tag: str
    people: tuple[str, ...]
    """Empty where all share it."""

    def is_for(self, person: str) -> bool:
        """Whether the person may work on it."""
        return not self.people or person in self.people


class LabelQueues:
    """The queues in the label database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, kind: Kind | None = None) -> list[LabelQueue]:
        """All queues, or those of one kind, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(QUEUES).order_by(QUEUES.c.name, QUEUES.c.id)).all()
        found = (LabelQueue(row.id, row.kind, row.name, row.tag, tuple(row.people)) for row in rows)
        return [queue for queue in found if kind in (None, queue.kind)]

    def add(self, kind: Kind, name: str, tag: str, people: Iterable[str], made_by: str) -> LabelQueue:
        """Make a queue; raises `BadQueue` for a name that is none, or that another queue of that kind has."""
        called = " ".join(name.split())
        if not 0 < len(called) <= LONGEST_NAME:
            raise BadQueue(f"A queue needs a name of at most {LONGEST_NAME} characters.")
        names = sorted({" ".join(person.split()) for person in people} - {""})

        def write(connection: Connection) -> LabelQueue:
            known = [row.name for row in connection.execute(select(QUEUES).where(QUEUES.c.kind == kind))]
            if called in known:
                raise BadQueue(f"There is a queue {called!r} already; choose another name, or remove that one first.")
            if len(known) >= MOST_QUEUES:
                raise BadQueue(f"There are {MOST_QUEUES} queues; remove one that is done first.")
            queue = LabelQueue(uuid.uuid4().hex, kind, called, tag, tuple(names))
            row = {"id": queue.queue_id, "kind": kind, "name": called, "tag": tag, "people": names}
            connection.execute(insert(QUEUES).values(**row, made_by=made_by, made_at=datetime.now(UTC)))
            return queue

        return self._database.written(write)

    def remove(self, queue_id: str) -> None:
        """Remove a queue; its photos and their labels stay."""
        self._database.written(lambda connection: connection.execute(delete(QUEUES).where(QUEUES.c.id == queue_id)))


def withheld(queues: Iterable[LabelQueue], photos: Mapping[str, Collection[str]], person: str) -> set[str]:
    """The photos that are assigned to others alone; ``photos`` are those of each queue, by its id."""
    assigned = [queue for queue in queues if queue.people]
    others = {photo for queue in assigned if not queue.is_for(person) for photo in photos[queue.queue_id]}
    own = {photo for queue in assigned if queue.is_for(person) for photo in photos[queue.queue_id]}
    return others - own
