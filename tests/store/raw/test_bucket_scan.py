"""Photos in object storage are scanned like those of a folder; what the listing shows as unchanged is not fetched."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests import object_storage
from tests.object_storage import Bucket
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import NoRawFolder
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket


def png(colour: str, side: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def scanned(bucket: Bucket) -> Store:
    """Three photos that were scanned."""
    for path, colour in (("a.png", "red"), ("sub/b b.png", "green"), ("sub/deep/ü.png", "blue")):
        bucket.put(path, png(colour))
    store = Store(bucket.settings)
    assert store.catalogue.scan().new == 3
    bucket.storage.requests.clear()
    return store


def table(store: Store) -> pd.DataFrame:
    return store.catalogue.table().drop(columns="mtime_ns")


def test_the_catalogue_is_that_of_a_folder_with_the_same_files(bucket: Bucket, tmp_path: Path):
    folder = tmp_path / "raw"
    for path, content in (
        ("a.png", png("red")),
        ("sub/b.png", png("red")),
        ("sub/c.jpg", b"no photo"),
        ("d.txt", b"text"),
        (".hidden/e.png", png("blue")),
    ):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    bucket.take(folder)
    local, remote = Store(Settings(data=tmp_path / "local", raw=folder)), Store(bucket.settings)
    assert local.catalogue.scan() == remote.catalogue.scan()
    pd.testing.assert_frame_equal(table(local), table(remote))


def test_photos_that_move_from_a_folder_into_a_bucket_are_the_same_ones(bucket: Bucket, tmp_path: Path):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.png").write_bytes(png("red"))
    local = Store(Settings(data=bucket.settings.data, raw=folder))
    local.catalogue.scan()
    before = table(local)
    bucket.take(folder)
    report = Store(bucket.settings).catalogue.scan()
    assert (report.unchanged, report.new, report.changed, report.deleted, report.batches) == (1, 0, 0, 0, ())
    pd.testing.assert_frame_equal(table(Store(bucket.settings)), before)


def test_names_that_only_a_folder_can_have_count_as_deleted(bucket: Bucket, tmp_path: Path):
    (tmp_path / "raw").mkdir()
    for name in ("a.png", "line\nbreak.png"):
        (tmp_path / "raw" / name).write_bytes(png("red"))
    Store(Settings(data=bucket.settings.data, raw=tmp_path / "raw")).catalogue.scan()
    bucket.put("a.png", png("red"))
    assert Store(bucket.settings).catalogue.scan().deleted == 1


def test_a_quiet_scan_lists_and_fetches_nothing(scanned: Store, bucket: Bucket):
    assert scanned.catalogue.scan().unchanged == 3
    assert bucket.storage.gets() == [] and bucket.storage.requests


def test_new_changed_renamed_and_deleted_photos_are_found(scanned: Store, bucket: Bucket):
    bucket.put("new.png", png("yellow"))
    bucket.put("a.png", png("black"))
    bucket.delete("sub/b b.png")
    bucket.put("moved.png", png("green"))
    bucket.delete("sub/deep/ü.png")
    report = scanned.catalogue.scan()
    found = (report.photos, report.new, report.changed, report.renamed, report.deleted)
    assert found == (3, 1, 1, 1, 1)
    assert sorted(bucket.storage.gets()) == ["a.png", "moved.png", "new.png"]


def test_a_photo_of_the_same_size_is_noticed_within_the_same_second(scanned: Store, bucket: Bucket):
    known = set()
    for colour in ("red", "green"):
        content = io.BytesIO()
        Image.new("RGB", (40, 40), colour).save(content, "BMP")
        bucket.put("a.bmp", content.getvalue())
        scanned.catalogue.scan()
        row = scanned.catalogue.live().set_index("path").loc["a.bmp"]
        known.add((row["bytes"], row["mtime_ns"] % 10**9, row["sha256"]))
    assert len(known) == 2 and len({size for size, _, _ in known}) == 1
    assert len({part for _, part, _ in known}) == 2  # whatever the second


def test_hidden_objects_and_those_that_mark_folders_are_no_entries(scanned: Store, bucket: Bucket):
    for path in ("folder/", "sub/", ".hidden.png", ".folder/a.png"):
        bucket.put(path, b"" if path.endswith("/") else png("red"))
    assert scanned.catalogue.scan().unchanged == 3
    assert len(scanned.catalogue.table()) == 3


def test_an_empty_prefix_does_not_empty_the_catalogue(scanned: Store, bucket: Bucket):
    elsewhere = bucket.but(raw=f"s3://{bucket.name}/typo")
    with pytest.raises(NoRawFolder, match=r"nothing at s3://.*/typo any more, and the catalogue knows 3 files in it"):
        elsewhere.catalogue.scan()
    assert len(elsewhere.catalogue.live()) == 3


def test_a_hidden_object_says_that_the_photos_are_to_be_forgotten(scanned: Store, bucket: Bucket):
    for path in ("a.png", "sub/b b.png", "sub/deep/ü.png"):
        bucket.delete(path)
    bucket.put(".keep", b"")
    assert scanned.catalogue.scan().deleted == 3


def test_what_was_scanned_is_read_from_the_cache(scanned: Store, bucket: Bucket):
    assert scanned.catalogue.open("a.png").getpixel((0, 0)) == (255, 0, 0)
    with scanned.catalogue.opened("sub/b b.png") as photo:
        assert photo.getpixel((0, 0)) == (0, 128, 0)
    assert scanned.catalogue.read("sub/deep/ü.png") == png("blue")
    assert bucket.storage.requests == []


def test_without_a_cache_it_is_fetched(scanned: Store, bucket: Bucket):
    bare = bucket.but(cache_gb=0)
    for _ in range(2):
        assert bare.catalogue.read("a.png") == png("red")
    assert bucket.storage.gets() == ["a.png", "a.png"]
