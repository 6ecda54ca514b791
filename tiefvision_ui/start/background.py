"""Work that the app starts in a process of its own, and that any page can follow: the demo, or the first run.

What it does stands in files of the data folder, so that a page that is reloaded, another tab, and a server that was
started anew show the same. The process holds a lock for as long as it lives, by which it is known to be at work.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import write_json
from tiefvision_assets.store.layout import Layout
from tiefvision_ui.language.texts import N_, _

What = Literal["demo", "folder", "run"]
LOCK, PROGRESS, LOG = "lock", "progress.json", "log.txt"
MODULE = "tiefvision_ui.start.work"
STOPPED = N_("The work was stopped before its end; begin again, and it goes on from where it was.")


@dataclass(frozen=True)
class Progress:
    """How far the work is."""

    what: What
    process: int = 0
    """The id of the process that does it, once that has begun."""
    doing: str = N_("Starting")
    done: int = 0
    total: int = 0
    said: str = ""
    """Why the step is made that is under way."""
    ended: bool = False
    problem: str = ""
    """The sentence with which it failed."""

    @property
    def share(self) -> float:
        """How much of the stage is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class Background:
    """The work of one data folder; at most one at a time, whoever starts it."""

    def __init__(self, settings: Settings) -> None:
        self._folder = Layout(settings.data_dir).start
        self._settings = settings

    def start(self, what: What, *arguments: str) -> bool:
        """Start it, unless there is some under way; returns whether it was started.

        It has the settings of this process.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock() as lock:
            if lock is None:
                return False
            self.tell(Progress(what))
            with (self._folder / LOG).open("w") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", MODULE, what, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "TIEFVISION_DATA": self._settings.data_place},
                    pass_fds=[lock],
                    start_new_session=True,  # Ctrl+C in the app's terminal is meant for the app alone
                )
            # whoever starts a process has to ask how it ended, or it stays in the system's table
            threading.Thread(target=process.wait, name="start", daemon=True).start()
        return True

    def progress(self) -> Progress | None:
        """How far the work is that is under way; None where there is none."""
        return self._told() if self._is_held() else None

    def problem(self) -> str:
        """Why the last work did not come to its end; empty if it did, or if there was none."""
        told = self._told()
        if told is None or self._is_held():
            return ""
        return told.problem if told.ended else STOPPED

    def stop(self) -> None:
        """Ask the work that is under way to stop; what was made is kept."""
        told = self.progress()
        if told and told.process:
            with suppress(ProcessLookupError):
                os.kill(told.process, signal.SIGTERM)

    def tell(self, progress: Progress) -> None:
        """Let pages know how far it is."""
        write_json(self._folder / PROGRESS, asdict(progress))

    def _told(self) -> Progress | None:
        try:
            return Progress(**json.loads((self._folder / PROGRESS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _is_held(self) -> bool:
        if not (self._folder / LOCK).exists():
            return False
        with self._opened() as file:
            return not _locked(file, fcntl.LOCK_SH)  # those who look at once do not take one another for the work

    @contextmanager
    def _lock(self) -> Iterator[int | None]:
        """The locked file; None where another process holds it. A process to which it is passed goes on holding it."""
        with self._opened() as file:
            while not (is_mine := _locked(file, fcntl.LOCK_EX)):
                if not _locked(file, fcntl.LOCK_SH):
                    break  # it is not only looked at, which takes no time
            yield file if is_mine else None

    @contextmanager
    def _opened(self) -> Iterator[int]:
        opened = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield opened
        finally:
            os.close(opened)


def _locked(file: int, kind: int) -> bool:
    """Whether the file could be locked so at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def named_folder(text: str) -> Path:
    """The folder that somebody typed; raises `TiefVisionError` where it is in the home of nobody known."""
    folder = Path(text.strip())
    try:
        return folder.expanduser()
    except RuntimeError as error:
        words = _("There is no user of that name ({name}); give the folder's path.", name=folder.parts[0])
        raise TiefVisionError(words) from error
