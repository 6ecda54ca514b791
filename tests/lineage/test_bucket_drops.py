"""What is dropped in the app where photos lie in object storage."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests import object_storage
from tests.object_storage import Bucket
from tiefvision_assets.lineage.staged import Dropped, look_at_photos, photos_of, stage_files, take
from tiefvision_assets.store.labels.choices import Choices
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.staging import Stage, Staging
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(buffer, "PNG")
    return buffer.getvalue()


def dropped(store: Store) -> Stage:
    given = [Dropped("shop/a.png", png("teal")), Dropped("shop/sub/b.png", png("red"))]
    return stage_files(Staging(store.layout.arrivals), given, is_folder=True)


def test_photos_are_reported_against_the_bucket_then_taken_into_it(bucket: Bucket) -> None:
    store = Store(bucket.settings)
    bucket.put("a.png", png("teal"))
    stage = dropped(store)
    look_at_photos(store, stage)
    found = photos_of(stage)
    assert found and (found["new"], found["unchanged"], found["to_copy"]) == (1, 1, 1)
    assert bucket.paths() == ["a.png"]
    assert take(store, stage, None, Choices())["photos"] == 1
    assert bucket.paths() == ["a.png", "sub/b.png"]
    assert store.catalogue.scan().new == 2


def test_taking_goes_on_where_an_outage_stopped_it(bucket: Bucket) -> None:
    store = Store(bucket.settings)
    stage = dropped(store)
    look_at_photos(store, stage)
    bucket.storage.breaks("PUT", "b.png", "500")
    with pytest.raises(RawUnavailable, match=r"The storage of s3://.* fails \(500 Internal Server Error\)"):
        take(store, stage, None, Choices())
    assert "sub/b.png" not in bucket.paths()
    bucket.storage.heals()
    take(store, stage, None, Choices())
    assert bucket.paths() == ["a.png", "sub/b.png"]


def test_a_look_at_a_bucket_that_does_not_answer_says_so(bucket: Bucket) -> None:
    store = Store(bucket.settings)
    stage = dropped(store)
    bucket.storage.breaks("GET", bucket.name, "403:AccessDenied")
    with pytest.raises(RawUnavailable, match=r"Access to s3://.* is refused"):
        look_at_photos(store, stage)
    assert photos_of(stage) is None
