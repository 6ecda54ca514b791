"""The catalogue: which photos there are, which content each holds, and the immutable batches of contents."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.columns import digest, is_among, order, positions
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.photos import open_named_photo, photo_held
from tiefvision_assets.store.regular import open_regular, read_all
from tiefvision_assets.store.scanning import LIVE, QUARANTINED, image_id, list_files, look_at_colours, open_files
from tiefvision_assets.store.schemas import BATCH, CATALOGUE, UNKNOWN_PROFILE
from tiefvision_assets.store.sealed import read_parquet, write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of

__all__ = ["Catalogue", "NoRawFolder", "ScanReport", "image_id"]

BATCH_SIZE = 4096


class NoRawFolder(TiefVisionError):
    """The raw folder, which held all known photos, does not exist any more."""


@dataclass(frozen=True)
class ScanReport:
    """What one scan of the raw folder found, in photos; ``batches`` are the keys of the new batches."""

    photos: int
    unchanged: int
    new: int
    changed: int
    renamed: int
    deleted: int
    quarantined: int
    batches: tuple[str, ...]
    noted: int = 0
    """Usable photos of which something was ignored."""


@dataclass(frozen=True)
class _Tables:
    """The catalogue as read from one state of its file."""

    stamp: FileStamp | None
    all: pd.DataFrame
    live: pd.DataFrame
    contents: pd.DataFrame

    @cached_property
    def batches(self) -> set[str]:
        """Keys of the batches that hold entries."""
        return set(self.all["batch"].unique()) - {""}

    @cached_property
    def version(self) -> str:
        """Hash of the live entries with their contents."""
        return digest(self.live.iloc[order(self.live, ["image_id"])], ["image_id", "sha256"])


class Catalogue:
    """Reads and scans the catalogue of one data folder."""

    def __init__(self, layout: Layout, raw: Path) -> None:
        self._layout = layout
        self._raw = raw
        self._known: _Tables | None = None

    def table(self) -> pd.DataFrame:
        """All entries, one row for each path, sorted by path; empty before the first scan."""
        return self._tables().all.copy(deep=False)

    def live(self) -> pd.DataFrame:
        """The searchable entries: readable photos that exist. Twins (photos of the same content) share their sha256."""
        return self._tables().live.copy(deep=False)

    def contents(self) -> pd.DataFrame:
        """One row a live content (sha256), with the first of its paths; sorted by sha256."""
        return self._tables().contents.copy(deep=False)

    def version(self) -> str:
        """Hash of the live entries with their contents: it changes when an entry comes, goes or changes its content."""
        return self._tables().version

    def quarantined(self) -> pd.DataFrame:
        """The files that cannot be used as photos, with the reasons."""
        table = self.table()
        return table[table["status"] == QUARANTINED].reset_index(drop=True)

    def noted(self) -> pd.DataFrame:
        """The usable photos of which something was ignored, with the notes that say what."""
        live = self.live()
        return live[live["note"] != ""].reset_index(drop=True)

    def file(self, path: str) -> Path:
        """Path of the entry's file."""
        return self._raw / path

    def read(self, path: str) -> bytes:
        """The bytes of an entry's file; OSError where there is no file any more, or none of a photo's size."""
        file = self.file(path)
        with open_regular(file) as opened:
            return read_all(opened, file)

    def open(self, path: str) -> Image.Image:
        """Decode the photo of an entry; the `BadPhoto` raised names it."""
        return open_named_photo(self.file(path), path)

    def opened(self, path: str) -> AbstractContextManager[Image.Image]:
        """The same while a block runs, for work on many photos: those that threads hold at once fit into memory."""
        return photo_held(self.file(path), path)

    def batch_keys(self) -> list[str]:
        """Keys of all batches, oldest first."""
        return sorted(file.stem for file in self._layout.batches.glob("b*.parquet"))

    def scan(self, *, batch_size: int = BATCH_SIZE, progress: Callable[[int, int], None] | None = None) -> ScanReport:
        """Bring the catalogue up to date with the raw folder.

        Files whose size and modification time are known are not opened; the others are hashed and decoded once, and
        files that cannot be used are quarantined with the reason. New contents form new batches; old batches never
        change. Of photos that were scanned by a version that did not look at colour profiles, the headers are read.
        ``progress(done, total)`` is called for every file that is opened. Raises `NoRawFolder` where the folder
        of known photos is gone, so that an unmounted disk does not empty the catalogue.
        """
        before = self.table()
        self._restore_batches(before)
        is_lost = not self._layout.catalogue.exists() and bool(self.batch_keys())
        if (len(before) or is_lost) and not self._raw.is_dir():
            what = f"{len(before)} files in it" if len(before) else "its photos, though its own table was lost"
            raise NoRawFolder(
                f"The raw folder {self._raw} is gone, and the catalogue knows {what}; mount it again, or make it "
                "anew, empty, if the photos are to be forgotten."
            )
        files = list_files(self._raw)
        stamp = ["bytes", "mtime_ns"]
        row = positions(files["image_id"], before["image_id"])
        known = row >= 0
        known[known] = (files[stamp].to_numpy()[known] == before[stamp].to_numpy()[row[known]]).all(axis=1)
        kept = _looked_at(self._raw, before.iloc[np.sort(row[known])])

        fresh = files[~known].sort_values("file")
        seen = before[before["status"] == LIVE] if len(fresh) else before[:0]
        contents, widths, heights = (seen[name].tolist() for name in ("sha256", "width", "height"))
        sizes = dict(zip(contents, zip(widths, heights, strict=True), strict=True))
        opened = pd.DataFrame(open_files(self._raw, fresh, sizes, progress), columns=CATALOGUE.names)
        if not len(opened) and len(kept) == len(before) and self._layout.catalogue.exists() and kept.equals(before):
            return _report(before, before, kept, ())
        table = _typed(pd.concat([kept, _typed(opened)] if len(opened) else [kept], ignore_index=True)[CATALOGUE.names])
        table = table.iloc[order(table, ["path", "image_id"])].reset_index(drop=True)

        table, added = self._assign_batches(table, batch_size)
        if not self._layout.catalogue.exists() or not table.equals(before):
            write_parquet(self._layout.catalogue, table)
        return _report(before, table, kept, added)

    def lost_batches(self) -> list[str]:
        """Keys of the batches that hold entries of the catalogue, but whose files are gone."""
        return sorted(self._tables().batches - set(self.batch_keys()))

    def _restore_batches(self, table: pd.DataFrame) -> None:
        """Write lost batches anew, with those of their contents that the catalogue still knows."""
        for key in self.lost_batches():
            contents = table[table["batch"] == key].drop_duplicates("sha256")
            write_parquet(self._layout.batch(key), contents[BATCH.names].reset_index(drop=True))

    def _tables(self) -> _Tables:
        """Reads the file only when it has changed, because the plan asks for the catalogue again and again."""
        file = self._layout.catalogue
        stamp = stamp_of(file)
        if self._known is None or self._known.stamp != stamp:
            table = _typed(
                read_parquet(file, CATALOGUE.names, CATALOGUE.before)
                if stamp
                else pd.DataFrame(columns=CATALOGUE.names)
            )
            live = table[table["status"] == LIVE].reset_index(drop=True)
            # the table is sorted by path, and stays so among equal contents
            contents = live.sort_values("sha256", kind="stable").drop_duplicates("sha256").reset_index(drop=True)
            self._known = _Tables(stamp, table, live, contents)
        return self._known

    def _assign_batches(self, table: pd.DataFrame, batch_size: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
        homeless = (table["status"] == LIVE) & (table["batch"] == "")
        if not homeless.any():
            return table, ()
        keys = self.batch_keys()
        table.loc[homeless, "batch"] = self._homes(keys).reindex(table.loc[homeless, "sha256"]).fillna("").array
        new = table[(table["status"] == LIVE) & (table["batch"] == "")].drop_duplicates("sha256")
        added = []
        for number, start in enumerate(range(0, len(new), batch_size), start=len(keys)):
            contents = new.iloc[start : start + batch_size][BATCH.names].reset_index(drop=True)
            hashed = hashlib.sha256("".join(contents["sha256"]).encode()).hexdigest()[:8]
            key = f"b{number:06d}-{hashed}"
            write_parquet(self._layout.batch(key), contents)
            added.append(key)
        homeless = (table["status"] == LIVE) & (table["batch"] == "")
        if added:
            table.loc[homeless, "batch"] = self._homes(added).reindex(table.loc[homeless, "sha256"]).array
        return table, tuple(added)

    def _homes(self, keys: list[str]) -> pd.Series:
        """sha256 → key of its batch, for all contents of these batches."""
        batches = [read_parquet(self._layout.batch(key), ["sha256"]).assign(batch=key) for key in keys]
        homes = pd.concat(batches) if batches else pd.DataFrame({"sha256": [], "batch": []})
        return homes.astype("str").set_index("sha256")["batch"]


def _looked_at(raw: Path, rows: pd.DataFrame) -> pd.DataFrame:
    unknown = ((rows["status"] == LIVE) & (rows["profile"] == UNKNOWN_PROFILE)).to_numpy(dtype=bool)
    if not unknown.any():
        return rows
    return pd.concat([rows[~unknown], _typed(look_at_colours(raw, rows[unknown]))]).sort_index()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(CATALOGUE.dtypes)


def _report(before: pd.DataFrame, table: pd.DataFrame, kept: pd.DataFrame, added: tuple[str, ...]) -> ScanReport:
    live = table[table["status"] == LIVE]
    quarantined = len(table) - len(live)
    noted = int((live["note"] != "").sum())
    if table is before:
        return ScanReport(len(live), len(live), 0, 0, 0, 0, quarantined, added, noted)
    old = before.loc[before["status"] == LIVE, ["image_id", "sha256"]]
    gone = old[~is_among(old["image_id"], table["image_id"])]
    fresh = live.loc[~is_among(live["image_id"], kept["image_id"]), ["image_id", "sha256"]]
    fresh = fresh.merge(old, on="image_id", how="left", suffixes=("", "_before"))
    known = fresh["sha256_before"].notna()
    new = int((~known).sum())
    changed = int((known & (fresh["sha256"] != fresh["sha256_before"])).sum())
    renamed = (Counter(gone["sha256"]) & Counter(fresh.loc[~known, "sha256"])).total()
    return ScanReport(
        photos=len(live),
        unchanged=len(live) - new - changed,
        new=new - renamed,
        changed=changed,
        renamed=renamed,
        deleted=len(gone) - renamed,
        quarantined=quarantined,
        batches=added,
        noted=noted,
    )
