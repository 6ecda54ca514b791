"""Folders for photos and labels that have arrived, but are not stored yet: to be looked at first, or unpacked.

They lie in the data folder, not in the raw folder, hidden from every scan. Each is removed as soon as it is taken or
dropped, after `KEPT_S` if nobody comes back to it, and when the app starts.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tiefvision_assets.store.atomic import read_json, write_json

KEPT_S = 3600.0
"""How long a folder is kept that nobody looks at."""
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Stage:
    """One such folder: the files, and notes about them."""

    folder: Path

    @property
    def id(self) -> str:
        """By which it is found again; nobody can guess it."""
        return self.folder.name

    @property
    def files(self) -> Path:
        """The folder with the files themselves."""
        return self.folder / "files"

    def note(self, name: str, value: Any) -> None:
        """Keep a JSON document under that name."""
        write_json(self.folder / f"{name}.json", value)

    def noted(self, name: str) -> Any:
        """What was kept under that name; None if nothing was."""
        try:
            return read_json(self.folder / f"{name}.json")
        except (OSError, ValueError):
            return None

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep others from taking or removing it; False where another thread or process has it already."""
        lock = FileLock(self.folder / "lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        except OSError:  # the folder is gone
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def empty(self) -> None:
        """Remove the files, and keep the notes."""
        shutil.rmtree(self.files, ignore_errors=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Staging:
    """All such folders of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self) -> Stage:
        """An empty one."""
        stage = Stage(self._folder / uuid.uuid4().hex)
        stage.files.mkdir(parents=True, mode=0o700)
        return stage

    def get(self, id: str) -> Stage | None:
        """The one with that id, kept for another `KEPT_S`; None when there is none (any more)."""
        stage = Stage(self._folder / id)
        if not _ID.fullmatch(id) or not stage.folder.is_dir():
            return None
        with suppress(OSError):
            os.utime(stage.folder)
        return stage

    @contextmanager
    def temporary(self) -> Iterator[Stage]:
        """A new one that is held, and removed at the end of the block."""
        stage = self.new()
        try:
            with stage.held():
                yield stage
        finally:
            stage.remove()

    def remove_left(self, older_than_s: float = KEPT_S) -> None:
        """Remove those that nobody holds, and nobody has looked at for so long."""
        for folder in list(self._folder.iterdir()) if self._folder.is_dir() else []:
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime >= older_than_s:
                    with Stage(folder).held() as mine:
                        if mine:
                            shutil.rmtree(folder, ignore_errors=True)
