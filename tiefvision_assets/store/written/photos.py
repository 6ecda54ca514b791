"""Photos that are written below the raw folder, or removed from it, under paths that strangers name."""

from __future__ import annotations

import errno
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.store.photos import PHOTO_SUFFIXES, READ, BadPhoto, decodable_size
from tiefvision_assets.store.raw.place import Change, RawPhotos, image_id

LONGEST_PART, LONGEST_PATH = 200, 800
"""In bytes: file systems allow 255 a part, and temporary names are longer; object storage 1,024 in all."""
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\\ufffd]")
"""Control characters, the separator of Windows, and what stands for bytes that were no UTF-8."""
_OF_THE_PATH = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP)


class BadPath(TiefVisionError):
    """A path at which no photo can be written."""


class NotWritable(TiefVisionError):
    """The place of the photos does not take it."""


class PathTaken(TiefVisionError):
    """Something that is no photo has that path, or a part of it."""


@dataclass(frozen=True)
class WrittenPhoto:
    """A photo as it lies below the raw folder now; the next scan finds it there."""

    path: str
    image_id: str
    sha256: str
    width: int
    height: int
    change: Change


@dataclass(frozen=True)
class CheckedPhoto:
    """A photo that can be written: it is one, and its path is one."""

    path: str
    data: bytes
    width: int
    height: int


def checked_path(path: str) -> str:
    """The path itself, if a photo may be written there: `BadPath` says why not.

    It stays below the raw folder, is seen by scans, and is spelt in one way.
    """
    parts = path.split("/")
    if not path or any(part in ("", ".", "..") for part in parts):
        raise _bad(path, "it has an empty part, or one of dots; write folder/photo.jpg")
    if any(part.startswith(".") for part in parts):
        raise _bad(path, "a part begins with a dot, and such files are hidden from scans")
    if _FORBIDDEN.search(path) or displayable(path) != path:
        raise _bad(path, "it holds control characters, a backslash or no UTF-8")
    if any(part != part.strip() for part in parts):
        raise _bad(path, "a part begins or ends with a space")
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise _bad(path, f"it is longer than {LONGEST_PATH} bytes, or a part of it than {LONGEST_PART}")
    if PurePosixPath(path).suffix.lower() not in PHOTO_SUFFIXES:
        raise _bad(path, f"its suffix is none of a photo ({READ} are read)")
    return path


def checked_photo(path: str, data: bytes) -> CheckedPhoto:
    """The photo, decoded as a scan would do it; `BadPath` and `BadPhoto` say why it would not become searchable."""
    try:
        width, height = decodable_size(data)
    except BadPhoto as error:
        raise type(error)(f"The photo {checked_path(path)} cannot be taken: {error}.") from error
    return CheckedPhoto(checked_path(path), data, width, height)


def write_photo(raw: RawPhotos, photo: CheckedPhoto) -> WrittenPhoto:
    """Put the photo at its path, in place of one that is there; whole or not at all.

    One with the same bytes is left as it is. `NotWritable` where the folder does not take it, `PathTaken` where
    something else is in the way.
    """
    try:
        change = raw.put(photo.path, photo.data)
    except OSError as error:
        raise _not_writable(raw, photo.path, error) from error
    sha256 = hashlib.sha256(photo.data).hexdigest()
    return WrittenPhoto(photo.path, image_id(photo.path), sha256, photo.width, photo.height, change)


def remove_photo(raw: RawPhotos, path: str) -> bool:
    """Remove the file for good; whether there was one. Errors as of `write_photo`."""
    try:
        return raw.remove(checked_path(path))
    except OSError as error:
        raise _not_writable(raw, path, error) from error


def _bad(path: str, reason: str) -> BadPath:
    return BadPath(f"{displayable(path)[:LONGEST_PATH]!r} is no path for a photo: {reason}.")


def _not_writable(raw: RawPhotos, path: str, error: OSError) -> TiefVisionError:
    reason = error.strerror or str(error)
    if error.errno in _OF_THE_PATH:
        return PathTaken(
            f"{path} cannot be changed in {raw.name}: {reason[0].lower()}{reason[1:]}; choose another path."
        )
    return NotWritable(f"{path} cannot be changed in {raw.name} ({reason}); check its rights and its space.")
