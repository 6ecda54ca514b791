"""The lock that whoever writes below the data folder holds; labels have their database's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tiefvision_assets.errors import TiefVisionError


class DataFolderBusy(TiefVisionError):
    """Another process writes below the data folder, and the wait for it was too long."""


@contextmanager
def writer_lock(
    path: Path, purpose: str, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock at ``path`` for ``purpose``; re-entrant within a process, freed by the system when it dies.

    Waits up to ``wait_s`` seconds (-1: for ever), calling ``on_wait`` with a sentence when it has to wait at all, then
    raises `DataFolderBusy` with who holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_name(path.name + ".holder")
    lock = FileLock(path, is_singleton=True, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_wait:
            on_wait(f"Waiting for {_describe(holder)}, which is writing to {path.parent}.")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise DataFolderBusy(
                f"{path.parent} is being written to by {_describe(holder)}; try again when it has ended."
            ) from None
    try:
        if lock.lock_counter == 1:
            holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose}), encoding="utf-8")
        yield
    finally:
        lock.release()


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text(encoding="utf-8"))
        return f"{known['purpose']} (process {known['pid']})"
    except (OSError, ValueError, KeyError):
        return "another process"
