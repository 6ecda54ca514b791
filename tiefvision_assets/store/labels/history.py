"""The history of decisions: who decided what and when, how long it took, and whether it was undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any, get_args

from sqlalchemy import ColumnElement, Row, func, select

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.decisions import ALL_ACTIONS, label_of
from tiefvision_assets.store.labels.events import standing
from tiefvision_assets.store.labels.schema import EVENTS, Action, Capacity, Kind, Method, Source, Way
from tiefvision_assets.store.labels.store import TripletLabel, ranked_box_decisions


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded decision, and who undid it, if anybody did."""

    event_id: int
    kind: Kind
    sha256: str
    action: Action
    label: Box | TripletLabel | None
    annotator: str
    role: Capacity
    source: Source
    created_at: datetime
    """UTC."""
    seconds: float | None
    method: Method | Way | None
    undone_by: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Number of an annotator's standing decisions in the app, and their median time in seconds."""

    decisions: int
    median_seconds: float | None


class LabelHistory:
    """Reads the events of the label database; nothing here writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, *, offset: int = 0, limit: int = 50, kind: Kind | None = None, annotator: str | None = None
    ) -> list[Event]:
        """One page of decisions and skips, newest first, including undone ones; of one kind or annotator, if given."""
        undo = EVENTS.alias("undo")
        events = (
            select(EVENTS, undo.c.annotator.label("undone_by"), undo.c.created_at.label("undone_at"))
            .outerjoin(undo, undo.c.reverts == EVENTS.c.id)
            .where(*_chosen(kind, annotator))
            .order_by(EVENTS.c.id.desc())
        )
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(events.offset(offset).limit(limit))]

    def count(self, *, kind: Kind | None = None, annotator: str | None = None) -> int:
        """How many events there are to be paged through."""
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(EVENTS).where(*_chosen(kind, annotator))
            return int(connection.execute(counted).scalar_one())

    def annotators(self) -> list[str]:
        """All annotators who ever recorded anything, sorted by name."""
        with self._database.reading() as connection:
            names = connection.execute(select(EVENTS.c.annotator).distinct()).scalars()
            return sorted(names)

    def event(self, event_id: int) -> Event | None:
        """The decision with that event id; None if there is none or it was undone."""
        with self._database.reading() as connection:
            row = connection.execute(select(EVENTS).where(EVENTS.c.id == event_id)).one_or_none()
            undone = connection.execute(select(EVENTS.c.id).where(EVENTS.c.reverts == event_id)).first()
        return None if row is None or undone or row.action == "undo" else _event(row)

    def standing(self, kind: Kind, sha256: str | None = None) -> list[Event]:
        """The standing decisions and skips of one kind, oldest first; of one photo, if given."""
        events = standing(kind, ALL_ACTIONS)
        if sha256 is not None:
            events = events.where(EVENTS.c.sha256 == sha256)
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(events.order_by(EVENTS.c.id))]

    def reviews(self) -> list[Event]:
        """The standing decisions of reviewers, oldest first."""
        decided = [standing(kind, ALL_ACTIONS).where(EVENTS.c.role == "reviewer") for kind in get_args(Kind)]
        with self._database.reading() as connection:
            return [_event(row) for query in decided for row in connection.execute(query.order_by(EVENTS.c.id))]

    def live_box_decisions(self) -> list[Event]:
        """The decision that counts for each photo's box, be it a box or "no object"; sorted by sha256."""
        ranked = ranked_box_decisions()
        live = select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.sha256)
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(live)]

    def live_box(self, sha256: str) -> Event | None:
        """The decision that counts for the photo's box, be it a box or "no object"."""
        ranked = ranked_box_decisions()
        live = select(ranked).where(ranked.c.sha256 == sha256, ranked.c.rank == 1)
        with self._database.reading() as connection:
            row = connection.execute(live).one_or_none()
        return None if row is None else _event(row)

    def pace(self, kind: Kind, annotator: str, last: int = 200, way: Way | None = None) -> Pace:
        """The annotator's pace, of triplets that were chosen in one ``way`` if it is given; the median is that of the
        ``last`` decisions."""
        mine = [EVENTS.c.annotator == annotator, EVENTS.c.source.in_(("app", "gold"))]
        if way is not None:
            mine.append(_is_of(way))
        made = standing(kind, [action for action in ALL_ACTIONS if action != "skip"]).where(*mine).subquery()
        timed = select(made.c.seconds).where(made.c.seconds.is_not(None)).order_by(made.c.id.desc()).limit(last)
        with self._database.reading() as connection:
            number = connection.execute(select(func.count()).select_from(made)).scalar_one()
            seconds = connection.execute(timed).scalars().all()
        return Pace(number, median(seconds) if seconds else None)

    def questions_answered(self, annotator: str, way: Way = "quick") -> int:
        """How many quick questions, or grids, the annotator has answered or skipped."""
        with self._database.reading() as connection:
            answered = standing("triplet", ALL_ACTIONS).where(*_asked(annotator, way, "app", "gold")).subquery()
            return int(connection.execute(select(func.count()).select_from(answered)).scalar_one())

    def gold_answered(self, kind: Kind, annotator: str) -> set[str]:
        """The photos, or references, of the gold questions that the annotator has answered; undone answers count."""
        mine = (EVENTS.c.kind == kind, EVENTS.c.annotator == annotator, EVENTS.c.source == "gold")
        with self._database.reading() as connection:
            return set(connection.execute(select(EVENTS.c.sha256).where(*mine)).scalars())

    def judgements(self, annotator: str, *, offset: int, limit: int = 1) -> list[Event]:
        """Some of the annotator's standing answers to quick questions, the oldest first; skips are none."""
        given = standing("triplet", ("label", "tie")).where(
            *_asked(annotator, "quick", "app"), EVENTS.c.payload.is_not(None)
        )
        with self._database.reading() as connection:
            rows = connection.execute(given.order_by(EVENTS.c.id).offset(offset).limit(limit))
            return [_event(row) for row in rows]


def _asked(annotator: str, way: Way, *sources: Source) -> tuple[ColumnElement[bool], ...]:
    return (EVENTS.c.annotator == annotator, EVENTS.c.source.in_(sources), _is_of(way))


def _is_of(way: Way) -> ColumnElement[bool]:
    """Triplets of before there were quick questions name no way: they were chosen in the grid."""
    return func.coalesce(EVENTS.c.method, "grid") == way


def _chosen(kind: Kind | None, annotator: str | None) -> list[ColumnElement[bool]]:
    chosen = [EVENTS.c.action != "undo"]
    if kind is not None:
        chosen.append(EVENTS.c.kind == kind)
    if annotator is not None:
        chosen.append(EVENTS.c.annotator == annotator)
    return chosen


def _event(row: Row[Any]) -> Event:
    return Event(
        event_id=row.id,
        kind=row.kind,
        sha256=row.sha256,
        action=row.action,
        label=label_of(row.kind, row.payload),
        annotator=row.annotator,
        role=row.role,
        source=row.source,
        created_at=utc(row.created_at),
        seconds=row.seconds,
        method=row.method,
        undone_by=getattr(row, "undone_by", None),
        undone_at=utc(row.undone_at) if getattr(row, "undone_at", None) else None,
    )


def utc(moment: datetime) -> datetime:
    """The time that a database gave back, in UTC."""
    # SQLite stores no time zone; all times are UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
