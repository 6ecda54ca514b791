"""How much memory photos may take while they are decoded, whatever threads decode at once."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from threading import Condition

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc's malloc.h."""
_LARGE = 4 * 2**20
SHARE = 0.25
"""The part of this process' memory that decoding may take."""
_CGROUPS = Path("/proc/self/cgroup")
_MOUNTED = Path("/sys/fs/cgroup")


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
    return min(limits + _limits_of_container(_CGROUPS, _MOUNTED))


@cache
def _limits_of_container(cgroups: Path, mounted: Path) -> list[int]:
    """The limits of this process' control group and of those above it.

    Read once: the limit is asked for with every photo, and reading takes as long as decoding a small one.
    """
    limits = []
    for file in _cgroup_limits(cgroups, mounted):
        with suppress(OSError, ValueError):
            limits.append(int(file.read_text()))
    return limits


def _cgroup_limits(cgroups: Path, mounted: Path) -> Iterator[Path]:
    """The files that limit this process' control group and those above it, in both versions of control groups.

    A container mostly sees its own group as the root; a service, or what ``systemd-run`` starts, is somewhere below.
    """
    lines = cgroups.read_text(encoding="utf-8").splitlines() if cgroups.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        group = PurePosixPath(path)
        if not controllers:
            yield from (mounted / above.relative_to("/") / "memory.max" for above in (group, *group.parents))
        elif "memory" in controllers.split(","):
            first = mounted / "memory"
            yield from (first / above.relative_to("/") / "memory.limit_in_bytes" for above in (group, *group.parents))


DECODING = MemoryBudget(int(SHARE * memory_limit()))
"""What all threads of this process decode photos with."""
HELD = MemoryBudget(int(SHARE * memory_limit()))
"""Where the decoded photos lie that threads of this process work on. Who waits for it holds nothing of `DECODING`."""
