"""Photos that people copy or add go into the bucket, once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests import object_storage
from tests.object_storage import Bucket
from tiefvision_assets.store.additions import add_photo
from tiefvision_assets.store.arrivals import report_on_photos
from tiefvision_assets.store.copying import copy_photos
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.photos import checked_photo, remove_photo, write_photo

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket


def jpeg(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "given/sub").mkdir(parents=True)
    (tmp_path / "given/a b.jpg").write_bytes(jpeg("red"))
    (tmp_path / "given/sub/ü.jpg").write_bytes(jpeg("green"))
    (tmp_path / "given/note.txt").write_text("no photo")
    return tmp_path / "given"


def puts(bucket: Bucket) -> int:
    return sum(line.startswith("PUT") for line in bucket.storage.requests)


def test_photos_of_a_folder_are_copied_once(bucket: Bucket, folder: Path):
    raw, done = Store(bucket.settings).raw, []
    copied = copy_photos(folder, raw, lambda *numbers: done.append(numbers))
    assert (copied.written, copied.passed_over) == (2, {"not a photo by its name (.txt)": 1})
    assert bucket.paths() == ["a b.jpg", "sub/ü.jpg"] and done == [(1, 2), (2, 2)]
    bucket.storage.requests.clear()
    assert copy_photos(folder, raw).written == 0 and puts(bucket) == 0 and bucket.storage.gets() == []
    (folder / "a b.jpg").write_bytes(jpeg("blue"))
    assert copy_photos(folder, raw).written == 1
    store = Store(bucket.settings)
    assert store.catalogue.scan().new == 2 and store.catalogue.read("a b.jpg") == jpeg("blue")


def test_a_look_at_photos_that_arrive_tells_what_would_be_replaced(bucket: Bucket, folder: Path):
    store = Store(bucket.settings)
    bucket.put("a b.jpg", jpeg("blue") + b"more")
    bucket.put("sub/ü.jpg", jpeg("green"))
    found = report_on_photos(folder, store.raw, store.catalogue.live())
    assert (found.unchanged, found.replaced, found.new) == (1, ["a b.jpg"], 0)
    assert bucket.storage.gets() == [] and puts(bucket) == 0


def test_copying_that_fails_is_told(bucket: Bucket, folder: Path):
    bucket.storage.breaks("PUT", "", "403:AccessDenied")
    with pytest.raises(RawUnavailable, match=r"Access to s3://.* is refused"):
        copy_photos(folder, Store(bucket.settings).raw)


def test_a_photo_is_added_once(bucket: Bucket):
    raw = Store(bucket.settings).raw
    path = add_photo(raw, "My dress.exe", jpeg("red"))
    assert add_photo(raw, "My dress.exe", jpeg("red")) == path
    assert bucket.paths() == [path]


def test_a_photo_is_put_replaced_left_alone_and_removed(bucket: Bucket):
    raw = Store(bucket.settings).raw
    photo, other = (checked_photo("gowns/ü 1.jpg", jpeg(colour)) for colour in ("red", "blue"))
    assert [write_photo(raw, one).change for one in (photo, photo, other)] == ["added", "unchanged", "replaced"]
    assert bucket.paths() == ["gowns/ü 1.jpg"] and raw.read("gowns/ü 1.jpg").content == other.data
    assert [remove_photo(raw, path) for path in ("gowns/ü 1.jpg", "gowns/ü 2.jpg")] == [True, False]
    assert bucket.paths() == []


def test_a_bucket_that_takes_nothing_is_told(bucket: Bucket):
    bucket.storage.breaks("PUT", "", "403:AccessDenied")
    with pytest.raises(RawUnavailable, match=r"Access to s3://.* is refused"):
        write_photo(Store(bucket.settings).raw, checked_photo("a.jpg", jpeg("red")))
