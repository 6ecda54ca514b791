"""Adding single photos to the raw folder, under file names that are safe everywhere."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

from PIL import Image

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.photos import FORMATS, open_photo
from tiefvision_assets.store.raw.place import RawPhotos

FOLDER = "uploads"
LONGEST_STEM = 50


class CannotBeAdded(TiefVisionError):
    """The photo cannot be written into the raw folder."""


def add_photo(raw: RawPhotos, name: str, data: bytes) -> str:
    """Write the photo file ``data`` below ``raw``; returns its path relative to it. The next scan finds it there.

    ``name`` is not trusted: only its letters, digits, dots and dashes are kept, the suffix is chosen by the content,
    and a part of the content's hash keeps two photos of one name apart. Adding the same photo again changes nothing.
    Raises `BadPhoto` for data that is no usable photo, `CannotBeAdded` when it cannot be written.
    """
    open_photo(data)
    with Image.open(io.BytesIO(data)) as photo:
        suffix = FORMATS[str(photo.format)]
    path = f"{FOLDER}/{safe_stem(name)}-{hashlib.sha256(data).hexdigest()[:10]}{suffix}"
    try:
        raw.add(path, data)
    except OSError as error:
        raise CannotBeAdded(
            f"The photo cannot be written into {raw.name} ({error.strerror or error}); check the folder's rights and "
            "space."
        ) from error
    return path


def safe_stem(name: str) -> str:
    """The name's last part without its suffix, as letters, digits, dots and dashes; ``photo`` where nothing is left."""
    last = PurePosixPath(PureWindowsPath(name).name).stem
    kept = "".join(c if c.isalnum() or c in ".-_" else "-" for c in unicodedata.normalize("NFC", last))
    # 50 letters of any script fit into the 255 bytes that file systems allow a name.
    stem = "-".join(filter(None, kept.strip(".-_").split("-")))[:LONGEST_STEM]
    return stem.strip(".-_") or "photo"
