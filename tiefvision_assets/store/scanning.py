"""Reading the raw folder: listing its files, and hashing and decoding new ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
from tiefvision_assets.store.regular import open_regular, read_all
from tiefvision_assets.store.stamp import FileStamp

LIVE = "live"
QUARANTINED = "quarantined"
READS = 3
"""A file that changes while it is read is read at most so many times; then it is left to the next scan."""
_AT_ONCE = 4096


def image_id(path: str) -> str:
    """The URL-safe id of the entry at ``path``, relative to the raw folder, with forward slashes."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def list_files(folder: Path) -> pd.DataFrame:
    """Every visible file below ``folder``: image_id, file (its path relative to ``folder``), bytes, mtime_ns.

    Hidden files and folders are skipped, and so are linked folders. 100,000 files take about a second.
    """
    # flat lists: a hundred thousand tuples would make the garbage collector traverse all of memory
    paths: list[str] = []
    sizes: list[int] = []
    times: list[int] = []
    waiting = [""] if folder.is_dir() else []
    while waiting:
        prefix = waiting.pop()
        with os.scandir(folder / prefix) as items:
            for item in items:
                if item.name.startswith("."):
                    continue
                path = prefix + item.name
                if item.is_dir(follow_symlinks=False):
                    waiting.append(f"{path}/")
                    continue
                if item.is_symlink() and (folder / path).is_dir():
                    continue
                stat = _stat(item)
                if stat:
                    paths.append(path)
                    sizes.append(stat.st_size)
                    times.append(stat.st_mtime_ns)
    return pd.DataFrame(
        {
            "image_id": pd.Series([image_id(path) for path in paths], dtype="str"),
            "file": pd.Series(paths, dtype="object"),  # pyarrow has no names that are not UTF-8
            "bytes": pd.Series(sizes, dtype="int64"),
            "mtime_ns": pd.Series(times, dtype="int64"),
        }
    )


def _stat(item: os.DirEntry[str]) -> os.stat_result | None:
    """Status of the file, or of a link that leads nowhere; None for a file that vanished while the folder was read."""
    for follow in (True, False):
        try:
            return item.stat(follow_symlinks=follow)
        except OSError:
            continue
    return None


def open_files(
    folder: Path,
    files: pd.DataFrame,
    sizes: dict[str, tuple[int, int]],
    progress: Callable[[int, int], None] | None,
) -> Iterator[dict[str, Any]]:
    """One catalogue row for each of these files, hashed, and decoded unless ``sizes`` holds its content already.

    Files that cannot be used are quarantined with the reason; a file that vanished meanwhile gives no row.
    ``progress(done, total)`` is called for every file.
    """
    done = 0
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files.iloc[start : start + _AT_ONCE].itertuples(index=False)
            for row in pool.map(lambda file: _open(folder, file, sizes), some):
                done += 1
                if progress:
                    progress(done, len(files))
                if row:
                    yield row


def _open(folder: Path, file: Any, sizes: dict[str, tuple[int, int]]) -> dict[str, Any] | None:
    shown = os.fsencode(file.file).decode("utf-8", "backslashreplace")
    row = {"image_id": file.image_id, "path": shown, "bytes": file.bytes, "mtime_ns": file.mtime_ns}
    row |= {"batch": "", "reason": "", "profile": "", "note": ""}
    path = folder / file.file
    try:
        if shown != file.file:
            raise BadPhoto("its name is not UTF-8; rename it")
        if path.suffix.lower() not in PHOTO_SUFFIXES:
            raise BadPhoto(f"not a photo by its name ({path.suffix or 'no suffix'}; {READ} are read)")
        data, stat = _read(path, folder)
        row |= {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        sha256 = hashlib.sha256(data).hexdigest()
        width, height = sizes.get(sha256) or decodable_size(data)
        colours = photo_colours(data)
    except FileNotFoundError:
        return None
    except BadPhoto as error:
        if isinstance(error, TooLargeHere | MissingDecoder):
            row["mtime_ns"] -= 1  # no file's time: the next scan, which may have more memory or extras, opens it again
        return row | {"sha256": "", "width": 0, "height": 0, "status": QUARANTINED, "reason": str(error)}
    row |= {"profile": colours.profile, "note": colours.note}
    return row | {"sha256": sha256, "width": width, "height": height, "status": LIVE}


def look_at_colours(folder: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Catalogue rows, whose files are as they were scanned, with their colours as the files' headers tell.

    What cannot be read at present stays unknown, so that the next scan looks again.
    """

    def colours(path: str, profile: str, note: str) -> tuple[str, str]:
        try:
            found = photo_colours(folder / path)
        except BadPhoto:
            return profile, note
        return found.profile, found.note

    with ThreadPoolExecutor() as pool:
        looked = list(pool.map(colours, rows["path"], rows["profile"], rows["note"]))
    profiles, notes = zip(*looked, strict=True) if looked else ((), ())
    return rows.assign(profile=list(profiles), note=list(notes))


def _read(path: Path, folder: Path) -> tuple[bytes, os.stat_result]:
    """The file's bytes, and its size and time, which were the same before and after reading.

    A link may lead to another file of ``folder``, and nowhere else. Raises FileNotFoundError for a file that is gone,
    and `BadPhoto` for one that cannot be read or keeps changing; for the latter an older time is recorded, so that the
    next scan reads it again.
    """
    try:
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise BadPhoto("it is a link out of the raw folder; put the photo itself there")
        for _ in range(READS):
            with open_regular(path) as file:
                before = os.fstat(file.fileno())
                data = read_all(file, path)
            after = path.stat()
            if FileStamp.of(before) == FileStamp.of(after):
                return data, after
    except FileNotFoundError as error:
        if not os.path.lexists(path):
            raise
        raise BadPhoto(f"the file cannot be read ({error.strerror})") from error
    except OSError as error:
        raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error
    raise BadPhoto("the file changes while it is read; the next scan reads it again")
