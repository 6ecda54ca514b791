"""The standing decisions of one kind, cached in memory: events are only appended, so only new ones are read."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from tiefvision_assets.store.labels.schema import EVENTS, Action, Capacity, Kind, Source


@dataclass(frozen=True, slots=True)
class StandingDecision:
    """A decision, or a skip, that was not undone."""

    annotator: str
    action: Action
    role: Capacity
    source: Source


@dataclass
class StandingDecisions:
    """The standing decisions of one kind by photo (sha256), as of the last event that was read.

    Must be brought up to date inside a write transaction: these run one at a time, so no event with a lower id can
    follow.
    """

    kind: Kind
    by_photo: defaultdict[str, dict[int, StandingDecision]] = field(default_factory=lambda: defaultdict(dict))
    times_decided: Counter[str] = field(default_factory=Counter)
    """Photo → number of standing decisions about it; photos without any are left out."""
    skips: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Annotator → photo → how often they skipped it; photos that they did not skip are left out."""
    _seen: int = 0

    def catch_up(self, connection: Connection) -> None:
        """Read the events recorded since; all of them, if the database was replaced by an older one."""
        newest = connection.execute(select(func.max(EVENTS.c.id))).scalar_one() or 0
        if newest < self._seen:
            for table in (self.by_photo, self.times_decided, self.skips):
                table.clear()
            self._seen = 0
        columns = [EVENTS.c[name] for name in ("id", "sha256", "annotator", "action", "role", "source", "reverts")]
        fresh = select(*columns).where(EVENTS.c.kind == self.kind, EVENTS.c.id > self._seen).order_by(EVENTS.c.id)
        for event_id, sha256, annotator, action, role, source, reverts in connection.execute(fresh).all():
            if action == "undo":
                self._count(sha256, self.by_photo[sha256].pop(reverts), -1)
            else:
                decision = self.by_photo[sha256][event_id] = StandingDecision(annotator, action, role, source)
                self._count(sha256, decision, 1)
        self._seen = newest

    def _count(self, sha256: str, decision: StandingDecision, by: int) -> None:
        counted = self.skips[decision.annotator] if decision.action == "skip" else self.times_decided
        counted[sha256] += by
        if not counted[sha256]:
            del counted[sha256]
