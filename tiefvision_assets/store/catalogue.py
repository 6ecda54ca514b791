"""The catalogue: which photos there are, which content each holds, and the immutable batches of contents.

Of the table as little is read as is asked for, and what is asked for again and again is kept until the file changes.
How it lies on disk is the business of `store.catalogue_table`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow.compute as pc
from PIL import Image

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.catalogue_batches import Batches
from tiefvision_assets.store.catalogue_known import BRIEF, IS_LIVE, Known, contents_among
from tiefvision_assets.store.catalogue_table import CatalogueTable, among, by_path, typed
from tiefvision_assets.store.changes import BadChanges, Changes
from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.photos import open_named_photo, photo_held
from tiefvision_assets.store.raw.ahead import read_ahead
from tiefvision_assets.store.raw.place import RawPhotos, image_id
from tiefvision_assets.store.scan_listing import KnownSizes, compared, looked_at, recorded
from tiefvision_assets.store.scan_report import ScanReport, scan_report
from tiefvision_assets.store.scanning import QUARANTINED, Sizes, open_files
from tiefvision_assets.store.schemas import CATALOGUE

__all__ = ["Catalogue", "NoRawFolder", "ScanReport", "image_id"]

Row = TypeVar("Row")

BATCH_SIZE = 4096
_COMPARED = ["image_id", "path", "bytes", "mtime_ns", "status", "profile", "note"]
_FEW = 64
"""Up to so many batches are read from the file each time that they are asked for."""


class NoRawFolder(TiefVisionError):
    """The raw folder, which held all known photos, does not exist any more."""


class Catalogue:
    """Reads and scans the catalogue of one data folder."""

    def __init__(self, layout: Layout, raw: RawPhotos) -> None:
        self._layout = layout
        self._raw = raw
        self._table = CatalogueTable(layout.catalogue)
        self._batches = Batches(layout)
        self._read: Known | None = None

    def table(self) -> pd.DataFrame:
        """All entries, one row for each path, sorted by path; empty before the first scan."""
        return self._known().all.copy(deep=False)

    def live(self, columns: Sequence[str] = CATALOGUE.names) -> pd.DataFrame:
        """The searchable entries, sorted by path: readable photos that exist. Twins (photos of the same content) share
        their sha256. Where some ``columns`` suffice, no others are read."""
        known = self._known()
        return (known.all_live if list(columns) == CATALOGUE.names else known.live(columns)).copy(deep=False)

    def photo_count(self) -> int:
        """The number of searchable entries."""
        return self._known().photos

    def contents(self) -> pd.DataFrame:
        """One row a live content (sha256), with the first of its paths; sorted by sha256."""
        return self._known().contents.copy(deep=False)

    def contents_of(self, batches: Collection[str]) -> pd.DataFrame:
        """The `BRIEF` of the live contents of these batches, as `contents` has them; of a few batches by themselves."""
        known = self._known()
        if not known.has_contents and len(batches) <= _FEW and known.is_grouped:
            chosen = IS_LIVE & among("batch", batches)
            return contents_among(by_path(self._table.read([*BRIEF, "image_id"], chosen)))[BRIEF]
        return known.brief[is_among(known.brief["batch"], batches)]

    def version(self) -> str:
        """Hash of the live entries with their contents: it changes when an entry comes, goes or changes its content."""
        return self._known().version

    def quarantined(self) -> pd.DataFrame:
        """The files that cannot be used as photos, with the reasons."""
        return by_path(self._table.read(CATALOGUE.names, pc.field("status") == QUARANTINED))

    def noted(self) -> pd.DataFrame:
        """The usable photos of which something was ignored, with the notes that say what."""
        if (self._table.read(["note"])["note"] == "").all():
            return typed(pd.DataFrame(columns=CATALOGUE.names))
        return by_path(self._table.read(CATALOGUE.names, IS_LIVE & (pc.field("note") != "")))

    def file(self, path: str) -> Path:
        """Path of the entry's file, where photos lie in a folder."""
        assert self._raw.folder is not None
        return self._raw.folder / path

    def read(self, path: str) -> bytes:
        """The bytes of an entry's file; OSError where there is no file any more, or none of a photo's size."""
        return self._raw.content(path, self._content_of)

    def open(self, path: str) -> Image.Image:
        """Decode the photo of an entry; the `BadPhoto` raised names it."""
        return open_named_photo(self._raw.source(path, self._content_of), path)

    def opened(self, path: str, reduction: int = 1) -> AbstractContextManager[Image.Image]:
        """The same while a block runs, for work on many photos: those that threads hold at once fit into memory.

        A JPEG is decoded at 1 / ``reduction`` of its size, see `photo_held`.
        """
        return photo_held(self._raw.source(path, self._content_of), path, reduction)

    def ahead(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each with a ``path``; where photos lie far away, those that follow are fetched meanwhile."""
        if not self._raw.is_far:
            return iter(rows)
        return read_ahead(self._raw, rows, lambda row: str(getattr(row, "path")), self._content_of)  # noqa: B009

    def _content_of(self, path: str) -> str:
        """The SHA-256 of the entry's content; empty where there is no such live entry."""
        return str(self._known().content_of.get(path, ""))

    def batch_keys(self) -> list[str]:
        """Keys of all batches, oldest first."""
        return self._batches.keys()

    def lost_batches(self) -> list[str]:
        """Keys of the batches that hold entries of the catalogue, but whose files are gone."""
        return sorted(self._known().batches - set(self.batch_keys()))

    def scan(
        self,
        *,
        batch_size: int = BATCH_SIZE,
        progress: Callable[[int, int], None] | None = None,
        changes: Changes | None = None,
    ) -> ScanReport:
        """Bring the catalogue up to date with the raw folder.

        Files whose size and modification time are known are not opened; the others are hashed and decoded once, and
        files that cannot be used are quarantined with the reason. New contents form new batches; old batches never
        change. Of photos that were scanned by a version that did not look at colour profiles, the headers are read.
        ``progress(done, total)`` is called for every file that is opened. Where ``changes`` are given, only their
        paths are looked at, and all others are taken for unchanged.

        Raises `NoRawFolder` where the folder of known photos is gone, so that an unmounted disk does not empty the
        catalogue; `BadChanges` where the changes contradict what is there; and `RawUnavailable` where photos cannot be
        reached: what was read until then is recorded, and all else stays as it was.
        """
        before = self._table.read(_COMPARED)
        self._prepare(len(before), changes)
        found = compared(self._raw, before, changes)
        sizes: Sizes = KnownSizes(self._table.read(["sha256", "width", "height"], IS_LIVE)) if len(found.fresh) else {}
        opened = open_files(self._raw, found.fresh, sizes, progress)
        rows, held = recorded(opened, found.fresh, before)
        stays = found.stays | held
        looked = looked_at(self._raw, before, stays, self._rows)
        stays &= ~is_among(before["image_id"], looked["image_id"])

        removed = self._rows(before.loc[~stays, "image_id"])
        added, batches = self._batches.assign(by_path(pd.concat([rows, looked], ignore_index=True)), batch_size)
        if not self._layout.catalogue.exists() or not added.equals(removed):
            self._table.rewrite(stays, added)
        if opened.outage:
            raise opened.outage
        return scan_report(before[stays], removed, added, batches)

    def _prepare(self, entries: int, changes: Changes | None) -> None:
        """Put lost batches right before a scan; raise `NoRawFolder` or `BadChanges` where there must be none."""
        for key in self.lost_batches():
            self._batches.restore(key, by_path(self._table.read(CATALOGUE.names, pc.field("batch") == key)))
        is_lost = not self._layout.catalogue.exists() and bool(self.batch_keys())
        if is_lost and changes:
            raise BadChanges(f"{self._layout.catalogue} is gone; scan everything first, with `tiefvision ingest`.")
        what = f"{entries} files in it" if entries else "its photos, though its own table was lost"
        if (entries or is_lost) and (gone := self._raw.gone(what)):
            raise NoRawFolder(gone)

    def _rows(self, image_ids: pd.Series) -> pd.DataFrame:
        """The rows of these entries, sorted by path."""
        if not len(image_ids):
            return typed(pd.DataFrame(columns=CATALOGUE.names))
        return by_path(self._table.read(CATALOGUE.names, among("image_id", image_ids)))

    def _known(self) -> Known:
        """What was read, as long as the file is as it was: the plan asks for the catalogue again and again."""
        stamp = self._table.stamp()
        if self._read is None or self._read.stamp != stamp:
            self._read = Known(self._table, stamp)
        return self._read
