"""Takes back the newest decision of a labelling session: one's own, and no other tab's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.decisions import ALL_ACTIONS, label_of
from tiefvision_assets.store.labels.events import Author, PendingEvents, standing
from tiefvision_assets.store.labels.schema import EVENTS, Capacity, Kind, Method, Way
from tiefvision_assets.store.labels.store import TripletLabel


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision that was taken back."""

    sha256: str
    """The photo, or the triplet's reference."""
    role: Capacity
    """The capacity in which it was made."""
    label: Box | TripletLabel | None = None
    """What was decided; None for "no object", a skip, and a tie that names no photos."""
    method: Method | Way | None = None


def undo_newest(
    connection: Connection, commit_id: str, kind: Kind, annotator: str, session: str, undoes: str | None
) -> Undone | None:
    """Undo the newest standing decision that the annotator made in the session, or the one with the commit id
    ``undoes``; None without one.

    Repeating the same commit undoes nothing more and returns the same answer.
    """
    undo = EVENTS.alias("undo")
    reverted = select(EVENTS).join(undo, undo.c.reverts == EVENTS.c.id).where(undo.c.commit_id == commit_id)
    before = connection.execute(reverted).one_or_none()
    if before is not None:
        return _undone(before)
    newest = newest_of(kind, annotator, session)
    named = newest if undoes is None else newest.where(EVENTS.c.commit_id == undoes)
    event = connection.execute(named).one_or_none()
    if event is None:
        return None
    pending = PendingEvents(kind, Author(annotator, "annotator", "app", commit_id=commit_id, session=session))
    pending.undo(event.sha256, event.id)
    pending.insert(connection)
    return _undone(event)


def newest_of(kind: Kind, annotator: str, session: str) -> Select[Any]:
    """Query of the newest standing decision that the annotator made in the session."""
    mine = (EVENTS.c.annotator == annotator, EVENTS.c.session == session)
    return standing(kind, ALL_ACTIONS).where(*mine).order_by(EVENTS.c.id.desc()).limit(1)


def _undone(event: Row[Any]) -> Undone:
    return Undone(event.sha256, event.role, label_of(event.kind, event.payload), event.method)
