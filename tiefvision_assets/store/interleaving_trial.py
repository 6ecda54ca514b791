"""Which candidate clicks are to judge before it is promoted, and against which served ranking head."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json


@dataclass(frozen=True)
class Trial:
    """Fingerprints of a ranking head that people's labels speak for, and of the one that is served."""

    candidate: str
    served: str


class TrialFile:
    """The trial of one data folder: one candidate at a time."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.trial

    def read(self) -> Trial | None:
        """The trial that is on; None where there is none, or its file is damaged."""
        try:
            document = read_json(self._file, "candidate", "served")
        except (FileNotFoundError, DamagedFile):
            return None
        return Trial(document["candidate"], document["served"])

    def begin(self, trial: Trial) -> None:
        """Let it be on, instead of the one before."""
        write_json(self._file, asdict(trial))

    def end(self) -> None:
        """Let none be on."""
        hooks.withdraw(self._file)
        self._file.unlink(missing_ok=True)
