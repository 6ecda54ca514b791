"""What was tried in vain, and how often: so that nothing is tried for ever, and somebody is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from tiefvision_assets.store.atomic import read_json, write_json
from tiefvision_assets.store.layout import Layout

MAX_ATTEMPTS = 3
"""How often a step, or a batch of it, is tried on the same inputs before the daemon gives it up."""


@dataclass(frozen=True)
class Failure:
    """A step, or one batch of it, that was tried in vain ``times`` times on the same inputs."""

    step: str
    """Names of the step's assets, joined by commas."""
    batch: str
    """Empty for a step without batches."""
    inputs: str
    """Fingerprint of what it was tried on."""
    times: int
    reason: str
    failed_at: str
    """Of the last attempt, ISO 8601, UTC."""

    @property
    def given_up(self) -> bool:
        """Whether the daemon tries no more until the inputs change."""
        return self.times >= MAX_ATTEMPTS


class Attempts:
    """The failures of one data folder. Whoever writes holds the folder's lock."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.attempts

    def failures(self) -> list[Failure]:
        """All that is written down, also what has other inputs by now."""
        return [Failure(**entry) for entry in read_json(self._path)] if self._path.exists() else []

    def of(self, step: str) -> dict[str, Failure]:
        """Batch → failure, of one step."""
        return {failure.batch: failure for failure in self.failures() if failure.step == step}

    def failed(self, step: str, batch: str, inputs: str, reason: str) -> None:
        """Count one more attempt in vain on these inputs; on others than before the count begins anew."""
        known = self.of(step).get(batch)
        times = known.times if known and known.inputs == inputs else 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        failure = Failure(step, batch, inputs, times + 1, reason, now)
        self._write([*(other for other in self.failures() if other != known), failure])

    def keep(self, standing: Callable[[Failure], bool]) -> None:
        """Forget the failures that do not stand any more."""
        before = self.failures()
        kept = [failure for failure in before if standing(failure)]
        if kept != before:
            self._write(kept)

    def _write(self, failures: list[Failure]) -> None:
        write_json(self._path, [asdict(failure) for failure in failures])
