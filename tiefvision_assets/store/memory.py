"""How much memory photos may take while they are decoded, whatever threads decode at once."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc's malloc.h."""
_LARGE = 4 * 2**20
SHARE = 0.25
"""The part of this process' memory that decoding may take."""
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class MemoryBudget:
    """Lets threads use ``total`` bytes together; whoever needs more than is left waits until others are done.

    A need beyond the total is granted when nobody else uses anything. Not re-entrant.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._left = total
        self._returned = Condition()

    def limit_to(self, total: int) -> None:
        """Make the budget no larger than this; to be called before any of it is used."""
        with self._returned:
            self._total = self._left = min(total, self._total)

    @contextmanager
    def reserved(self, amount: int) -> Iterator[None]:
        """Hold ``amount`` bytes of the budget while the block runs."""
        amount = min(amount, self._total)
        with self._returned:
            self._returned.wait_for(lambda: self._left >= amount)
            self._left -= amount
        try:
            yield
        finally:
            with self._returned:
                self._left += amount
                self._returned.notify_all()


def give_back_large_blocks() -> None:
    """Have malloc give blocks of photos' size back to the system as soon as they are freed; does nothing without glibc.

    By default glibc raises the size from which it does so up to 32 MiB as such blocks are freed, and then keeps those
    of Pillow (16 MiB) in each thread's own heap: scanning 24 photos of 79 megapixels passed under a data limit of 2 GiB
    with this alone, and ended in MemoryError without.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def memory_limit() -> int:
    """Bytes that this process may use: the machine's, or less where the process or its container is limited."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            limits.append(soft)
    for file in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):
            limits.append(int(file.read_text()))
    return min(limits)


DECODING = MemoryBudget(int(SHARE * memory_limit()))
"""What all threads of this process decode photos with."""
