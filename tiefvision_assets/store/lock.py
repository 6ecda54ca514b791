"""The lock of the data folder, by which scans, promotions and the switch of ``served.json`` exclude one another.

Work on batches and models holds a claim instead (`store.claims`); labels have the locks of their database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tiefvision_assets.errors import TiefVisionError


class DataFolderBusy(TiefVisionError):
    """Another process is writing below the data folder, and did not end in time."""


@contextmanager
def writer_lock(
    path: Path, purpose: str, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> Iterator[bool]:
    """Hold the lock at ``path`` for ``purpose``; re-entrant within a process, released by the system when the process
    dies. Yields whether this is the outermost in this process.

    Waits up to ``wait_s`` seconds (-1: without limit), calling ``on_wait`` with a sentence if it has to wait at all,
    then raises `DataFolderBusy`, which says who holds the lock.
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
        is_outermost = lock.lock_counter == 1
        if is_outermost:
            holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose}), encoding="utf-8")
        yield is_outermost
    finally:
        lock.release()


def _describe(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text(encoding="utf-8"))
        return f"{known['purpose']} (process {known['pid']})"
    except (OSError, ValueError, KeyError):
        return "another process"
