"""The annotators' actions on one photo: to get it, decide about it, and take the decision back.

A photo is leased to the annotator who is shown it, so that nobody else gets it; a lease that is not renewed for
`LEASE_S` seconds ends. A hidden share of the photos goes to a second annotator as well, to measure agreement.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.assignment import Assignment, Queue, current_leases
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.events import Author, PendingEvents, standing
from tiefvision_assets.store.labels.gold import NO_GOLD, answers_gold, gold_turn
from tiefvision_assets.store.labels.schema import EVENTS, LEASES, Action, Capacity, Kind
from tiefvision_assets.store.labels.standing import StandingDecisions
from tiefvision_assets.store.labels.store import TripletLabel, checked_box, checked_triplet
from tiefvision_assets.store.labels.undoing import Undone, newest_of, undo_newest

LEASE_S = 600.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The photos that an annotator was given, the first to be shown now, and the progress of the queue."""

    photos: tuple[str, ...]
    decided: int
    """Photos of the queue that anybody has decided about."""
    skipped: int
    """Photos of the queue that this annotator has skipped."""
    in_other_hands: int
    """Photos of the queue that are leased to others now."""


class Annotation:
    """The annotators' side of the label database; to be shared between threads and opened from many processes.

    ``overlap`` is the share of photos that two annotators are given, ``gold`` that of photos for boxes whose answer is
    known. ``now`` tells the time in seconds since 1970.
    """

    def __init__(
        self, database: Database, overlap: float, now: Callable[[], float] = time.time, gold: float = 0.0
    ) -> None:
        self._database = database
        self._overlap = overlap
        self._now = now
        self._gold = gold
        self._standing: dict[Kind, StandingDecisions] = {
            "box": StandingDecisions("box"),
            "triplet": StandingDecisions("triplet"),
        }
        self._reading = Lock()

    def claim(self, kind: Kind, queue: Queue, annotator: str, session: str, count: int = 2) -> Claim:
        """Lease ``count`` photos to the annotator's ``session``, first those that it holds already.

        A photo is given out for its box until it is decided about; of references for triplets, those with the fewest
        triplets come first. Nobody is given a photo that they skipped. Photos that other sessions of the same annotator
        hold are given only when there is nothing else.
        """

        def write(connection: Connection) -> Claim:
            with self._reading:
                standing = self._standing[kind]
                standing.catch_up(connection)
                leases = current_leases(connection, kind, self._now())
                turn = NO_GOLD
                if kind == "box" and self._gold:
                    turn = gold_turn(connection, annotator, standing, queue.members, self._gold)
                assignment = Assignment(annotator, standing, leases, self._twice, turn)
                wanted = assignment.wanted(queue, session, count)
                claim = Claim(tuple(wanted), *assignment.progress(queue))
            self._lease(connection, kind, wanted, annotator, session)
            return claim

        return self._database.written(write)

    def take(self, kind: Kind, sha256: str, annotator: str, session: str) -> None:
        """Lease this photo to the session, even if it was decided about, and release the session's other photos."""
        self._database.written(lambda connection: self._lease(connection, kind, [sha256], annotator, session))

    def release(self, kind: Kind, annotator: str, session: str) -> None:
        """Release the session's photos, so that others may get them."""
        self._database.written(lambda connection: self._lease(connection, kind, [], annotator, session))

    def commit(
        self,
        decision: Decision,
        *,
        annotator: str,
        role: Capacity = "annotator",
        seconds: float | None = None,
        session: str | None = None,
    ) -> bool:
        """Record a decision and end the lease; False, without changing anything, if this commit was recorded before.

        The lease may have ended, or be another's now: what somebody decided is kept. Raises `TiefVisionError` for a box
        without area and for a triplet of less than three photos.
        """
        author = Author(annotator, role, "app", seconds, decision.commit_id, decision.method, session)
        pending = PendingEvents(decision.kind, author)
        pending.decide(decision.sha256, decision.action, _payload(decision))

        def write(connection: Connection) -> bool:
            if _committed(connection, decision.commit_id):
                return False
            if role == "annotator" and answers_gold(connection, decision):
                pending.rows[0]["source"] = "gold"
            pending.insert(connection)
            held = (LEASES.c.kind == decision.kind, LEASES.c.sha256 == decision.sha256)
            connection.execute(delete(LEASES).where(*held, LEASES.c.annotator == annotator))
            return True

        return self._database.written(write)

    def undo_last(
        self, commit_id: str, kind: Kind, *, annotator: str, session: str, undoes: str | None = None
    ) -> Undone | None:
        """Undo the newest standing decision that the annotator made in this session.

        Where ``undoes`` names a decision's commit, it is that one or none: a late copy of an undo that found nothing
        must not take back what was decided since. None when there is nothing to undo. Repeating the same commit undoes
        nothing more and returns the same answer.
        """
        return self._database.written(
            lambda connection: undo_newest(connection, commit_id, kind, annotator, session, undoes),
        )

    def undoable(self, kind: Kind, *, annotator: str, session: str) -> str | None:
        """The commit id of the decision that `undo_last` would find."""
        with self._database.reading() as connection:
            newest = connection.execute(newest_of(kind, annotator, session)).one_or_none()
        return None if newest is None else newest.commit_id

    def remove_triplet(self, commit_id: str, label: TripletLabel, *, annotator: str) -> int:
        """Undo every standing event of this triplet, whoever recorded it; returns how many. Ties stay.

        Repeating the same commit undoes nothing more, even if the triplet was recorded anew.
        """
        payload = asdict(label)
        same = EVENTS.c.sha256 == label.reference
        return self._undo_all("triplet", "label", annotator, same, lambda event: event.payload == payload, commit_id)

    def bring_back_skipped(self, kind: Kind, *, annotator: str) -> int:
        """Undo the annotator's own skips, so that the photos are given again; returns how many."""
        return self._undo_all(kind, "skip", annotator, EVENTS.c.annotator == annotator)

    def confirm_triplet(self, commit_id: str, event_id: int, *, annotator: str) -> bool:
        """Record the event's judgement once more as a reviewer's, and undo all others about the same two photos that
        contradict it.

        All or nothing; False if this commit was recorded before. Raises `TiefVisionError` when the event was undone, or
        is no judgement about two photos.
        """
        return self._judge(commit_id, event_id, annotator, lambda payload: payload)

    def turn_triplet(self, commit_id: str, event_id: int, *, annotator: str) -> bool:
        """The same with the opposite of the event's triplet, by which that event is undone, too."""
        return self._judge(commit_id, event_id, annotator, _turned)

    def _judge(
        self, commit_id: str, event_id: int, annotator: str, judged: Callable[[dict[str, str]], dict[str, str]]
    ) -> bool:
        def write(connection: Connection) -> bool:
            if _committed(connection, commit_id):
                return False
            judgements = standing("triplet", ("label", "tie"))
            chosen = connection.execute(judgements.where(EVENTS.c.id == event_id)).one_or_none()
            if chosen is None or chosen.payload is None:
                raise TiefVisionError("That triplet was undone meanwhile; reload the page.")
            payload = judged(chosen.payload)
            undoing = PendingEvents("triplet", Author(annotator, "annotator", "app"))
            of_reference = judgements.where(EVENTS.c.sha256 == chosen.sha256).order_by(EVENTS.c.id)
            for event in connection.execute(of_reference):
                if _contradicts(event, chosen.action, payload):
                    undoing.undo(event.sha256, event.id)
            undoing.insert(connection)
            deciding = PendingEvents("triplet", Author(annotator, "reviewer", "app", commit_id=commit_id))
            deciding.decide(chosen.sha256, chosen.action, payload)
            deciding.insert(connection)
            return True

        return self._database.written(write)

    def _undo_all(
        self,
        kind: Kind,
        action: Action,
        annotator: str,
        among: ColumnElement[bool],
        chosen: Callable[[Row[Any]], bool] = lambda event: True,
        commit_id: str | None = None,
    ) -> int:
        def write(connection: Connection) -> int:
            if commit_id is not None and _committed(connection, commit_id):
                return 0
            pending = PendingEvents(kind, Author(annotator, "annotator", "app"))
            for event in connection.execute(standing(kind, (action,)).where(among).order_by(EVENTS.c.id)):
                if chosen(event):
                    pending.undo(event.sha256, event.id)
            if pending.rows:
                pending.rows[0]["commit_id"] = commit_id
            return pending.insert(connection)

        return self._database.written(write)

    def _twice(self, sha256: str) -> bool:
        return overlaps(sha256, self._overlap)

    def _lease(self, connection: Connection, kind: Kind, photos: Sequence[str], annotator: str, session: str) -> None:
        mine = (LEASES.c.kind == kind, LEASES.c.annotator == annotator)
        connection.execute(delete(LEASES).where(*mine, LEASES.c.session == session))
        connection.execute(delete(LEASES).where(*mine, LEASES.c.sha256.in_(photos)))
        if photos:
            shared = {"kind": kind, "annotator": annotator, "session": session, "expires": self._now() + LEASE_S}
            rows = [{**shared, "sha256": sha256, "place": place} for place, sha256 in enumerate(photos)]
            connection.execute(insert(LEASES), rows)


def overlaps(sha256: str, share: float) -> bool:
    """Whether the photo belongs to the ``share`` that two annotators are given: by its hash, so always the same."""
    digest = hashlib.sha256(f"overlap {sha256}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def _contradicts(event: Row[Any], action: Action, payload: dict[str, str]) -> bool:
    """Whether an event says something else about the same two photos than a label or tie under the same reference."""
    if event.payload is None or _pair(event.payload) != _pair(payload):
        return False
    return event.action != action or (event.action == "label" and event.payload != payload)


def _turned(payload: dict[str, str]) -> dict[str, str]:
    return {**payload, "positive": payload["negative"], "negative": payload["positive"]}


def _pair(payload: dict[str, str]) -> set[str]:
    return {payload["positive"], payload["negative"]}


def _payload(decision: Decision) -> dict[str, object] | None:
    match decision.label:
        case None:
            return None
        case TripletLabel():
            return asdict(checked_triplet(decision.label))
        case _:
            return asdict(checked_box(decision.label).box)


def _committed(connection: Connection, commit_id: str) -> str | None:
    """The photo of the commit's event; None if the commit was not recorded yet."""
    return connection.execute(select(EVENTS.c.sha256).where(EVENTS.c.commit_id == commit_id)).scalar_one_or_none()
