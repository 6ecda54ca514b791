"""Setting damaged files aside, so that they count as missing and are made anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.examined import Examined
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, examine
from tiefvision_assets.store.served import ServedFile

_SUFFIXES = (".json", ".parquet", ".safetensors")
_LEFT_OUT = ("demo", "index")
"""Folders of `Layout.made` whose files are verified by those who open them, and replaced as a whole."""


def set_damaged_aside(layout: Layout) -> list[str]:
    """Examine the stored files, and move the damaged ones to the folder ``damaged``; returns a sentence for each.

    Files that were found whole within a week and have not changed since are not read again (`Examined`).

    ``served.json`` is restored from its copy, or the copy from it. The maps of crops are left out: they are large, and
    examined whenever something is trained on them. The caller holds the data folder's lock.

    Of a data folder in object storage those files are examined that were fetched. Where only the copy on this disk is
    damaged it is fetched again, and all is well.
    """
    found = []
    examined = Examined(layout)
    for file in _stored(layout):
        if not hooks.is_here(file):
            continue
        stat = file.stat()
        if examined.is_known(file, stat):
            continue
        try:
            _examine(file)
        except DamagedFile as damage:
            moved = _set_aside(layout, file)
            found.append(f"{file} was damaged ({damage.reason}); it lies in {moved.parent} now, and is made anew.")
        else:
            examined.add(file, stat)
    examined.save()
    served = ServedFile(layout)
    if served.problem():
        served.restore()
    return found


def _examine(file: Path) -> None:
    try:
        examine(file)
    except DamagedFile:
        if not hooks.fetch_again(file):
            raise
        examine(file)


def _stored(layout: Layout) -> Iterator[Path]:
    yield from filter(
        Path.exists, (layout.served, layout.served_copy, layout.attempts, layout.cancelled, layout.summary)
    )
    for folder in layout.made:
        if folder.name in _LEFT_OUT:
            continue
        for file in sorted(folder.rglob("*")):
            is_temporary = any(part.startswith(TEMPORARY) for part in file.parts)
            if file.suffix in _SUFFIXES and file.name != "maps.safetensors" and not is_temporary:
                yield file


def _set_aside(layout: Layout, file: Path) -> Path:
    target = layout.damaged / file.relative_to(layout.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    hooks.set_aside(file, target)
    shutil.move(file, target)  # the two may be on different file systems
    return target
