"""What reviewers decided about somebody's labels: it comes back to the annotator, who learns from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.history import Event, utc
from tiefvision_assets.store.labels.schema import REVIEWS_SEEN
from tiefvision_assets.store.labels.store import TripletLabel

SAME_IOU = 0.99
"""From which IoU on a reviewer's box is the annotator's, kept."""


@dataclass(frozen=True, slots=True)
class Returned:
    """An annotator's decision, and what became of it."""

    own: Event
    decided: Event | None
    """The reviewer's decision about the same; None where it was only taken back."""
    by: str
    at: datetime
    """UTC."""

    @property
    def kept(self) -> bool:
        """Whether the reviewer decided as the annotator had."""
        if self.decided is None or self.decided.action != self.own.action:
            return False
        own, decided = self.own.label, self.decided.label
        if isinstance(own, Box) and isinstance(decided, Box):
            return own.iou(decided) >= SAME_IOU
        return own == decided


def returned(own: Iterable[Event], reviews: Iterable[Event]) -> list[Returned]:
    """What came back of a person's decisions, the newest first.

    ``own`` are their decisions, undone ones included; ``reviews`` are standing decisions of reviewers. Of several own
    decisions about the same, the newest counts. Gold answers never come back: they would tell which questions are gold.
    """
    decided: dict[tuple[str, str, frozenset[str]], Event] = {}
    for review in sorted(reviews, key=lambda event: event.event_id):
        decided[_question(review)] = review
    newest: dict[tuple[str, str, frozenset[str]], Event] = {}
    for event in sorted(own, key=lambda event: event.event_id):
        if (event.role, event.source) == ("annotator", "app") and event.action != "skip":
            newest[_question(event)] = event
    found = []
    for question, event in newest.items():
        later = decided.get(question)
        if later is not None and later.event_id > event.event_id and later.annotator != event.annotator:
            found.append(Returned(event, later, later.annotator, later.created_at))
        elif event.undone_by not in (None, event.annotator) and event.undone_at is not None:
            found.append(Returned(event, None, str(event.undone_by), event.undone_at))
    return sorted(found, key=lambda one: one.at, reverse=True)


class ReviewsSeen:
    """Up to when each person has seen what came back to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def until(self, person: str) -> datetime:
        """The time of the newest that the person has seen; the beginning of time if they have seen nothing."""
        wanted = select(REVIEWS_SEEN.c.seen_at).where(REVIEWS_SEEN.c.person == person)
        with self._database.reading() as connection:
            seen = connection.execute(wanted).scalar()
        return datetime.min.replace(tzinfo=UTC) if seen is None else utc(seen)

    def see(self, person: str, at: datetime) -> None:
        """The person has seen all until then."""

        def write(connection: Connection) -> None:
            connection.execute(delete(REVIEWS_SEEN).where(REVIEWS_SEEN.c.person == person))
            connection.execute(insert(REVIEWS_SEEN).values(person=person, seen_at=at))

        self._database.written(write)


def _question(event: Event) -> tuple[str, str, frozenset[str]]:
    """What is decided about: a photo's box, or two photos and a reference."""
    pair: frozenset[str] = frozenset()
    if isinstance(event.label, TripletLabel):
        pair = frozenset({event.label.positive, event.label.negative})
    return event.kind, event.sha256, pair
