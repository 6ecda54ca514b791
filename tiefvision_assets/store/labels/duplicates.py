"""What is decided about photos of one shot: which are kept or hidden, which only look alike, and the rule for new ones.

A decision belongs to a content: renames and rescans keep it, and a file whose bytes change, even if only by encoding it
anew, is another photo about which nothing is decided. Nothing here looks at photos; how groups are found is in
`tiefvision_assets.lineage.duplicates`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from tiefvision_assets.store.labels.database import Database, LabelDatabaseError
from tiefvision_assets.store.labels.events import LOOKUP_CHUNK
from tiefvision_assets.store.labels.schema import DISTINCT_PHOTOS, DUPLICATE_RULE, DUPLICATES

Keep = Literal["pixels", "bytes", "earliest"]
KEEPS: tuple[Keep, ...] = get_args(Keep)
"""Which photo of a group a rule keeps: that with the most pixels, with the largest file, or that was there first."""
ASKED_AGAIN_S = 30.0
"""A database that could not be reached is left alone for so long by those who can do without it."""
State: TypeAlias = tuple[Any, ...]
_RULE = "rule"


@dataclass(frozen=True)
class Choice:
    """That a photo is kept, or hidden in favour of another one that is."""

    sha256: str
    kept: str
    """The photo that is kept in its place; itself where it is kept."""
    path: str = ""
    """Of a kept photo with several copies the one that is shown; empty for all."""
    rule: str = ""
    """The rule that decided; empty for a person."""
    made_by: str = field(default="", compare=False)

    @property
    def is_hidden(self) -> bool:
        """Whether another one is kept in its place."""
        return self.kept != self.sha256


@dataclass(frozen=True)
class Rule:
    """Which photo of a group is kept when new photos arrive."""

    keep: Keep
    known: Mapping[str, int] = field(hash=False)
    """Photos that are left to people: by sha256, with the number of their copies."""
    made_by: str
    newest_batch: str = ""
    """One copy of every photo of this batch of the catalogue, and of older ones, is left to people, too."""

    def knows(self, sha256: str, batch: str, copies: int) -> bool:
        """Whether the photo, with so many copies, is one of those that are left to people."""
        return copies <= self.known.get(sha256, 1 if batch <= self.newest_batch else 0)


@dataclass(frozen=True)
class Decisions:
    """Everything that is decided, at one time."""

    choices: Mapping[str, Choice] = field(default_factory=dict, hash=False)
    distinct: frozenset[tuple[str, str]] = frozenset()
    """Pairs of photos that are not the same shot, whatever they look like; the smaller sha256 first."""
    rule: Rule | None = None


class Duplicates:
    """The decisions in the label database; all but `known` raise `LabelDatabaseError` when that cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[State, Decisions] = (), Decisions()
        self._not_before = 0.0

    def read(self) -> Decisions:
        """What is decided now."""
        with self._database.reading() as connection:
            return _decisions(connection)

    def state(self) -> State:
        """Another value whenever what is decided has changed; cheap to ask for."""
        with self._database.reading() as connection:
            return _state(connection)

    def known(self) -> tuple[State, Decisions]:
        """What is decided now, for searching, with a value that is another one whenever that has changed.

        Where there is no database yet nothing is, and none is made. While it cannot be reached, what was read last
        counts: photos can be searched without it.
        """
        if time.monotonic() < self._not_before or not self._database.may_be_there:
            return self._known
        try:
            with self._database.reading() as connection:
                state = _state(connection)
                if state != self._known[0]:
                    self._known = state, _decisions(connection)
        except LabelDatabaseError as error:
            logging.getLogger(__name__).warning("What is decided about duplicates is not known: %s", error)
            self._not_before = time.monotonic() + ASKED_AGAIN_S
        return self._known

    def decide(self, choices: Iterable[Choice], person: str) -> int:
        """Let these choices stand in the place of earlier ones, but a rule's never in that of a person's.

        Returns how many were written.
        """
        wanted = list(choices)

        def write(connection: Connection) -> int:
            held = _of_people(connection, [one.sha256 for one in wanted if one.rule])
            now = datetime.now(UTC)
            rows = [
                {
                    "sha256": one.sha256,
                    "kept": one.kept,
                    "path": one.path,
                    "rule": one.rule,
                    "made_by": person,
                    "made_at": now,
                }
                for one in wanted
                if not (one.rule and one.sha256 in held)
            ]
            _forget(connection, [str(row["sha256"]) for row in rows])
            if rows:
                connection.execute(insert(DUPLICATES), rows)
            return len(rows)

        return self._database.written(write)

    def tell_apart(self, photos: Collection[str], person: str) -> None:
        """Let no two of these photos ever be the same shot; what was decided about them is forgotten."""
        pairs = [{"first": first, "second": second} for first, second in combinations(sorted(set(photos)), 2)]

        def write(connection: Connection) -> None:
            _forget(connection, photos)
            _join(connection, photos)
            if pairs:
                now = datetime.now(UTC)
                connection.execute(
                    insert(DISTINCT_PHOTOS), [pair | {"made_by": person, "made_at": now} for pair in pairs]
                )

        self._database.written(write)

    def undo(self, photos: Mapping[str, int]) -> None:
        """Forget what is decided about these photos: they are shown, and pairs of them may be the same shot again.

        With each photo comes the number of its copies: the rule does not decide about these anew.
        """

        def write(connection: Connection) -> None:
            _forget(connection, photos)
            _join(connection, photos)
            known = connection.execute(select(DUPLICATE_RULE.c.known)).scalar()
            if known is not None:
                connection.execute(update(DUPLICATE_RULE).values(known={**known, **photos}))

        self._database.written(write)

    def set_rule(self, keep: Keep, known: Mapping[str, int], person: str, newest_batch: str = "") -> None:
        """Let this be the rule from now on; see `Rule`."""
        row = {
            "id": _RULE,
            "keep": keep,
            "known": dict(known),
            "newest_batch": newest_batch or None,
            "made_by": person,
            "made_at": datetime.now(UTC),
        }

        def write(connection: Connection) -> None:
            connection.execute(delete(DUPLICATE_RULE))
            connection.execute(insert(DUPLICATE_RULE).values(**row))

        self._database.written(write)

    def remove_rule(self, *, undo: bool) -> int:
        """Let there be no rule; with ``undo``, what any rule decided is forgotten. Returns how many photos that are."""

        def write(connection: Connection) -> int:
            connection.execute(delete(DUPLICATE_RULE))
            return connection.execute(delete(DUPLICATES).where(DUPLICATES.c.rule != "")).rowcount if undo else 0

        return self._database.written(write)


