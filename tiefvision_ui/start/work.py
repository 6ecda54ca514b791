"""``python -m tiefvision_ui.start.work demo|folder|run [ARGUMENT]``: the work that `background` starts."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage import progress as lineage
from tiefvision_assets.settings import Settings
from tiefvision_ui.language.texts import N_
from tiefvision_ui.start.background import Background, Progress, What

DEMO_PHOTOS, DEMO_SEED = 100, 0
TOLD_EVERY_S = 0.25
FAILED = N_("Something went wrong; the file .start/log.txt in the data folder holds the details.")


class Told:
    """Passes on how far the work is, a few times a second at most."""

    def __init__(self, background: Background, what: What) -> None:
        self.progress = Progress(what, os.getpid())
        self._background = background
        self._last = 0.0

    def show(self, stage: str, done: int, total: int) -> None:
        """A stage has come so far."""
        is_new = stage != self.progress.doing
        self.progress = replace(self.progress, doing=stage, done=done, total=total)
        if is_new or time.monotonic() - self._last >= TOLD_EVERY_S:
            self._last = time.monotonic()
            self._background.tell(self.progress)

    def say(self, sentence: str) -> None:
        """A step begins, for that reason."""
        self.progress = replace(self.progress, said=sentence, doing=N_("Working"), done=0, total=0)
        self._background.tell(self.progress)

    def end(self, problem: str = "") -> None:
        """The work is over."""
        self._background.tell(replace(self.progress, ended=True, problem=problem))


def work(settings: Settings, what: What, argument: str, told: Told) -> None:
    """Do it; raises `TiefVisionError` with a sentence for people."""
    from tiefvision_assets.orchestration.runner import Runner

    progress = lineage.Progress(told.show)
    runner = Runner(settings, progress, told.say)
    if what == "demo":
        from tiefvision_assets.demo.run import run_demo

        run_demo(runner.store, runner, DEMO_PHOTOS, DEMO_SEED, progress.stage(N_("Generating photos")))
        return
    if what == "folder":
        from tiefvision_assets.store.copying import copy_photos

        with runner.store.writing("the app", wait_s=60):
            copy_photos(Path(argument), runner.store.raw, progress.stage(N_("Copying photos")))
    runner.run_plan()


def main(arguments: list[str], carry_out: Callable[[Settings, What, str, Told], None] = work) -> int:
    """Do what the arguments say, and let pages know how it ended."""
    from tiefvision_assets.orchestration.stopping import Interrupted, leave, signals_interrupt

    what, argument = cast(What, arguments[0]), arguments[1] if len(arguments) > 1 else ""
    settings = Settings()
    told = Told(Background(settings), what)
    try:
        with signals_interrupt():
            carry_out(settings, what, argument, told)
    except TiefVisionError as error:
        told.end(str(error))
        return 1
    except Interrupted as interrupted:
        leave(interrupted.exit_status)
    except Exception:
        traceback.print_exc()
        told.end(FAILED)
        return 1
    told.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
