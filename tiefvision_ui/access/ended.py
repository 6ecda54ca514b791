"""Log-ins that were ended by logging out, whose cookies open nothing more, wherever a copy of them is kept.

Streamlit asks the browser to forget its cookie and would still take it from anybody who has it. So what was logged out
is written down, as an empty file named by a hash, until no cookie of that time is valid any more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

KEPT_S = 40 * 24 * 3600
"""Longer than Streamlit takes a cookie, which is 31 days."""


class EndedLogIns:
    """The log-ins that ended, by the ids of their cookies; other processes on the same ``folder`` know them too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._not_written: set[str] = set()

    def end(self, ids: Collection[str]) -> None:
        """Let these open nothing more; if they cannot be written down, until this process ends."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._forget_old()
            for each in ids:
                (self._folder / each).touch()
        except OSError as error:
            self._not_written |= set(ids)
            logging.getLogger(__name__).error(
                "A log-out could not be written to %s (%s), and holds until the app is started again.",
                self._folder,
                error.strerror,
            )

    def include(self, ids: Collection[str]) -> bool:
        """Whether any of them has ended."""
        return any(each in self._not_written or (self._folder / each).exists() for each in ids)

    def _forget_old(self) -> None:
        oldest = time.time() - KEPT_S
        for file in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()
