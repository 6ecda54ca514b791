"""Assignment: which photos of a queue an annotator may be given, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from sqlalchemy import Connection, delete, select

from tiefvision_assets.store.labels.gold import NO_GOLD, GoldTurn
from tiefvision_assets.store.labels.schema import LEASES, Kind
from tiefvision_assets.store.labels.standing import StandingDecision, StandingDecisions


@dataclass(frozen=True)
class Queue:
    """Photos (sha256) to be labelled, most important first."""

    photos: Sequence[str]

    @cached_property
    def members(self) -> frozenset[str]:
        """The same photos as a set."""
        return frozenset(self.photos)


@dataclass(frozen=True, slots=True)
class Lease:
    """A photo that one browser tab of an annotator shows now or next."""

    sha256: str
    annotator: str
    session: str


@dataclass(frozen=True)
class Assignment:
    """Assigns photos to one annotator, given the standing decisions and the leases of one kind of label.

    ``twice`` says whether a photo is to be labelled by two people, ``gold`` which photos may be given although their
    answer is known.
    """

    annotator: str
    standing: StandingDecisions
    leases: Sequence[Lease]
    twice: Callable[[str], bool]
    gold: GoldTurn = NO_GOLD

    def wanted(self, queue: Queue, session: str, count: int) -> list[str]:
        """At most ``count`` photos for the session, best first: those that it holds, then free ones.

        Photos that other sessions of the same annotator hold come only where there is nothing else.
        """
        mine = [lease for lease in self.leases if lease.annotator == self.annotator]
        own = [lease.sha256 for lease in mine if lease.session == session]
        elsewhere = [lease.sha256 for lease in mine if lease.session != session]
        held = [sha256 for sha256 in self._open_or_gold(own) if sha256 in queue.members]
        due = [] if self.gold.due is None or self.gold.open & {*own, *elsewhere} else [self.gold.due]
        free = self._open(sha256 for sha256 in self._sorted(queue) if sha256 not in {*own, *elsewhere})
        left = (sha256 for sha256 in self._open_or_gold(elsewhere) if sha256 in queue.members)
        return list(islice(chain(held, due, free), count)) or list(islice(left, count))

    def progress(self, queue: Queue) -> tuple[int, int, int]:
        """How many photos of the queue are decided, skipped by the annotator, and leased to others."""
        skips = self.standing.skips.get(self.annotator, Counter())
        parts = (self.standing.times_decided, skips, self._in_other_hands)
        decided, skipped, in_other_hands = (len(part.keys() & queue.members) for part in parts)
        return decided, skipped, in_other_hands

    @cached_property
    def _in_other_hands(self) -> dict[str, int]:
        """Photo → how many others hold a lease of it."""
        others: dict[str, int] = {}
        for lease in self.leases:
            if lease.annotator != self.annotator:
                others[lease.sha256] = others.get(lease.sha256, 0) + 1
        return others

    def _open(self, photos: Iterable[str]) -> Iterator[str]:
        """The photos that the annotator may be given."""
        may_be_given = self._box_is_open if self.standing.kind == "box" else self._reference_is_open
        return (sha256 for sha256 in photos if may_be_given(sha256))

    def _open_or_gold(self, photos: Iterable[str]) -> Iterator[str]:
        opened = set(self._open(photos))
        return (sha256 for sha256 in photos if sha256 in opened or sha256 in self.gold.open)

    def _box_is_open(self, sha256: str) -> bool:
        decisions = self._decisions_about(sha256)
        if any(decision.annotator == self.annotator or _is_final(decision) for decision in decisions):
            return False
        taken = len(_deciders(decisions)) + self._in_other_hands.get(sha256, 0)
        return taken < (2 if taken and self.twice(sha256) else 1)

    def _reference_is_open(self, sha256: str) -> bool:
        return sha256 not in self._in_other_hands and sha256 not in self.standing.skips.get(self.annotator, {})

    def _sorted(self, queue: Queue) -> Iterable[str]:
        """Boxes in the queue's order; references first if to be judged a second time, then by their number of
        triplets."""
        if self.standing.kind == "box":
            return queue.photos
        decisions = self.standing.times_decided
        once = (sha256 for sha256, times in decisions.items() if times == 1 and sha256 in queue.members)
        again = dict.fromkeys(sha256 for sha256 in once if self._to_be_judged_again(sha256))
        rounds = sorted({0, *decisions.values()})
        others = (sha256 for number in rounds for sha256 in queue.photos if decisions.get(sha256, 0) == number)
        return chain(again, (sha256 for sha256 in others if sha256 not in again))

    def _to_be_judged_again(self, sha256: str) -> bool:
        decisions = self._decisions_about(sha256)
        mine_or_final = any(decision.annotator == self.annotator or _is_final(decision) for decision in decisions)
        return not mine_or_final and self.twice(sha256)

    def _decisions_about(self, sha256: str) -> Sequence[StandingDecision]:
        decisions = self.standing.by_photo.get(sha256)
        return list(decisions.values()) if decisions else ()


def _is_final(decision: StandingDecision) -> bool:
    """Whether no second annotator is asked: a reviewer decided, or the label was imported."""
    return decision.action != "skip" and (decision.role == "reviewer" or decision.source != "app")


def _deciders(decisions: Iterable[StandingDecision]) -> set[str]:
    return {decision.annotator for decision in decisions if decision.action != "skip"}


def current_leases(connection: Connection, kind: Kind, now: float) -> list[Lease]:
    """The leases that are valid at the time ``now`` (seconds since 1970), in their order; deletes expired ones."""
    connection.execute(delete(LEASES).where(LEASES.c.expires <= now))
    leases = select(LEASES.c.sha256, LEASES.c.annotator, LEASES.c.session).where(LEASES.c.kind == kind)
    return [Lease(*lease) for lease in connection.execute(leases.order_by(LEASES.c.place, LEASES.c.sha256))]
