"""What stands of one kind of label, kept in memory: events only ever grow, so only the new ones are read."""

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
    """The decisions of one kind by photo (sha256), as of the last event that was read.

    To be brought up to date inside a writing transaction: writers queue, so an event never comes after a later one.
    """

    kind: Kind
    by_photo: defaultdict[str, dict[int, StandingDecision]] = field(default_factory=lambda: defaultdict(dict))
    times_decided: Counter[str] = field(default_factory=Counter)
    """How often a photo was decided about; those never decided about are left out."""
    skips: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Annotator → how often they skipped a photo; those not skipped are left out."""
    _seen: int = 0

    def catch_up(self, connection: Connection) -> None:
        """Read what was recorded since; everything, where the database was replaced by an older one."""
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
