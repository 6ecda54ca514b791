"""Values under names in a list of changes that is appended to: a change costs one line, however many values there are.

A change is of any number of values, and counts as a whole or not at all. The list is begun anew, as another generation,
when most of it is out of date. It may be used by many threads and processes. A data folder has it in files
(`JournalFile`), one in object storage in the database that its machines share (`written.journal_table`).
"""

from __future__ import annotations

import json
import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias

from filelock import FileLock

from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.sealed import DamagedFile

SPARE = 1000
"""So many values may be out of date, and as many as there are others, before the list is begun anew."""
SET, REMOVED = "set", "removed"
_GENERATION = "generation"
Decide: TypeAlias = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], list[str]]]


class Journal(ABC):
    """Values under names, and the version that they have."""

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Name → value, in the order in which the names came; `DamagedFile` where a line is none of ours."""

    @abstractmethod
    def version(self) -> str:
        """Generation and length; changes with every change, empty before the first one. Costs next to nothing."""

    @abstractmethod
    def change(self, decide: Decide) -> None:
        """Set values and remove names, all or none of them: ``decide`` is given those of now, and returns both.

        They are stored when this returns. Nobody else changes anything meanwhile; what ``decide`` raises leaves
        everything as it was.
        """

    def holds(self, version: str, change: str) -> bool:
        """Whether the values as of that `version` have a change after which the version was ``change``.

        Both are of this journal; between two generations the newer one is told by its being there now.
        """
        generation, _, size = version.partition(" ")
        of_change, _, size_then = change.partition(" ")
        if generation == of_change:
            return not change or int(size) >= int(size_then)
        return generation == self.version().partition(" ")[0]


class JournalFile(Journal):
    """The values of one file; there is none before the first change.

    Its first line names the generation. A line that a killed process left unfinished does not count.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = RLock()
        self._generation = b""
        self._read_to = 0
        self._written = 0
        self._values: dict[str, Any] = {}

    def values(self) -> dict[str, Any]:
        """See `Journal.values`."""
        with self._lock:
            self._catch_up()
            return dict(self._values)

    def version(self) -> str:
        """See `Journal.version`."""
        try:
            with self._file.open("rb") as file:
                generation = file.readline()
                return f"{_generation_of(self._file, generation)} {os.fstat(file.fileno()).st_size}"
        except FileNotFoundError:
            return ""

    def change(self, decide: Decide) -> None:
        """See `Journal.change`."""
        with self._changing():
            values, removed = decide(self._values)
            removed = [name for name in removed if name in self._values]
            if not values and not removed:
                return
            if not self._file.exists():
                self._write_anew({})
            self._append({SET: values, REMOVED: removed})
            self._catch_up()
            if is_stale(self._written, self._values):
                self._write_anew(self._values)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._file.with_suffix(".lock")), self._lock:
            self._catch_up()
            yield

    def _append(self, change: Mapping[str, Any]) -> None:
        with self._file.open("r+b") as file:
            file.truncate(self._read_to)  # what a killed process left unfinished
            file.seek(self._read_to)
            file.write(_line(change))
            file.flush()
            os.fsync(file.fileno())

    def _write_anew(self, values: Mapping[str, Any]) -> None:
        with atomic_path(self._file) as temporary, temporary.open("wb") as file:
            file.write(_line({_GENERATION: uuid.uuid4().hex}))
            file.writelines(_line({SET: {name: value}}) for name, value in values.items())
        self._catch_up()

    def _catch_up(self) -> None:
        """Read what was appended since the last time, or all of it where the file is another one."""
        try:
            with self._file.open("rb") as file:
                generation = file.readline()
                _generation_of(self._file, generation)
                if generation != self._generation or os.fstat(file.fileno()).st_size < self._read_to:
                    self._generation, self._read_to, self._written, self._values = generation, len(generation), 0, {}
                file.seek(self._read_to)
                added = file.read()
        except FileNotFoundError:
            self._generation, self._read_to, self._written, self._values = b"", 0, 0, {}
            return
        end = added.rfind(b"\n") + 1
        for line in added[:end].splitlines():
            self._take(line)
        self._read_to += end

    def _take(self, line: bytes) -> None:
        change = _parsed(self._file, line)
        if not isinstance(change.get(SET, {}), dict) or not isinstance(change.get(REMOVED, []), list):
            raise DamagedFile(self._file, "a line is no change")
        self._written += apply(change, self._values)


def apply(change: Mapping[str, Any], values: dict[str, Any]) -> int:
    """Make one change in ``values``; of how many names it is."""
    set_now, removed = change.get(SET, {}), change.get(REMOVED, [])
    values.update(set_now)
    for name in removed:
        values.pop(name, None)
    return len(set_now) + len(removed)


def is_stale(written: int, values: Mapping[str, Any]) -> bool:
    """Whether most is out of date of a list in which so many names stand, with these values."""
    return written - len(values) > SPARE + len(values)


def _generation_of(file: Path, line: bytes) -> str:
    found = _parsed(file, line).get(_GENERATION)
    if not isinstance(found, str):
        raise DamagedFile(file, "its first line is not there")
    return found


def _parsed(file: Path, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise DamagedFile(file, f"a line is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise DamagedFile(file, "a line is no JSON object")
    return found


def _line(change: Mapping[str, Any]) -> bytes:
    # ASCII: no text of anybody's holds a line break that splits lines, nor a half of a character
    return json.dumps(change, separators=(",", ":")).encode() + b"\n"
