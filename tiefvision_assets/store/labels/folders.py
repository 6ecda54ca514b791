"""Folders with one label file for each photo: finding the files, and writing a folder atomically."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tiefvision_assets.store.atomic import TEMPORARY, atomic_folder
from tiefvision_assets.store.labels.problems import LabelFileError

MAX_FILES = 1_000_000
"""More files than this below a folder are no labels of one catalogue."""


def files_below(folder: Path, inner: str, suffix: str) -> list[Path]:
    """The files of that suffix, in any case of letters, in ``folder`` and below, sorted by path; or ``folder`` itself,
    where that is such a file.

    Hidden files, such as macOS's ``._photo.txt``, are left out. `LabelFileError` when ``folder`` is neither, or holds
    no such file; ``inner`` names the sub-folder that it should have.
    """
    if folder.is_file() and folder.suffix.lower() == suffix:
        return [folder]
    if not folder.is_dir():
        reason = "this is a file; name the folder that holds" if folder.exists() else "there is no such folder with"
        raise LabelFileError(folder, f"{reason} one {suffix} file a photo")
    found: list[Path] = []
    try:
        for number, path in enumerate(folder.rglob("*"), start=1):
            if number > MAX_FILES:
                raise LabelFileError(folder, f"there are more than {MAX_FILES:,} files in it; name the labels' folder")
            if path.suffix.lower() == suffix and _is_label_file(path, folder):
                found.append(path)
    except OSError as error:
        raise LabelFileError(
            folder, f"the folder cannot be read ({error.strerror or error}); check its rights"
        ) from error
    if not found and not (folder / inner).is_dir():
        raise LabelFileError(folder, f"there is no {suffix} file in this folder; name the one that holds {inner}/")
    return sorted(found)


def _is_label_file(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
    return not hidden and TEMPORARY not in path.name and path.is_file()


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


def place_in(folder: Path, file: Path) -> str:
    """Where in ``folder`` one of its files lies; the name of a file that was given by itself."""
    return file.name if file == folder else file.relative_to(folder).as_posix()


def printable(path: str, folder: Path, format_name: str) -> str:
    """``path``; `LabelFileError` when it holds a line end or another character that the format cannot represent."""
    if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029\ufffe\uffff" for character in path):
        reason = f"{path!r} holds a character that {format_name} cannot; rename the photo, or export as coco"
        raise LabelFileError(folder, reason)
    return path


def stem_of(path: str) -> str:
    """``red/dress.jpg`` → ``red/dress``."""
    return PurePosixPath(path).with_suffix("").as_posix()
