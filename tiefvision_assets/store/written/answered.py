"""Answers to requests that carry a key of their sender's, so that the same request sent again has no second effect.

That is the header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): a sender who got no answer sends the
request again under the same key, and gets the answer that was given, whatever others have written meanwhile.
"""

from __future__ import annotations

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json

KEPT_H = 24
"""An answer is kept for so many hours at least, and for twice as long at most."""
LONGEST_KEY = 255
WAITED_S = 20.0
"""How long a request waits for another one with its key that is being carried out."""


class BadKey(TiefVisionError):
    """A key that none can be."""


class KeyInUse(TiefVisionError):
    """Another request with this key is being carried out."""


class KeyOfAnother(TiefVisionError):
    """The key was used for a request that asked for something else."""


@dataclass(frozen=True)
class Request:
    """A request that may be sent again."""

    sender: str
    """Whose key it is: the same key of another sender is another one."""
    key: str
    content: str
    """What it asks for, as a text that is the same if and only if that is the same."""

    @property
    def name(self) -> str:
        """Of its file: nothing that a sender wrote becomes part of a path."""
        return hashlib.sha256(f"{self.sender}\n{self.key}".encode()).hexdigest()


class Answered(ABC):
    """The answers of one data folder; may be used by many threads and processes."""

    def once(
        self, request: Request, carry_out: Callable[[], dict[str, Any]], waited_s: float = WAITED_S
    ) -> tuple[dict[str, Any], bool]:
        """The answer that was given to the request before, or that of carrying it out now; and whether it was before.

        Requests that come at the same time are carried out once: the others wait for the answer. What ``carry_out``
        raises is kept by nobody, so that the key can be used again. Raises `BadKey`, `KeyInUse` and `KeyOfAnother`.
        """
        if not (0 < len(request.key) <= LONGEST_KEY and request.key.isascii() and request.key.isprintable()):
            raise BadKey(f"Idempotency-Key is no text of 1 to {LONGEST_KEY} printable ASCII characters; send one.")
        with self._alone(request, waited_s):
            known = self._known(request)
            content = hashlib.sha256(request.content.encode()).hexdigest()
            if known is None:
                answer = carry_out()
                self._keep(request, content, answer)
                return answer, False
        if known["content"] != content:
            raise KeyOfAnother(
                f"The Idempotency-Key {request.key!r} was used for another request; send this one with another key."
            )
        return known["answer"], True

    @abstractmethod
    def _alone(self, request: Request, waited_s: float) -> AbstractContextManager[None]:
        """Shuts out other requests with this key; `in_use` is raised where one takes longer than ``waited_s``."""

    @abstractmethod
    def _known(self, request: Request) -> dict[str, Any] | None:
        """What was kept of an earlier request with this key: ``content`` (a hash) and ``answer``."""

    @abstractmethod
    def _keep(self, request: Request, content: str, answer: dict[str, Any]) -> None:
        """Let `_known` have this from now on."""


def in_use(request: Request) -> KeyInUse:
    """The error for a request that waited too long for another one with its key."""
    return KeyInUse(f"A request with the Idempotency-Key {request.key!r} is being carried out; try again later.")


class AnsweredFiles(Answered):
    """The answers in files by day, below a folder."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._now = now

    @contextmanager
    def _alone(self, request: Request, waited_s: float) -> Iterator[None]:
        """Hold the lock that all requests of this key take; few files for all keys, which are never removed."""
        locks = self._folder / "locks"
        locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(locks / request.name[:2])
        try:
            lock.acquire(timeout=waited_s)
        except Timeout:
            raise in_use(request) from None
        try:
            yield
        finally:
            lock.release()

    def _known(self, request: Request) -> dict[str, Any] | None:
        days = self._days()
        self._forget_all_but(days)
        for day in days:
            try:
                return read_json(day / f"{request.name}.json", "content", "answer")
            except (FileNotFoundError, DamagedFile):
                continue
        return None

    def _keep(self, request: Request, content: str, answer: dict[str, Any]) -> None:
        write_json(self._days()[0] / f"{request.name}.json", {"content": content, "answer": answer})

    def _days(self) -> list[Path]:
        """The folders of today and of the day before: an answer is in them for a day at least."""
        now = self._now()
        return [self._folder / f"{now - timedelta(days=days):%Y-%m-%d}" for days in range(KEPT_H // 24 + 1)]

    def _forget_all_but(self, days: list[Path]) -> None:
        for folder in self._folder.iterdir():
            if folder.name != "locks" and folder.name < days[-1].name:
                shutil.rmtree(folder, ignore_errors=True)
