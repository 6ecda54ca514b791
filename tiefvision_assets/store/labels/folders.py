"""Folders with one label file for each photo: finding the files, and writing a folder atomically."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tiefvision_assets.store.atomic import TEMPORARY, atomic_folder
from tiefvision_assets.store.labels.problems import LabelFileError


def files_below(folder: Path, inner: str, suffix: str) -> list[tuple[str, Path]]:
    """The files of that suffix in the sub-folder ``inner`` of ``folder``, or in ``folder`` where there is none.

    Each with its path below that folder, without the suffix and with forward slashes; sorted by it. `LabelFileError`
    when ``folder`` is no folder, or holds neither the sub-folder nor such files.
    """
    if not folder.is_dir():
        reason = "this is a file; name the folder that holds" if folder.exists() else "there is no such folder with"
        raise LabelFileError(folder, f"{reason} one {suffix} file a photo")
    root = folder / inner if (folder / inner).is_dir() else folder
    try:
        files = [path for path in root.rglob(f"*{suffix}") if path.is_file() and TEMPORARY not in path.name]
    except OSError as error:
        raise LabelFileError(
            folder, f"the folder cannot be read ({error.strerror or error}); check its rights"
        ) from error
    if not files and root == folder:
        raise LabelFileError(folder, f"there is no {suffix} file in this folder; name the one that holds {inner}/")
    return sorted((path.relative_to(root).with_suffix("").as_posix(), path) for path in files)


@contextmanager
def written_folder(folder: Path, own: Collection[str]) -> Iterator[Path]:
    """A temporary folder that becomes ``folder`` once it is filled; an earlier export there is replaced.

    `LabelFileError` when it cannot be written, or when ``folder`` holds anything but the names in ``own``, which an
    export writes, so that nobody loses files.
    """
    if folder.exists() and not folder.is_dir():
        raise LabelFileError(folder, "this is a file; name a folder to write to")
    if folder.exists() and (foreign := sorted({path.name for path in folder.iterdir()} - set(own))):
        raise LabelFileError(folder, f"this folder holds other things, such as {foreign[0]!r}; name a new folder")
    try:
        with atomic_folder(folder) as temporary:
            yield temporary
    except OSError as error:
        reason = f"the folder cannot be written ({error.strerror or error}); choose another place"
        raise LabelFileError(folder, reason) from error


def printable(path: str, folder: Path, format_name: str) -> str:
    """``path``; `LabelFileError` when it holds a line end or another character that the format cannot represent."""
    if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029\ufffe\uffff" for character in path):
        reason = f"{path!r} holds a character that {format_name} cannot; rename the photo, or export as coco"
        raise LabelFileError(folder, reason)
    return path


def stem_of(path: str) -> str:
    """``red/dress.jpg`` → ``red/dress``."""
    return PurePosixPath(path).with_suffix("").as_posix()
