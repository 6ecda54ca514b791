"""Gold questions: photos and triplets whose answer is known, hidden among the others to see how well people answer.

The answer is a reviewer's decision, which wins over all others. What annotators answer is recorded with the source
``gold``: nothing learns from it, and no agreement is computed of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.decisions import Decision, label_of
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.schema import EVENTS, GOLD, Kind
from tiefvision_assets.store.labels.standing import StandingDecisions
from tiefvision_assets.store.labels.store import TripletLabel

RIGHT_IOU = 0.8
"""From which IoU with the known box an answer is right: two careful people have .9 and more (shared labels of the
clothing photos differ by about 2 % of the photo a side), the mean box .77."""


class NoGold(TiefVisionError):
    """A decision that cannot be a gold question."""


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A photo or a triplet with its known answer; there is one of a kind for each photo."""

    kind: Kind
    sha256: str
    """The photo, or the triplet's reference."""
    label: Box | TripletLabel | None
    """None where the photo shows no object."""
    made_by: str


@dataclass(frozen=True, slots=True)
class GoldTurn:
    """Gold photos that an annotator may be given now, and the one that is to be given next, if any."""

    open: Set[str] = frozenset()
    due: str | None = None


NO_GOLD = GoldTurn()


class Gold:
    """The gold questions in the label database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def questions(self, kind: Kind | None = None) -> list[GoldQuestion]:
        """All of them, or those of one kind, sorted by photo."""
        with self._database.reading() as connection:
            rows = connection.execute(select(GOLD).order_by(GOLD.c.kind, GOLD.c.sha256)).all()
        return [_question(row) for row in rows if kind in (None, row.kind)]

    def add(self, decisions: Iterable[Event], person: str) -> int:
        """Make gold questions of reviewers' decisions, in place of those about the same photos; returns how many.

        Raises `NoGold` for a decision that is no reviewer's, or that tells no answer: then none is made.
        """
        chosen = list(decisions)
        for event in chosen:
            known = isinstance(event.label, TripletLabel) if event.kind == "triplet" else event.action != "skip"
            if event.role != "reviewer" or event.action in ("skip", "tie") or not known:
                raise NoGold("Only what a reviewer decided can be a gold question; decide it under Review first.")

        def write(connection: Connection) -> int:
            for event in chosen:
                same = (GOLD.c.kind == event.kind, GOLD.c.sha256 == event.sha256)
                connection.execute(delete(GOLD).where(*same))
                row = {"kind": event.kind, "sha256": event.sha256, "made_by": person, "made_at": datetime.now(UTC)}
                payload = None if event.label is None else asdict(event.label)
                connection.execute(insert(GOLD).values(**row, payload=payload))
            return len(chosen)

        return self._database.written(write)

    def remove(self, questions: Collection[GoldQuestion]) -> None:
        """Ask these no more; answers to them stay what they are."""

        def write(connection: Connection) -> None:
            for question in questions:
                same = (GOLD.c.kind == question.kind, GOLD.c.sha256 == question.sha256)
                connection.execute(delete(GOLD).where(*same))

        self._database.written(write)


def score(question: GoldQuestion, answer: Event) -> float:
    """IoU with the known box (1 where both see no object, 0 where one does), or 1 for the known triplet, else 0."""
    if isinstance(question.label, Box) and isinstance(answer.label, Box):
        return question.label.iou(answer.label)
    expected = "absent" if question.label is None else "label"
    return float(answer.action == expected and answer.label == question.label)


def is_right(question: GoldQuestion, answer: Event) -> bool:
    """Whether the answer is close enough to the known one."""
    return score(question, answer) >= RIGHT_IOU


def answers_gold(connection: Connection, decision: Decision) -> bool:
    """Whether an annotator's decision answers a gold question: about its photo, or about its two photos."""
    if decision.action == "skip":
        return False
    same = (GOLD.c.kind == decision.kind, GOLD.c.sha256 == decision.sha256)
    known = connection.execute(select(GOLD).where(*same)).one_or_none()
    if known is None or decision.kind == "box":
        return known is not None
    asked, answered = label_of("triplet", known.payload), decision.label
    return (
        isinstance(asked, TripletLabel)
        and isinstance(answered, TripletLabel)
        and {asked.positive, asked.negative} == {answered.positive, answered.negative}
    )


def gold_turn(
    connection: Connection, annotator: str, standing: StandingDecisions, queue: Set[str], share: float
) -> GoldTurn:
    """Which gold photos the annotator may be given for their boxes, of those in the queue.

    Whether one is due depends on how often the annotator has decided, undone decisions included, so that nobody can
    tell it from the others, nor get another one by reloading.
    """
    photos = connection.execute(select(GOLD.c.sha256).where(GOLD.c.kind == "box")).scalars()
    free = frozenset(photo for photo in photos if photo in queue and not _has_decided(standing, photo, annotator))
    if not free:
        return NO_GOLD
    mine = select(func.count()).select_from(EVENTS).where(EVENTS.c.kind == "box", EVENTS.c.annotator == annotator)
    number = connection.execute(mine).scalar_one()
    if drawn(f"gold {annotator} {number}") >= share:
        return GoldTurn(free)
    return GoldTurn(free, min(free, key=lambda photo: drawn(f"{annotator} {photo}")))


def drawn(seed: str) -> float:
    """A number in [0, 1) that depends on the seed alone."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") / 2**48


def _has_decided(standing: StandingDecisions, photo: str, annotator: str) -> bool:
    decisions = standing.by_photo.get(photo, {}).values()
    return any(one.annotator == annotator for one in decisions)


def _question(row: Row[Any]) -> GoldQuestion:
    return GoldQuestion(row.kind, row.sha256, label_of(row.kind, row.payload), row.made_by)
