"""What readers and writers of the data folder call; it does nothing where that is no working copy of a bucket.

Nothing here imports what talks to object storage: `WorkingCopy` is known by `opened` only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiefvision_assets.settings import Settings
    from tiefvision_assets.store.bucket.working_copy import WorkingCopy

LOOKED_S = 5.0
"""So old may be what a search knows of `served.json`, in seconds."""
PLANNED_S = 10.0
"""And so old what planning knows of all other files."""

_copies: dict[Path, WorkingCopy] = {}
"""The working copies of this process, by their folders; mostly none."""


def opened(settings: Settings) -> None:
    """Let the data folder of these settings be a working copy, if it lies in object storage; it is then up to date.

    Raises `TiefVisionError` where the other settings do not fit that.
    """
    if settings.data_url is None or settings.data_dir in _copies:
        return
    from tiefvision_assets.store.bucket.working_copy import opened_copy

    _copies[settings.data_dir] = opened_copy(settings)


def near(file: Path) -> Path:
    """The same path, with the file's content on this disk if there is such a file; called before it is read."""
    if _copies and (found := _copy_of(file)):
        found.fetch(file)
    return file


def publish(target: Path, written: Path) -> None:
    """Let others have what was written, a file or folder, as ``target``; called before it is renamed to that."""
    if _copies and (found := _copy_of(target)):
        found.publish(target, written)


def withdraw(path: Path) -> None:
    """Remove a file or folder for others; called before it is removed here."""
    if _copies and (found := _copy_of(path)):
        found.withdraw(path)


def set_aside(file: Path, target: Path) -> None:
    """Keep a damaged file for people elsewhere than where it is read; called before it is moved here."""
    if _copies and (found := _copy_of(file)):
        found.set_aside(file, target)


def fetch_again(file: Path) -> bool:
    """Replace a damaged local copy by what is stored; False where there is nothing else than the file."""
    found = _copy_of(file) if _copies else None
    return found.fetch_again(file) if found else False


def is_here(file: Path) -> bool:
    """Whether the file's content is on this disk."""
    found = _copy_of(file) if _copies else None
    return found is None or found.is_here(file)


def is_a_copy(file: Path) -> bool:
    """Whether the file has its counterpart in object storage."""
    return bool(_copies) and _copy_of(file) is not None


def refresh(root: Path, older_than_s: float = 0.0) -> None:
    """Learn what others have published below the data folder, unless that was done within so many seconds."""
    if found := _copies.get(root):
        found.refresh(older_than_s)


def look(pointer: Path) -> None:
    """Notice now and then whether others have published another ``pointer``; goes on with what is known if it fails."""
    if _copies and (found := _copy_of(pointer)):
        found.look(pointer, LOOKED_S)


def _copy_of(path: Path) -> WorkingCopy | None:
    """The working copy that shares that path with others."""
    for copy in _copies.values():
        if copy.shares(path):
            return copy
    return None