def _state(connection: Connection) -> State:
    """Changes with every decision: one that is made is the newest, and one that is taken back leaves fewer."""

    def of(table: Table) -> State:
        return tuple(connection.execute(select(func.count(), func.max(table.c.made_at)).select_from(table)).one())

    return of(DUPLICATES), of(DISTINCT_PHOTOS), of(DUPLICATE_RULE)


def _decisions(connection: Connection) -> Decisions:
    rows = connection.execute(select(DUPLICATES)).all()
    choices = {row.sha256: Choice(row.sha256, row.kept, row.path, row.rule, row.made_by) for row in rows}
    pairs = connection.execute(select(DISTINCT_PHOTOS.c.first, DISTINCT_PHOTOS.c.second)).all()
    rule = connection.execute(select(DUPLICATE_RULE)).first()
    return Decisions(
        choices,
        frozenset((pair.first, pair.second) for pair in pairs),
        Rule(rule.keep, rule.known, rule.made_by, rule.newest_batch or "") if rule else None,
    )


def _chunks(photos: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(set(photos))
    return (ordered[start : start + LOOKUP_CHUNK] for start in range(0, len(ordered), LOOKUP_CHUNK))


def _of_people(connection: Connection, photos: Collection[str]) -> set[str]:
    """Those of the photos about which a person decided."""
    found: set[str] = set()
    for some in _chunks(photos):
        mine = select(DUPLICATES.c.sha256).where(DUPLICATES.c.sha256.in_(some), DUPLICATES.c.rule == "")
        found.update(connection.execute(mine).scalars())
    return found


def _forget(connection: Connection, photos: Collection[str]) -> None:
    for some in _chunks(photos):
        connection.execute(delete(DUPLICATES).where(DUPLICATES.c.sha256.in_(some)))


def _join(connection: Connection, photos: Collection[str]) -> None:
    """Forget that any two of these photos are not the same shot."""
    wanted = set(photos)
    for some in _chunks(photos):
        rows = connection.execute(
            select(DISTINCT_PHOTOS).where(or_(DISTINCT_PHOTOS.c.first.in_(some), DISTINCT_PHOTOS.c.second.in_(some)))
        ).all()
        for row in rows:
            if row.first in wanted and row.second in wanted:
                pair = DISTINCT_PHOTOS.c.first == row.first, DISTINCT_PHOTOS.c.second == row.second
                connection.execute(delete(DISTINCT_PHOTOS).where(*pair))
