"""Problems of label files: a file with any is refused as a whole; users see the first, and how many more there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path


class LabelFileError(TiefVisionError):
    """A label file that cannot be read or written; nothing was imported from it."""

    def __init__(self, file: Path, reason: str, *, where: str = "", more: int = 0) -> None:
        place = f"{file}, {where}" if where else str(file)
        others = f" {more} more {'problem was' if more == 1 else 'problems were'} found." if more else ""
        super().__init__(f"{place}: {reason}.{others}")


class RefusedError(Exception):
    """One problem: the reason and the way out, without where in the file it is."""


class Problems:
    """Collects the problems of ``file``."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: list[tuple[str, str]] = []

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Record a `RefusedError` that is raised inside as a problem at ``where``, and go on."""
        try:
            yield
        except RefusedError as problem:
            self._found.append((where, str(problem)))

    def raise_first(self) -> None:
        """Raise `LabelFileError` for the first problem, if there is any."""
        if self._found:
            where, reason = self._found[0]
            raise LabelFileError(self._file, reason, where=where, more=len(self._found) - 1)


def read_bytes(file: Path) -> bytes:
    """The content of ``file``; `LabelFileError` when it is missing, a folder, unreadable or empty."""
    if file.is_dir():
        raise LabelFileError(file, "this is a folder; name a file of labels")
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise LabelFileError(file, "there is no such file; check the path") from None
    except OSError as error:
        raise LabelFileError(file, f"the file cannot be read ({error.strerror or error}); check its rights") from error
    if not content.strip():
        raise LabelFileError(file, "the file is empty; export the labels again")
    return content


def read_text(file: Path) -> str:
    """The text of ``file`` (UTF-8, with or without a byte order mark); `LabelFileError` when it is not text."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"this is not text in UTF-8 (byte {error.start}); check the format, or save the file as UTF-8"
        raise LabelFileError(file, reason) from None
    if "\0" in text:
        raise LabelFileError(file, "this is a binary file, not text; check the format")
    return text


def read_json(file: Path) -> Any:
    """The JSON document in ``file``; `LabelFileError` when it is none."""
    text = read_text(file)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"this is not JSON ({error.msg}, column {error.colno}); export the file again"
        raise LabelFileError(file, reason, where=f"line {error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise LabelFileError(file, f"this JSON cannot be read ({error}); export the file again") from None


@contextmanager
def written(file: Path) -> Iterator[Path]:
    """A temporary path that becomes ``file`` once it is written; `LabelFileError` when it cannot be."""
    if file.is_dir():
        raise LabelFileError(file, "this is a folder; name a file to write to")
    try:
        with atomic_path(file) as temporary:
            yield temporary
    except OSError as error:
        reason = f"the file cannot be written ({error.strerror or error}); choose another place"
        raise LabelFileError(file, reason) from error
