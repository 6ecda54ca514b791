"""The bytes, text and JSON of label files, bounded and with errors for people; and writing such a file atomically."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.labels.problems import LabelFileError
from tiefvision_assets.store.regular import NotARegularFile, open_regular, read_all

_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_bytes(file: Path) -> bytes:
    """The content of ``file``; `LabelFileError` when it is missing, no regular file, unreadable, empty, or larger than
    512 MiB."""
    if file.is_dir():
        raise LabelFileError(file, "this is a folder; name a file of labels")
    try:
        with open_regular(file) as opened:
            content = read_all(opened, file)
    except FileNotFoundError:
        raise LabelFileError(file, "there is no such file; check the path") from None
    except NotARegularFile as error:
        raise LabelFileError(file, f"{error.strerror}; name a file of labels") from error
    except OSError as error:
        raise LabelFileError(file, f"the file cannot be read ({error.strerror or error}); check its rights") from error
    if not content.strip():
        raise LabelFileError(file, "the file is empty; export the labels again")
    return content


def read_text(file: Path) -> str:
    """The text of ``file`` (UTF-8, or UTF-16 with a byte order mark); `LabelFileError` when it is not text."""
    content = read_bytes(file)
    try:
        text = content.decode(_UTF16.get(content[:2], "utf-8-sig"))
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
