"""Whatever happens to the files between two scans, the catalogue ends where the folder is, and says what happened."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from tiefvision_assets.settings import Settings
from tiefvision_assets.store import scanning
from tiefvision_assets.store.catalogue import Catalogue, NoRawFolder, ScanReport
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.raw import folder as raw_folder
from tiefvision_assets.store.raw.folder import RawFolder
from tiefvision_assets.store.store import Store

PATHS = ("a.png", "b.png", "sub/c.png", "sub/deep/d.png")
BAD = b"not a photo at all"
COLOURS = ("red", "green", "blue")


def png(colour: str) -> bytes:
    with tempfile.SpooledTemporaryFile() as file:
        Image.new("RGB", (40, 40), colour).save(file, "png")
        file.seek(0)
        return file.read()


PHOTOS = {colour: png(colour) for colour in COLOURS}

events = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(COLOURS)),
    st.tuples(st.just("spoil"), st.sampled_from(PATHS), st.none()),
    st.tuples(st.just("delete"), st.sampled_from(PATHS), st.none()),
    st.tuples(st.just("touch"), st.sampled_from(PATHS), st.none()),
    st.tuples(st.just("rename"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.tuples(st.just("copy"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
)
"""New, changed, restored and twin photos all come from writes and copies over so few names and contents."""


class Folder:
    """The raw folder, and what is known to lie in it; every write gets a time of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, bytes] = {}
        self._clock = 0

    def happen(self, event: str, path: str, other: str | None) -> None:
        held = self.files.get(path)
        if event == "write" and other:
            self._put(path, PHOTOS[other])
        elif event == "spoil":
            self._put(path, BAD)
        elif held is None:
            return
        elif event == "delete":
            self._remove(path)
        elif event == "touch":
            self._put(path, held)
        elif event == "copy" and other and other != path:
            self._put(other, held)
        elif event == "rename" and other and other != path:
            self._remove(path)
            self._put(other, held)

    def _put(self, path: str, data: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self._clock += 1
        os.utime(file, (self._clock, self._clock))
        self.files[path] = data

    def _remove(self, path: str) -> None:
        (self.root / path).unlink()
        del self.files[path]

    def live(self) -> dict[str, str]:
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items() if data != BAD}


def expected(before: dict[str, str], after: dict[str, str], folder: Folder) -> dict[str, int]:
    """The numbers of the report, from what was live before and is live now."""
    gone = {path: sha for path, sha in before.items() if path not in folder.files}
    new = {path: sha for path, sha in after.items() if path not in before}
    changed = sum(before[path] != sha for path, sha in after.items() if path in before)
    renamed = (Counter(gone.values()) & Counter(new.values())).total()
    return {
        "photos": len(after),
        "new": len(new) - renamed,
        "changed": changed,
        "renamed": renamed,
        "deleted": len(gone) - renamed,
        "unchanged": len(after) - len(new) - changed,
        "quarantined": len(folder.files) - len(after),
    }


def numbers(report: ScanReport) -> dict[str, int]:
    names = ("photos", "new", "changed", "renamed", "deleted", "unchanged", "quarantined")
    return {name: getattr(report, name) for name in names}


@examples(max_examples=25)
@given(st.lists(st.lists(events, max_size=5), min_size=1, max_size=4))
def test_a_scan_finds_the_folder_as_it_is_and_counts_what_happened(nights):
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = Folder(root / "raw")
        folder.root.mkdir()
        catalogue = Catalogue(Layout(root / "data"), RawFolder(folder.root))
        batches: dict[str, bytes] = {}
        homes: dict[str, str] = {}
        for night in nights:
            before = folder.live()
            for event in night:
                folder.happen(*event)
            report = catalogue.scan(batch_size=2)
            after = folder.live()
            assert numbers(report) == expected(before, after, folder)

            live = catalogue.live()
            assert dict(live[["path", "sha256"]].itertuples(index=False)) == after
            assert set(catalogue.quarantined()["path"]) == set(folder.files) - set(after)
            assert list(catalogue.table()["path"]) == sorted(folder.files)
            assert catalogue.contents()["sha256"].is_unique and set(catalogue.contents()["sha256"]) == {*after.values()}

            stored = {key: Layout(root / "data").batch(key).read_bytes() for key in catalogue.batch_keys()}
            assert {key: stored[key] for key in batches} == batches, "a batch was rewritten"
            assert set(report.batches) == stored.keys() - batches.keys()
            batches = stored
            for row in live.itertuples():
                assert homes.setdefault(row.sha256, row.batch) == row.batch, "a content moved to another batch"
                assert row.sha256 in set(pd.read_parquet(Layout(root / "data").batch(row.batch))["sha256"])
            assert numbers(catalogue.scan(batch_size=2)) == expected(after, after, folder)


def test_a_catalogue_that_another_process_has_changed_is_read_again(store, save_photo):
    save_photo("a.png")
    store.catalogue.scan()
    assert list(store.catalogue.live()["path"]) == ["a.png"]
    save_photo("b.png", "red")
    Store(store.settings).catalogue.scan()
    assert list(store.catalogue.live()["path"]) == ["a.png", "b.png"]


def test_what_a_caller_does_to_a_table_stays_with_the_caller(store, save_photo):
    save_photo("a.png")
    store.catalogue.scan()
    for read in (store.catalogue.table, store.catalogue.live, store.catalogue.contents):
        table = read()
        table["path"] = "other"
        table.loc[0, "sha256"] = "other"
        assert list(read()["path"]) == ["a.png"] and "other" not in set(read()["sha256"])


class Restless:
    """Writes to a file each time that it has been read, as often as said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, file: Path, times: int) -> None:
        real = raw_folder.read_all

        def read_all(opened: BinaryIO, path: Path) -> bytes:
            data = real(opened, path)
            if self.left and path == file:
                self.left -= 1
                os.utime(file, (1000 + self.left, 1000 + self.left))
            return data

        self.left = times
        monkeypatch.setattr(raw_folder, "read_all", read_all)


def test_a_file_that_changes_while_it_is_read_is_read_again(store, save_photo, monkeypatch):
    file = save_photo("a.png")
    Restless(monkeypatch, file, times=raw_folder.READS - 1)
    store.catalogue.scan()
    row = store.catalogue.live().iloc[0]
    assert row["mtime_ns"] == file.stat().st_mtime_ns
    assert store.catalogue.scan().unchanged == 1


def test_a_file_that_keeps_changing_is_left_to_the_next_scan(store, save_photo, monkeypatch):
    file = save_photo("a.png")
    Restless(monkeypatch, file, times=raw_folder.READS)
    assert store.catalogue.scan().quarantined == 1
    assert list(store.catalogue.quarantined()["reason"]) == [
        "the file changes while it is read; the next scan reads it again"
    ]
    assert store.catalogue.scan().new == 1


def test_a_file_that_vanishes_while_it_is_read_is_no_entry(store, save_photo):
    file = save_photo("a.png")
    listed = store.raw.listed(store.catalogue.table()["path"])
    file.unlink()
    assert scanning.open_files(store.raw, listed, {}).rows == []


def test_an_unmounted_raw_folder_does_not_empty_the_catalogue(store, save_photo, settings: Settings):
    save_photo("a.png")
    store.catalogue.scan()
    settings.raw_dir.rename(settings.raw_dir.with_name("away"))
    with pytest.raises(NoRawFolder, match="is gone, and the catalogue knows 1 files in it; mount it again"):
        store.catalogue.scan()
    assert list(store.catalogue.live()["path"]) == ["a.png"]
    settings.raw_dir.mkdir()
    assert store.catalogue.scan().deleted == 1
