"""The work that is left: which photos of a queue an annotator may be given, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from sqlalchemy import Connection, and_, case, delete, distinct, func, or_, select

from tiefvision_assets.store.decisions import ALL_ACTIONS
from tiefvision_assets.store.label_events import standing
from tiefvision_assets.store.label_schema import LEASES, Kind


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done about one photo."""

    deciders: int
    """Annotators who decided."""
    decisions: int
    mine: bool
    """This annotator decided or skipped."""
    skipped: bool
    """This annotator skipped."""
    final: bool
    """A reviewer decided, or the label was imported: no second annotator is asked."""


@dataclass(frozen=True, slots=True)
class _Lease:
    sha256: str
    annotator: str
    session: str


_NOTHING = _Done(0, 0, False, False, False)


@dataclass(frozen=True)
class Work:
    """What one annotator finds done and leased, of one kind of label."""

    kind: Kind
    annotator: str
    done: dict[str, _Done]
    leases: list[_Lease]

    def wanted(self, order: Sequence[str], session: str, twice: Callable[[str], bool], count: int) -> list[str]:
        """At most ``count`` photos for the session, best first; ``twice`` tells which ones two annotators get."""
        own = [lease.sha256 for lease in self.leases if self._own(lease) and lease.session == session]
        elsewhere = [lease.sha256 for lease in self.leases if self._own(lease) and lease.session != session]
        members, at_once = set(order), {*own, *elsewhere}
        open_now = self._open(twice)
        held = [sha256 for sha256 in own if sha256 in members and open_now(sha256)]
        free = (sha256 for sha256 in self._sorted(order, twice) if sha256 not in at_once and open_now(sha256))
        left = (sha256 for sha256 in elsewhere if sha256 in members and open_now(sha256))
        return list(islice(chain(held, free), count)) or list(islice(left, count))

    def progress(self, order: Sequence[str]) -> tuple[int, int, int]:
        """How many photos of the queue are decided, skipped by the annotator, and in other hands."""
        members = set(order)
        done = [about for sha256, about in self.done.items() if sha256 in members]
        others = {lease.sha256 for lease in self.leases if not self._own(lease)} & members
        return sum(about.decisions > 0 for about in done), sum(about.skipped for about in done), len(others)

    def _own(self, lease: _Lease) -> bool:
        return lease.annotator == self.annotator

    def _open(self, twice: Callable[[str], bool]) -> Callable[[str], bool]:
        others: dict[str, int] = {}
        for lease in self.leases:
            if not self._own(lease):
                others[lease.sha256] = others.get(lease.sha256, 0) + 1

        def box(sha256: str) -> bool:
            about = self.done.get(sha256, _NOTHING)
            taken = about.deciders + others.get(sha256, 0)
            return not about.mine and not about.final and taken < (2 if taken and twice(sha256) else 1)

        def triplet(sha256: str) -> bool:
            return not self.done.get(sha256, _NOTHING).skipped and sha256 not in others

        return box if self.kind == "box" else triplet

    def _sorted(self, order: Sequence[str], twice: Callable[[str], bool]) -> Iterator[str]:
        if self.kind == "box":
            return iter(order)
        again = [sha256 for sha256 in order if self._to_repeat(sha256) and twice(sha256)]
        rounds: dict[int, list[str]] = {}
        for sha256 in order:
            rounds.setdefault(self.done.get(sha256, _NOTHING).decisions, []).append(sha256)
        repeated = set(again)
        others = (sha256 for number in sorted(rounds) for sha256 in rounds[number] if sha256 not in repeated)
        return chain(again, others)

    def _to_repeat(self, sha256: str) -> bool:
        about = self.done.get(sha256, _NOTHING)
        return about.deciders == 1 and not about.mine and not about.final


def work_on(connection: Connection, kind: Kind, annotator: str, now: float) -> Work:
    """What is done and leased at the moment ``now``, in seconds since 1970; outdated leases are dropped."""
    connection.execute(delete(LEASES).where(LEASES.c.expires <= now))
    events = standing(kind, ALL_ACTIONS).subquery()
    decided, mine = events.c.action != "skip", events.c.annotator == annotator
    final = and_(decided, or_(events.c.role == "reviewer", events.c.source != "app"))
    done = select(
        events.c.sha256,
        func.count(distinct(case((decided, events.c.annotator)))),
        func.count(case((decided, 1))),
        func.max(case((mine, 1), else_=0)),
        func.max(case((and_(mine, ~decided), 1), else_=0)),
        func.max(case((final, 1), else_=0)),
    ).group_by(events.c.sha256)
    leases = select(LEASES.c.sha256, LEASES.c.annotator, LEASES.c.session).where(LEASES.c.kind == kind)
    return Work(
        kind,
        annotator,
        {
            sha256: _Done(deciders, decisions, bool(mine), bool(skipped), bool(final))
            for sha256, deciders, decisions, mine, skipped, final in connection.execute(done)
        },
        [_Lease(*lease) for lease in connection.execute(leases.order_by(LEASES.c.place, LEASES.c.sha256))],
    )
