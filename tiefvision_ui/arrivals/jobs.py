"""Work on what was dropped, in threads of the server: a page that is closed, reloaded or left does not stop it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.staging import Staging
from tiefvision_assets.store.uploads import Uploads
from tiefvision_ui.language.texts import N_

AT_ONCE = 2
CLEANED_EVERY_S = 600.0
FAILED = N_("Something went wrong on our side; the server's log holds the details. Try again, or drop the files again.")


@dataclass
class Job:
    """One piece of work: how far it is, and the sentence with which it failed."""

    doing: str
    done: int = 0
    total: int = 0
    problem: str = ""
    future: Future[None] = field(default_factory=Future)

    def progress(self, done: int, total: int) -> None:
        """Remember how far it is."""
        self.done, self.total = done, total

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0


class Jobs:
    """At most one piece of work a stage, a few at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="arrivals")
        self._of_stage: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, stage: str, doing: str, work: Callable[[Callable[[int, int], None]], object]) -> None:
        """Begin ``work(progress)`` for that stage, unless some is under way; an earlier failure is forgotten."""
        with self._lock:
            if self.running(stage):
                return
            job = self._of_stage[stage] = Job(doing)
            job.future = self._pool.submit(self._run, stage, job, work)

    def running(self, stage: str) -> Job | None:
        """The work for that stage that is not done yet."""
        job = self._of_stage.get(stage)
        return job if job and not job.future.done() else None

    def problem(self, stage: str) -> str:
        """The sentence with which the last work failed; empty if it did not."""
        job = self._of_stage.get(stage)
        return job.problem if job else ""

    def wait(self, stage: str) -> None:
        """Wait until nothing is under way for that stage."""
        if job := self._of_stage.get(stage):
            job.future.result()

    def forget(self, stage: str) -> None:
        """Forget how the work for that stage ended."""
        self._of_stage.pop(stage, None)

    def _run(self, stage: str, job: Job, work: Callable[[Callable[[int, int], None]], object]) -> None:
        try:
            work(job.progress)
        except TiefVisionError as error:
            job.problem = str(error)
        except Exception:
            logging.getLogger(__name__).exception("%s failed", job.doing)
            job.problem = FAILED
        else:
            self.forget(stage)


JOBS = Jobs()


def keep_clean(staging: Staging, uploads: Uploads) -> None:
    """Remove what an earlier server left in staging, and from now on what nobody looks at any more."""
    staging.remove_left(0)
    uploads.remove_old()

    def clean() -> None:
        while True:
            time.sleep(CLEANED_EVERY_S)
            staging.remove_left()
            uploads.remove_old()

    threading.Thread(target=clean, name="arrivals-cleaning", daemon=True).start()
