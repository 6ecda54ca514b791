"""Claims: who works on a batch, or makes an asset, holds its claim; what somebody else holds is left to them.

A claim keeps others from doing the same work at the same time, so that nothing is computed twice. What is written needs
no claim to be whole: each file is published by one rename. Scans, promotions and the switch of ``served.json`` exclude
one another by the data folder's lock (`store.lock`), for as long as they take to write.

The claims of one data folder are files below it, or locks in the label database where that is PostgreSQL
(`store.postgres_claims`). Both end with the process that holds them, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock, Timeout

from tiefvision_assets.errors import TiefVisionError

Claim = AbstractContextManager[None]
Granted = TypeVar("Granted")

POLL_S = 0.2
"""How often somebody who waits for a claim asks again."""


class NoLocks(TiefVisionError):
    """The file system of the data folder cannot lock files."""


class Claims(Protocol):
    """Which work on one data folder is being done, by whichever process on whichever machine."""

    def claim(self, kind: str, batch: str = "") -> Claim | None:
        """The claim on a batch of that kind of work, or on all of it; None while somebody else holds it.

        It is held from now until its context ends. A second claim on the same work is refused within one process, too.
        """

    def alone(self) -> Claim | None:
        """Keeps everybody from claiming anything; None while any claim is held."""

    def writing(self) -> Claim | None:
        """The part of the data folder's lock that excludes other machines; None while one of them has it."""


def awaited(
    claim: Callable[[], Granted | None], pause: Callable[[float], None], on_wait: Callable[[], object]
) -> Granted:
    """What ``claim`` returns once it is not None; ``on_wait`` is called once if that takes time.

    ``pause`` waits for so many seconds, and may raise to end the waiting.
    """
    granted = claim()
    if granted is None:
        on_wait()
    while granted is None:
        pause(POLL_S)
        granted = claim()
    return granted


class FileClaims:
    """Claims as locked files below ``folder``, which every process has to see under the same file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def claim(self, kind: str, batch: str = "") -> Claim | None:
        """See `Claims.claim`."""
        with ExitStack() as held:
            if not self._everything(fcntl.LOCK_SH, held):
                return None
            file = self._folder / kind / f"{batch or 'all'}.lock"
            file.parent.mkdir(exist_ok=True)
            lock = FileLock(file, is_singleton=False, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return None
            held.callback(lock.release)
            return _until_the_end(held.pop_all())

    def alone(self) -> Claim | None:
        """See `Claims.alone`."""
        with ExitStack() as held:
            return _until_the_end(held.pop_all()) if self._everything(fcntl.LOCK_EX, held) else None

    def writing(self) -> Claim | None:
        """Nothing: the lock file of `store.lock` lies under the same file system."""
        return nullcontext()

    def _everything(self, mode: int, held: ExitStack) -> bool:
        """Hold the lock of all claims: shared by those who claim something, or alone; false where it cannot be had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "everything.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise NoLocks(
                f"Nothing can be claimed below {self._folder} ({error.strerror}); put the data folder on a file system "
                "that has locks, or the labels in PostgreSQL, which then has the claims."
            ) from error
        return True


@contextmanager
def _until_the_end(held: ExitStack) -> Iterator[None]:
    with held:
        yield
