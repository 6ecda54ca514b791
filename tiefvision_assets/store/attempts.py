"""Failed attempts: how often each step has failed on its present inputs, so that retries end and users see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json

MAX_ATTEMPTS = 3
"""After so many failed attempts on the same inputs the daemon gives a step, or a batch of it, up."""


@dataclass(frozen=True)
class Failure:
    """A step, or one batch of it, that failed ``times`` times on the same inputs."""

    step: str
    """Names of the step's assets, joined by commas."""
    batch: str
    """Empty for a step without batches."""
    inputs: str
    """Fingerprint of the inputs on which it failed."""
    times: int
    reason: str
    failed_at: str
    """Time of the last failed attempt, ISO 8601, UTC."""

    @property
    def given_up(self) -> bool:
        """Whether the daemon has given up until the inputs change."""
        return self.times >= MAX_ATTEMPTS


class Attempts:
    """The failures of one data folder. Whoever writes holds the folder's lock."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.attempts

    def failures(self) -> list[Failure]:
        """All recorded failures, including those on inputs that have changed since.

        None where the record is damaged: nothing else can be told from it, and counting begins again.
        """
        try:
            return [Failure(**entry) for entry in read_json(self._path, "failures")["failures"]]
        except (FileNotFoundError, DamagedFile):
            return []

    def of(self, step: str) -> dict[str, Failure]:
        """The failures of one step: batch → failure."""
        return {failure.batch: failure for failure in self.failures() if failure.step == step}

    def failed(self, step: str, batch: str, inputs: str, reason: str) -> None:
        """Count one more failed attempt on these inputs; after a change of the inputs the count begins at one."""
        known = self.of(step).get(batch)
        times = known.times if known and known.inputs == inputs else 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        failure = Failure(step, batch, inputs, times + 1, reason, now)
        self._write([*(other for other in self.failures() if other != known), failure])

    def keep(self, stands: Callable[[Failure], bool]) -> None:
        """Forget the failures for which ``stands`` is false."""
        before = self.failures()
        kept = [failure for failure in before if stands(failure)]
        if kept != before:
            self._write(kept)

    def _write(self, failures: list[Failure]) -> None:
        write_json(self._path, {"failures": [asdict(failure) for failure in failures]})
