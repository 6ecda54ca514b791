"""Work that somebody cancelled, as the daemon's sensor knows it: a file from which `status` and the app tell it.

The sensor itself goes by its cursor, which Dagster keeps; the file is written from there.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json


class CancelledFile:
    """What was cancelled in one data folder. Whoever writes holds the folder's lock."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.cancelled

    def inputs(self) -> dict[str, str]:
        """A step, or a batch of it, by its name in the plan → fingerprint of the inputs on which it was cancelled.

        Empty where the file is damaged: the sensor goes on leaving the work alone, and writes the file with the next
        change.
        """
        try:
            return dict(read_json(self._path, "inputs")["inputs"])
        except (FileNotFoundError, DamagedFile):
            return {}

    def keep(self, inputs: Mapping[str, str]) -> None:
        """Replace what is known; nothing is written where it is the same."""
        if self.inputs() == inputs:
            return
        if inputs:
            write_json(self._path, {"inputs": dict(inputs)})
        else:
            hooks.withdraw(self._path)
            self._path.unlink(missing_ok=True)
