"""The catalogue's table is read by need and rewritten by groups, with the rows that the whole table has."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tiefvision_assets.store import catalogue as module
from tiefvision_assets.store import catalogue_table, scanning, sealed
from tiefvision_assets.store.scan_listing import KnownSizes
from tiefvision_assets.store.schemas import BATCH, CATALOGUE
from tiefvision_assets.store.store import Store


@pytest.fixture
def filled(store: Store, save_photo: Callable[..., Path]) -> Store:
    """Three batches, a twin of a photo of the first, and two files that are no photos."""
    for number in range(5):
        save_photo(f"{number}.png", (0, number, 0))
    shutil.copy(store.settings.raw_dir / "0.png", store.settings.raw_dir / "z.png")
    for name in ("a.txt", "z.txt"):
        (store.settings.raw_dir / name).write_text("no photo")
    store.catalogue.scan(batch_size=2)
    return store


def again(store: Store) -> Store:
    """The same data folder in a process that has read nothing yet."""
    return Store(store.settings)


def test_each_batch_has_a_row_group_and_files_that_are_no_photos_have_one(filled: Store) -> None:
    metadata = pq.read_metadata(filled.layout.catalogue)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    batch = metadata.schema.names.index("batch")
    held = [(group.column(batch).statistics.min, group.column(batch).statistics.max) for group in groups]
    assert held == [(key, key) for key in ["", *filled.catalogue.batch_keys()]]
    assert [group.num_rows for group in groups] == [2, 3, 2, 1]


def test_what_is_read_of_some_batches_or_columns_is_what_the_whole_table_has(filled: Store) -> None:
    keys = filled.catalogue.batch_keys()
    contents, live = filled.catalogue.contents(), filled.catalogue.live()
    for batches in ([], keys[:1], keys[1:], [*keys, "none"]):
        expected = contents[contents["batch"].isin(batches)][module.BRIEF].reset_index(drop=True)
        pd.testing.assert_frame_equal(again(filled).catalogue.contents_of(batches).reset_index(drop=True), expected)
        pd.testing.assert_frame_equal(filled.catalogue.contents_of(batches).reset_index(drop=True), expected)
    for columns in (["sha256", "path"], ["mtime_ns"], CATALOGUE.names):
        pd.testing.assert_frame_equal(again(filled).catalogue.live(columns), live[columns])
    assert again(filled).catalogue.photo_count() == len(live) == 6
    assert again(filled).catalogue.version() == filled.catalogue.version()
    assert list(again(filled).catalogue.quarantined()["path"]) == ["a.txt", "z.txt"]


def test_a_batch_is_read_without_the_rest_of_the_table(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key, *_ = filled.catalogue.batch_keys()
    contents = filled.catalogue.contents()
    expected = contents.loc[contents["batch"] == key, "path"].tolist()
    other = again(filled)
    content = filled.layout.catalogue.read_bytes()
    metadata = pq.read_metadata(filled.layout.catalogue)
    last = metadata.row_group(metadata.num_row_groups - 1)
    first = min(last.column(number).dictionary_page_offset for number in range(last.num_columns))
    sizes = sum(last.column(number).total_compressed_size for number in range(last.num_columns))
    filled.layout.catalogue.write_bytes(content[:first] + bytes(sizes) + content[first + sizes :])
    for verifying in (sealed, catalogue_table):  # which would notice it
        monkeypatch.setattr(verifying, "verify", lambda file: None)
    assert other.catalogue.contents_of([key])["path"].tolist() == expected
    with pytest.raises(sealed.DamagedFile):
        other.catalogue.live()


def test_a_table_of_before_is_taken_over_without_opening_a_photo(
    filled: Store, save_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = filled.catalogue.table()
    sealed.write_parquet(filled.layout.catalogue, table)
    assert pq.read_metadata(filled.layout.catalogue).num_row_groups == 1
    opened: list[str] = []
    really = scanning.decodable_size
    monkeypatch.setattr(scanning, "decodable_size", lambda data: opened.append("a photo") or really(data))
    keys = filled.catalogue.batch_keys()
    assert set(again(filled).catalogue.contents_of(keys[:1])["path"]) < set(table["path"])
    assert filled.catalogue.scan(batch_size=2).unchanged == 6 and opened == []
    save_photo("new.png", "white")
    report = filled.catalogue.scan(batch_size=2)
    assert (report.new, report.unchanged, len(report.batches), len(opened)) == (1, 6, 1, 1)
    assert pq.read_metadata(filled.layout.catalogue).num_row_groups == 5
    after = filled.catalogue.table()
    pd.testing.assert_frame_equal(after[after["path"] != "new.png"].reset_index(drop=True), table)


def test_a_photo_that_comes_again_is_not_decoded(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "decodable_size", None)
    (filled.settings.raw_dir / "4.png").rename(filled.settings.raw_dir / "later.png")
    assert filled.catalogue.scan(batch_size=2).renamed == 1


def test_known_sizes_are_found_by_their_whole_digest() -> None:
    contents = pd.DataFrame(
        {"sha256": ["00" * 32, "ff" * 31 + "00", "ab" * 32], "width": [1, 2, 3], "height": [4, 5, 6]}
    )
    sizes = KnownSizes(contents[BATCH.names])
    assert [sizes.get(sha256) for sha256 in contents["sha256"]] == [(1, 4), (2, 5), (3, 6)]
    assert sizes.get("ab" * 31 + "ac") is None and sizes.get("ff" * 32) is None
    assert KnownSizes(contents[:0]).get("ab" * 32) is None
