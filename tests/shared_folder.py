"""What is made once for all processes of a test run: whoever needs it first makes it, the others wait."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

SHARED_FOLDER = "TESTS_SHARED_FOLDER"
"""The variable that names the run's folder; it is removed when the run ends."""


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, which ``make`` fills if no process has done so yet; not to be written to."""
    folder = Path(os.environ[SHARED_FOLDER]) / name
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
