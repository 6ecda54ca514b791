"""The ways in which other tools write a photo's path, undone: the paths that a name in a label file may stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, unquote_plus

from tiefvision_assets.store.photos import PHOTO_SUFFIXES

FOLDERS = frozenset(
    ["images", "image", "img", "imgs", "jpegimages", "raw", "photos", "data", "labels", "annotations"]
    + ["voc2007", "voc2012"]
    + ["obj_train_data", "obj_valid_data", "obj_test_data"]
    + ["train", "training", "val", "valid", "validation", "test"]
)
"""Folders in which tools keep photos and labels; they stand before the path that the catalogue knows."""

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]+://[^/]*", re.IGNORECASE)
_DRIVE = re.compile(r"^(?:[A-Za-z]:)?/*")
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded photo."""
_ROBOFLOW = re.compile(r"^(.+)_([A-Za-z0-9]{2,4})\.rf\.[0-9A-Za-z_-]+(?:\.\w+)?$")
"""``dress_jpg.rf.<hash>.jpg``: what Roboflow calls ``dress.jpg``."""


def spellings(name: str) -> dict[str, str]:
    """Path → by which rule ``name`` stands for it, the least changed first; the name itself is not among them."""
    found: dict[str, str] = {}
    written = name.strip()
    _add(found, written, "blanks around it")
    slashed = written.replace("\\", "/")
    _add(found, slashed, "a Windows path")
    located = list(_locations(slashed))
    for path, rule in located:
        for bare in _without_folders(path):
            _add(found, bare, rule if bare == path else "a folder that tools put before it")
            folder, _, last = bare.rpartition("/")
            before = f"{folder}/" if folder else ""
            if match := _UPLOAD.match(last):
                _add(found, before + last[match.end() :], "an upload prefix")
            if match := _ROBOFLOW.match(last):
                _add(found, f"{before}{match[1]}.{match[2]}", "Roboflow's name for it")
    found.pop(name, None)
    return found


def without_photo_suffix(path: str) -> str:
    """``red/dress.v1.jpg`` → ``red/dress.v1``; a suffix that no photo has stays."""
    suffix = PurePosixPath(path).suffix
    return path[: -len(suffix)] if suffix.lower() in PHOTO_SUFFIXES else path


def plain(path: str) -> str:
    """Letters and digits in lower case, with a dash for all else: what remains after tools have cleaned a name."""
    return "/".join("-".join(re.findall(r"[^\W_]+", part.casefold())) for part in path.split("/"))


def normal(path: str) -> str:
    """The path in the Unicode normalisation in which paths are compared."""
    return unicodedata.normalize("NFC", path)


def last_part(path: str) -> str:
    """``red/dress.jpg`` → ``dress.jpg``."""
    return path.rpartition("/")[2]


def _add(found: dict[str, str], path: str, rule: str) -> None:
    if path:
        found.setdefault(path, rule)


def _locations(name: str) -> Iterator[tuple[str, str]]:
    """The paths in an address, as written and decoded, without what stands before them."""
    query = name.split("?d=", 1)
    if len(query) == 2:
        texts = [query[1], query[1].split("&")[0]]
        decoded = [unquote(texts[1]), unquote_plus(texts[1])]
    else:
        rest = _SCHEME.sub("", name)
        texts = [rest, re.split(r"[?#]", rest)[0] if rest != name else rest]
        decoded = [unquote(text) for text in texts]
    for text in texts:
        yield _relative(text), "a path written otherwise"
    for text in decoded:
        yield _relative(text), "a URL-encoded path"


def _relative(path: str) -> str:
    """Without drive, root, ``.`` and leading ``..``."""
    parts: list[str] = []
    for part in re.sub(r"^data/upload/(?:\d+/)?", "", _DRIVE.sub("", path)).split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _without_folders(path: str) -> Iterator[str]:
    """The path, and the path without each of the tools' folders that stand before it."""
    yield path
    first, _, rest = path.partition("/")
    while rest and first.casefold() in FOLDERS:
        yield rest
        first, _, rest = rest.partition("/")
