"""Failed attempts: how often each step has failed on its present inputs, so that retries end and users see it.

They are in a file of the data folder, or in the label database (``attempts_table.py``) where that is PostgreSQL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json
from tiefvision_assets.store.stamp import stamp_of

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


class Attempts(ABC):
    """The failures of one data folder."""

    @abstractmethod
    def failures(self) -> list[Failure]:
        """All recorded failures, including those on inputs that have changed since."""

    @abstractmethod
    def failed(self, step: str, batch: str, inputs: str, reason: str) -> None:
        """Count one more failed attempt on these inputs; after a change of the inputs the count begins at one."""

    @abstractmethod
    def forget(self, failures: Iterable[Failure]) -> None:
        """Forget these failures, as they were read; nothing is written where there are none."""

    @abstractmethod
    def stamp(self) -> str:
        """A text that changes with the failures."""

    def of(self, step: str) -> dict[str, Failure]:
        """The failures of one step: batch → failure."""
        return {failure.batch: failure for failure in self.failures() if failure.step == step}


class AttemptsFile(Attempts):
    """The failures in the data folder. Whoever writes holds the folder's lock."""

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

    def failed(self, step: str, batch: str, inputs: str, reason: str) -> None:
        """Count one more failed attempt on these inputs; after a change of the inputs the count begins at one."""
        known = self.of(step).get(batch)
        times = known.times if known and known.inputs == inputs else 0
        now = datetime.now(UTC).isoformat(timespec="seconds")
        failure = Failure(step, batch, inputs, times + 1, displayable(reason), now)
        self._write([*(other for other in self.failures() if other != known), failure])

    def forget(self, failures: Iterable[Failure]) -> None:
        """Forget these failures, as they were read; nothing is written where there are none."""
        past = set(failures)
        if past:
            self._write([failure for failure in self.failures() if failure not in past])

    def stamp(self) -> str:
        """A text that changes with the file."""
        return str(stamp_of(self._path))

    def _write(self, failures: list[Failure]) -> None:
        write_json(self._path, {"failures": [asdict(failure) for failure in failures]})
