"""The catalogue: which photos there are, which content each holds, and the immutable batches of contents."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.photos import BadPhoto, open_named_photo, open_photo

BATCH_SIZE = 4096
LIVE = "live"
QUARANTINED = "quarantined"
COLUMNS = ["image_id", "path", "sha256", "width", "height", "bytes", "mtime_ns", "batch", "status", "reason"]
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"})


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


@dataclass(frozen=True)
class _File:
    path: str
    bytes: int
    mtime_ns: int


def image_id(path: str) -> str:
    """The URL-safe id of the entry at ``path``, relative to the raw folder, with forward slashes."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Catalogue:
    """Reads and scans the catalogue of one data folder."""

    def __init__(self, layout: Layout, raw: Path) -> None:
        self._layout = layout
        self._raw = raw

    def table(self) -> pd.DataFrame:
        """All entries, one row a path, sorted by path; empty before the first scan."""
        if not self._layout.catalogue.exists():
            return pd.DataFrame(columns=COLUMNS)
        return pd.read_parquet(self._layout.catalogue)

    def live(self) -> pd.DataFrame:
        """The entries that can be searched: readable photos that exist; twins share their sha256."""
        table = self.table()
        return table[table["status"] == LIVE].reset_index(drop=True)

    def contents(self) -> pd.DataFrame:
        """One row a live content (sha256), with the first of its paths; sorted by sha256."""
        live = self.live().sort_values(["sha256", "path"])
        return live.drop_duplicates("sha256").reset_index(drop=True)

    def quarantined(self) -> pd.DataFrame:
        """The files that are no usable photos, with their reasons."""
        table = self.table()
        return table[table["status"] == QUARANTINED].reset_index(drop=True)

    def file(self, path: str) -> Path:
        """Where the entry's file lies."""
        return self._raw / path

    def open(self, path: str) -> Image.Image:
        """Decode the photo of an entry; the `BadPhoto` raised names it."""
        return open_named_photo(self.file(path), path)

    def batch_keys(self) -> list[str]:
        """Keys of all batches, oldest first."""
        return sorted(file.stem for file in self._layout.batches.glob("b*.parquet"))

    def scan(self, *, batch_size: int = BATCH_SIZE, progress: Callable[[int, int], None] | None = None) -> ScanReport:
        """Bring the catalogue up to date with the raw folder.

        Files whose size and modification time are known are not opened; the others are hashed and decoded once, and
        what cannot be used is quarantined with its reason. New contents form new batches; old batches never change.
        ``progress(done, total)`` is called for every file that is opened.
        """
        before = self.table().set_index("path", drop=False)
        files = list(_photo_files(self._raw))
        known = {row.path: (row.bytes, row.mtime_ns) for row in before.itertuples()}
        fresh = [file for file in files if known.get(file.path) != (file.bytes, file.mtime_ns)]
        kept = before.loc[[file.path for file in files if known.get(file.path) == (file.bytes, file.mtime_ns)]]

        sizes = {row.sha256: (row.width, row.height) for row in before.itertuples() if row.status == LIVE}
        opened = list(self._open_all(fresh, sizes, progress))
        table = pd.concat([kept, pd.DataFrame(opened, columns=COLUMNS)], ignore_index=True)[COLUMNS]
        table = _typed(table).sort_values("path").reset_index(drop=True)

        table, added = self._assign_batches(table, batch_size)
        if not self._layout.catalogue.exists() or not table.equals(_typed(before.reset_index(drop=True))):
            write_parquet(self._layout.catalogue, table)
        return _report(before, table, kept, added)

    def _open_all(
        self,
        files: list[_File],
        sizes: dict[str, tuple[int, int]],
        progress: Callable[[int, int], None] | None,
    ) -> Iterator[dict[str, object]]:
        with ThreadPoolExecutor() as pool:
            for done, row in enumerate(pool.map(lambda file: self._open(file, sizes), files), start=1):
                if progress:
                    progress(done, len(files))
                yield row

    def _open(self, file: _File, sizes: dict[str, tuple[int, int]]) -> dict[str, object]:
        row: dict[str, object] = {"image_id": image_id(file.path), "batch": "", "reason": "", **asdict(file)}
        row["path"] = shown = os.fsencode(file.path).decode("utf-8", "backslashreplace")
        path = self.file(file.path)
        try:
            if shown != file.path:
                raise BadPhoto("its name is not UTF-8; rename it")
            if path.suffix.lower() not in PHOTO_SUFFIXES:
                raise BadPhoto(f"not a photo by its name ({path.suffix or 'no suffix'}; .jpg, .png and .webp are read)")
            data = _read(path)
            sha256 = hashlib.sha256(data).hexdigest()
            width, height = sizes.get(sha256) or open_photo(data).size
        except BadPhoto as error:
            return row | {"sha256": "", "width": 0, "height": 0, "status": QUARANTINED, "reason": str(error)}
        return row | {"sha256": sha256, "width": width, "height": height, "status": LIVE}

    def _assign_batches(self, table: pd.DataFrame, batch_size: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
        homeless = (table["status"] == LIVE) & (table["batch"] == "")
        if not homeless.any():
            return table, ()
        home = self._batch_of_contents()
        table.loc[homeless, "batch"] = [home.get(sha256, "") for sha256 in table.loc[homeless, "sha256"]]
        new = table[(table["status"] == LIVE) & (table["batch"] == "")].drop_duplicates("sha256")
        number = len(self.batch_keys())
        added = []
        for start in range(0, len(new), batch_size):
            contents = new.iloc[start : start + batch_size][["sha256", "width", "height"]].reset_index(drop=True)
            digest = hashlib.sha256("".join(contents["sha256"]).encode()).hexdigest()[:8]
            key = f"b{number:06d}-{digest}"
            write_parquet(self._layout.batch(key), contents)
            home |= dict.fromkeys(contents["sha256"], key)
            added.append(key)
            number += 1
        homeless = (table["status"] == LIVE) & (table["batch"] == "")
        table.loc[homeless, "batch"] = table.loc[homeless, "sha256"].map(home)
        return table, tuple(added)

    def _batch_of_contents(self) -> dict[str, str]:
        return {
            sha256: key
            for key in self.batch_keys()
            for sha256 in pd.read_parquet(self._layout.batch(key), columns=["sha256"])["sha256"]
        }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error


def _photo_files(folder: Path, prefix: str = "") -> Iterator[_File]:
    """Every visible file below ``folder``, sorted by name within each folder; hidden ones are skipped."""
    if not folder.is_dir():
        return
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.startswith("."):
            continue
        if item.is_dir():
            if not item.is_symlink():
                yield from _photo_files(item, f"{prefix}{item.name}/")
        else:
            try:
                stat = item.stat()
            except OSError:
                stat = item.lstat()
            yield _File(f"{prefix}{item.name}", stat.st_size, stat.st_mtime_ns)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = {"width": "int32", "height": "int32", "bytes": "int64", "mtime_ns": "int64"}
    return table.astype({name: numbers.get(name, "str") for name in COLUMNS})


def _report(before: pd.DataFrame, table: pd.DataFrame, kept: pd.DataFrame, added: tuple[str, ...]) -> ScanReport:
    live = table[table["status"] == LIVE]
    old = before[before["status"] == LIVE]
    content_before = dict(zip(old["path"], old["sha256"], strict=True))
    gone = set(old["path"]) - set(table["path"])
    gone_contents = Counter(content_before[path] for path in gone)
    fresh = live[~live["path"].isin(kept["path"])]
    new = [row for row in fresh.itertuples() if row.path not in content_before]
    renamed = (gone_contents & Counter(str(row.sha256) for row in new)).total()
    return ScanReport(
        photos=len(live),
        unchanged=len(live)
        - len(new)
        - sum(content_before.get(r.path, r.sha256) != r.sha256 for r in fresh.itertuples()),
        new=len(new) - renamed,
        changed=sum(content_before.get(row.path, row.sha256) != row.sha256 for row in fresh.itertuples()),
        renamed=renamed,
        deleted=len(gone) - renamed,
        quarantined=int((table["status"] == QUARANTINED).sum()),
        batches=added,
    )
