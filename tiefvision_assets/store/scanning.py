"""Hashing and decoding the files that are new or changed where the photos lie."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

import pandas as pd

from tiefvision_assets.store.photos import (
    PHOTO_SUFFIXES,
    READ,
    BadPhoto,
    MissingDecoder,
    TooLargeHere,
    decodable_size,
    photo_colours,
)
from tiefvision_assets.store.raw.place import RawPhotos, RawUnavailable, RefusedPhoto, UnreadPhoto, image_id

__all__ = ["LIVE", "QUARANTINED", "Opened", "image_id", "look_at_colours", "open_files"]

LIVE = "live"
QUARANTINED = "quarantined"
UNREAD = 10
"""So many files of a scan that cannot be fetched are no longer taken for their own fault."""
_AT_ONCE = 4096


class Sizes(Protocol):
    """Width and height of contents that are known, by SHA-256."""

    def get(self, sha256: str, /) -> tuple[int, int] | None:
        """None for a content that is not known."""


@dataclass(frozen=True)
class Unread:
    """A file that could not be fetched, and its row if that is its own fault."""

    row: dict[str, Any]
    reason: UnreadPhoto


@dataclass
class Opened:
    """What became of files that were to be opened."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """One catalogue row for each file that was."""
    refused: set[str] = field(default_factory=set)
    """The image_ids of those that the place does not give."""
    outage: RawUnavailable | None = None
    """Why not all files were opened."""


def open_files(
    raw: RawPhotos,
    files: pd.DataFrame,
    sizes: Sizes,
    progress: Callable[[int, int], None] | None = None,
) -> Opened:
    """The catalogue rows of these files, hashed, and decoded unless ``sizes`` holds their content already.

    Files that cannot be used are quarantined with the reason; a file that vanished meanwhile gives no row. Files that
    the place fails to give are quarantined as well while they are fewer than `UNREAD`, since it was listed just now;
    else it is an outage. ``progress(done, total)`` is called for every file.
    """
    opened, done = Opened(), 0
    unread: list[Unread] = []
    with ThreadPoolExecutor(raw.readers) as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files.iloc[start : start + _AT_ONCE].itertuples(index=False)
            rows = pool.map(lambda file: _open(raw, file, sizes, opened.refused), some)
            try:
                for row in rows:
                    done += 1
                    if progress:
                        progress(done, len(files))
                    if isinstance(row, Unread):
                        unread.append(row)
                        if len(unread) >= UNREAD:
                            raise row.reason
                    elif row:
                        opened.rows.append(row)
            except RawUnavailable as error:
                opened.outage = error
                pool.shutdown(wait=False, cancel_futures=True)
                return opened
    opened.rows += [one.row for one in unread]
    opened.refused |= {one.row["image_id"] for one in unread}
    return opened


def _open(raw: RawPhotos, file: Any, sizes: Sizes, refused: set[str]) -> dict[str, Any] | Unread | None:
    shown = os.fsencode(file.file).decode("utf-8", "backslashreplace")
    row = {"image_id": file.image_id, "path": shown, "bytes": file.bytes, "mtime_ns": file.mtime_ns}
    row |= {"batch": "", "reason": "", "profile": "", "note": ""}
    suffix = PurePosixPath(file.file).suffix
    try:
        if shown != file.file:
            raise BadPhoto("its name is not UTF-8; rename it")
        if suffix.lower() not in PHOTO_SUFFIXES:
            raise BadPhoto(f"not a photo by its name ({suffix or 'no suffix'}; {READ} are read)")
        data, mtime_ns = raw.read(file.file)
        row |= {"bytes": len(data), "mtime_ns": mtime_ns}
        sha256 = hashlib.sha256(data).hexdigest()
        width, height = sizes.get(sha256) or decodable_size(data)
        colours = photo_colours(data)
    except FileNotFoundError:
        return None
    except UnreadPhoto as error:
        reason = "the storage fails to give it; the next scan tries again"
        lost = {"sha256": "", "width": 0, "height": 0, "status": QUARANTINED, "reason": reason}
        return Unread(row | lost | {"mtime_ns": file.mtime_ns - 1}, error)
    except BadPhoto as error:
        if isinstance(error, RefusedPhoto):
            refused.add(file.image_id)
        if isinstance(error, TooLargeHere | MissingDecoder | RefusedPhoto):
            # no file's time: the next scan, which may have more memory, extras or rights, opens it again
            row["mtime_ns"] -= 1
        return row | {"sha256": "", "width": 0, "height": 0, "status": QUARANTINED, "reason": str(error)}
    row |= {"profile": colours.profile, "note": colours.note}
    return row | {"sha256": sha256, "width": width, "height": height, "status": LIVE}


def look_at_colours(raw: RawPhotos, rows: pd.DataFrame) -> pd.DataFrame:
    """Catalogue rows, whose files are as they were scanned, with their colours as the files' headers tell.

    What cannot be read at present stays unknown, so that the next scan looks again.
    """

    contents = dict(zip(rows["path"], rows["sha256"], strict=True))

    def colours(path: str, profile: str, note: str) -> tuple[str, str]:
        try:
            found = photo_colours(raw.source(path, contents.__getitem__))
        except BadPhoto:
            return profile, note
        return found.profile, found.note

    with ThreadPoolExecutor() as pool:
        looked = list(pool.map(colours, rows["path"], rows["profile"], rows["note"]))
    profiles, notes = zip(*looked, strict=True) if looked else ((), ())
    return rows.assign(profile=list(profiles), note=list(notes))
