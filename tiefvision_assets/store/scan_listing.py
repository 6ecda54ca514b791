"""What a scan compares: the catalogue with all files at the photos' place, or with those of a list of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.store.catalogue_table import typed
from tiefvision_assets.store.changes import Changes
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.raw.place import RawPhotos, image_id
from tiefvision_assets.store.scanning import LIVE, Opened, look_at_colours
from tiefvision_assets.store.schemas import CATALOGUE, UNKNOWN_PROFILE

STAMP = ["bytes", "mtime_ns"]


@dataclass(frozen=True)
class Compared:
    """What becomes of the catalogue's rows, and which files have to be opened."""

    stays: np.ndarray
    """(N,) whether each row stays as it is."""
    fresh: pd.DataFrame
    """The files to open, as listings have them, sorted by their names."""


def compared(raw: RawPhotos, before: pd.DataFrame, changes: Changes | None) -> Compared:
    """Compare the image_id, path, bytes and mtime_ns of entries with the files that there are.

    A file whose size and time are as before is not opened; nor is one that ``changes`` do not name. Raises `BadChanges`
    where they contradict what is there.
    """
    if changes is None:
        files, stays = raw.listed(before["path"]), np.zeros(len(before), dtype=bool)
    else:
        paths = changes.paths
        files = raw.found(paths)
        changes.check(files["file"], raw.name)
        stays = ~is_among(before["image_id"], map(image_id, paths))
    row = positions(files["image_id"], before["image_id"])
    known = row >= 0
    known[known] = (files[STAMP].to_numpy()[known] == before[STAMP].to_numpy()[row[known]]).all(axis=1)
    stays[row[known]] = True
    return Compared(stays, files[~known].sort_values("file"))


class KnownSizes:
    """Width and height of contents, for photos that come again under another name: 40 bytes a content."""

    def __init__(self, contents: pd.DataFrame) -> None:
        digests = np.frombuffer(bytearray.fromhex("".join(contents["sha256"])), dtype="S32")
        order = np.argsort(digests)
        self._digests = digests[order]
        self._sizes = contents[["width", "height"]].to_numpy(dtype=np.int32)[order]

    def get(self, sha256: str) -> tuple[int, int] | None:
        """The size of the content, or None for one that is not known."""
        wanted = np.frombuffer(bytes.fromhex(sha256), dtype="S32")
        place = int(np.searchsorted(self._digests, wanted)[0])
        if place == len(self._digests) or self._digests[place] != wanted[0]:
            return None
        width, height = self._sizes[place].tolist()
        return width, height


def recorded(opened: Opened, fresh: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows that come of opened files, and (N,) which rows of before stay since their files were not read."""
    live = before.loc[before["status"] == LIVE, "image_id"] if opened.refused else before["image_id"][:0]
    unread = set(live) & opened.refused
    rows = pd.DataFrame([row for row in opened.rows if row["image_id"] not in unread], columns=CATALOGUE.names)
    if opened.outage:
        unread |= set(fresh["image_id"]) - set(rows["image_id"])
    held = is_among(before["image_id"], sorted(unread)) if unread else np.zeros(len(before), dtype=bool)
    return typed(rows), held


def looked_at(
    raw: RawPhotos, before: pd.DataFrame, stays: np.ndarray, rows_of: Callable[[pd.Series], pd.DataFrame]
) -> pd.DataFrame:
    """Of the rows that stay, those that were scanned before colours were looked at, with the colours that they have."""
    unknown = stays & ((before["status"] == LIVE) & (before["profile"] == UNKNOWN_PROFILE)).to_numpy(dtype=bool)
    rows = rows_of(before.loc[unknown, "image_id"])
    looked = typed(look_at_colours(raw, rows)) if len(rows) else rows
    return looked[looked["profile"] != UNKNOWN_PROFILE]
