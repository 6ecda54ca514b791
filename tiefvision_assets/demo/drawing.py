"""Drawing many photos on all processors."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tiefvision_assets.cores import cores

Drawn = TypeVar("Drawn")

_FEW = 30
"""So many photos are drawn before other processes have begun."""


def drawn(draw: Callable[[int], Drawn], photos: int) -> Iterator[Drawn]:
    """``draw`` of each number below ``photos``, in order. ``draw`` and what it returns go to other processes and back.

    In processes, because drawing is many small steps of Python, of which threads take one at a time.
    """
    if photos <= _FEW or cores() == 1:
        yield from map(draw, range(photos))
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy whatever this process has locked
    with ProcessPoolExecutor(cores(), context, _as_the_parent_says) as pool:
        try:
            yield from pool.map(draw, range(photos), chunksize=4)
        finally:
            pool.shutdown(cancel_futures=True)


def _as_the_parent_says() -> None:
    """An interrupt at the keyboard reaches all processes of a command; what it means is the first one's to say, with
    which the others end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)
