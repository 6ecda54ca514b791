"""Atomic writing: files and folders get a temporary name and are renamed when complete."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiefvision_assets.store.bucket import hooks

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".tmp-"
"""Prefix of every temporary name, by which leftovers of killed processes are recognised."""


_KEPT = 200
"""Bytes of the target's name that a temporary one ends with, suffix included: file systems allow 255 in all."""


_END = len(TEMPORARY) + 9
"""Where in a temporary name the target's stands, behind eight digits and a dash."""


def _temporary(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY}{uuid.uuid4().hex[:8]}-{_kept_end(target)}")


def _kept_end(target: Path) -> str:
    return os.fsdecode(os.fsencode(target.name)[-_KEPT:])


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target``; on success it is flushed to disk and renamed to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(target)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        hooks.publish(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces ``target`` when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(target)
    temporary.mkdir()
    try:
        yield temporary
        hooks.publish(target, temporary)
        if target.exists():
            outdated = _temporary(target)
            target.rename(outdated)
            temporary.rename(target)
            shutil.rmtree(outdated)
        else:
            temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Make ``target`` a hard link to ``source``, which never changes; a copy where the file system has no links.

    Where both are copies of objects they are two objects, each with a time of its own.
    """
    if hooks.is_a_copy(source):
        shutil.copyfile(hooks.near(source), target)
        return
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def remove_leftovers_of(targets: Iterable[Path]) -> None:
    """Remove the temporary files that killed processes left of these files; only where nobody else writes them."""
    names: dict[Path, set[str]] = {}
    for target in targets:
        names.setdefault(target.parent, set()).add(_kept_end(target))
    for folder, ends in names.items():
        for left in folder.glob(f"{TEMPORARY}*"):
            if left.name[_END:] in ends:
                left.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that killed processes left below ``folder``; only while nobody writes there."""
    for leftover in list(folder.rglob(f"{TEMPORARY}*")):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def write_json(target: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(source: Path) -> Any:
    """The JSON document in ``source``."""
    return json.loads(hooks.near(source).read_text(encoding="utf-8"))


def write_parquet(target: Path, frame: pd.DataFrame) -> None:
    """Write ``frame`` without its index as Parquet, atomically."""
    with atomic_path(target) as temporary:
        frame.to_parquet(temporary, index=False)
