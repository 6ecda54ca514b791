"""What searchers did with the hits that they were shown, in the label database: appended, and bounded in number.

These are no labels. Nobody was asked anything; a click says that a hit looked worth a look where it stood. What may
follow from it is `tiefvision_assets.lineage.feedback_triplets`' business. Nothing here tells who searched: a session is
a keyed hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, true

from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import FEEDBACK

Act = Literal["", "clicked", "not this", "bought"]
ACTS: tuple[Act, ...] = get_args(Act)
"""What may become of a hit; of two the later one counts: who bought a hit clicked it as well."""
MOST_EVENTS = 1_000_000
"""Beyond these the oldest are removed."""
_REMOVED_EVERY = 1_000
_CHUNK = 5_000


@dataclass(frozen=True)
class FeedbackEvent:
    """What a session did with the hits of one answer."""

    session: str
    search: str
    """Names the answer; several events may be about one."""
    query: str
    """sha256 of the photo that was searched by; empty for one that is not the catalogue's."""
    shown: tuple[str, ...]
    """sha256 of the hits, best first, down to the last one that was acted on."""
    acts: tuple[Act, ...]
    """Of each hit what became of it."""
    first: str = ""
    """The first of the two rankings that were interleaved; empty where one alone was shown."""
    second: str = ""
    teams: str = ""
    """Of each hit the ranking that gave it, ``1`` or ``2``."""

    @property
    def digest(self) -> str:
        """The same for the same event, however often it is sent."""
        return fingerprint(**asdict(self))


@dataclass(frozen=True)
class FeedbackCounts:
    """Numbers of events, and of the sessions that they come from."""

    events: int
    sessions: int


class Feedback:
    """The events of one database; every method raises `LabelDatabaseError` when that cannot be reached."""

    def __init__(self, database: Database, most: int = MOST_EVENTS) -> None:
        self._database = database
        self._most = most

    def add(self, event: FeedbackEvent) -> bool:
        """Append the event; False where the same was appended before."""

        def write(connection: Connection) -> bool:
            known = connection.execute(select(FEEDBACK.c.id).where(FEEDBACK.c.digest == event.digest)).first()
            if known:
                return False
            row = {**asdict(event), "shown": list(event.shown), "acts": list(event.acts)}
            values = {**row, "digest": event.digest, "given_at": datetime.now(UTC)}
            number = connection.execute(insert(FEEDBACK).values(**values).returning(FEEDBACK.c.id)).scalar_one()
            if number % min(_REMOVED_EVERY, self._most) == 0:
                connection.execute(delete(FEEDBACK).where(FEEDBACK.c.id <= number - self._most))
            return True

        return self._database.written(write)

    def newest(self) -> int:
        """Number of the newest event; 0 before the first. Numbers only grow."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(FEEDBACK.c.id))).scalar() or 0

    def counts(self) -> FeedbackCounts:
        """How much there is."""
        counted = select(func.count(), func.count(FEEDBACK.c.session.distinct()))
        with self._database.reading() as connection:
            events, sessions = connection.execute(counted).one()
        return FeedbackCounts(events, sessions)

    def answers(self, first: str | None = None, second: str | None = None) -> Iterator[FeedbackEvent]:
        """All that is known of each answer, as one event, in the order of their names.

        With ``first`` and ``second`` only answers in which these two rankings were interleaved.
        """
        asked = true() if first is None else and_(FEEDBACK.c.first == first, FEEDBACK.c.second == second)
        query = select(FEEDBACK).where(asked).order_by(FEEDBACK.c.search, FEEDBACK.c.id)
        with self._database.reading() as connection:
            found = connection.execution_options(yield_per=_CHUNK).execute(query)
            for _, rows in groupby(found, key=lambda row: (row.search, row.session)):
                yield _merged(_event(row) for row in rows)


def _event(row: Row[Any]) -> FeedbackEvent:
    texts = {name: getattr(row, name) for name in ("session", "search", "query", "first", "second", "teams")}
    return FeedbackEvent(shown=tuple(row.shown), acts=tuple(row.acts), **texts)


def _merged(events: Iterable[FeedbackEvent]) -> FeedbackEvent:
    """One event with all acts: each of them has the hits down to its own last act."""
    known = list(events)
    longest = max(known, key=lambda event: len(event.shown))
    acts: dict[str, Act] = {}
    for event in known:
        for hit, act in zip(event.shown, event.acts, strict=True):
            acts[hit] = max(acts.get(hit, ""), act, key=ACTS.index)
    return replace(longest, acts=tuple(acts[hit] for hit in longest.shown))
