"""A run that waits in a stage until it is asked to stop.

``python -m tests.orchestration.waiting_run FOLDER STAGE`` is `tiefvision run` with the tiny encoder, which says
``waiting`` when it has come so far.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from tests import tiny
from tiefvision_assets import cli
from tiefvision_assets.lineage import progress


class Waiting(progress.Progress):
    """Calls ``reached`` after the first photo or step of that stage, and goes on only when asked to stop."""

    def __init__(self, stage: str, reached: Callable[[], None]) -> None:
        super().__init__()
        self._in, self._reached = stage, reached
        self._asked = Event()

    def stop(self) -> None:
        super().stop()
        self._asked.set()

    def stage(self, name: str) -> Callable[[int, int], None]:
        advance = super().stage(name)

        def wait(done: int, total: int) -> None:
            advance(done, total)
            if name == self._in and done == 1:
                self._reached()
                self._asked.wait()

        return wait


if __name__ == "__main__":
    folder, stage = sys.argv[1:]
    patches = pytest.MonkeyPatch()
    tiny.register(patches)
    tiny.hurry(patches)

    class WaitingThere(Waiting):
        """The one that the command makes."""

        def __init__(self, _: object = None) -> None:
            super().__init__(stage, lambda: print("waiting", flush=True))

    patches.setattr(progress, "Progress", WaitingThere)
    settings = tiny.settings_in(Path(folder))
    for name in ("data", "cache", "encoder", "weights", "device", "retrain_after"):
        os.environ[f"TIEFVISION_{name.upper()}"] = str(getattr(settings, name))
    sys.argv[1:] = ["run"]
    cli.main()
