"""Photos that will be needed are fetched before, and what cannot be fetched is left to whoever needs it."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from PIL import Image

from tests import object_storage
from tests.object_storage import Bucket
from tiefvision_assets.store.raw.ahead import AHEAD
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
PHOTOS = AHEAD + 20


@pytest.fixture
def store(bucket: Bucket) -> Store:
    """Photos that were scanned on another machine: nothing is in the cache."""
    for number in range(PHOTOS):
        content = io.BytesIO()
        Image.new("RGB", (20, 20), (number, 0, 0)).save(content, "PNG")
        bucket.put(f"{number:02d}.png", content.getvalue())
    bucket.but(cache_gb=0).catalogue.scan()
    bucket.storage.requests.clear()
    return Store(bucket.settings)


def rows(store: Store) -> list[Any]:
    return list(store.catalogue.live().itertuples())


def test_rows_come_in_order_and_their_photos_can_be_opened(store: Store):
    seen = []
    for row in store.catalogue.ahead(rows(store)):
        assert store.catalogue.open(row.path).getpixel((0, 0)) == (len(seen), 0, 0)
        seen.append(row.path)
    assert seen == [f"{number:02d}.png" for number in range(PHOTOS)]


def test_photos_are_asked_for_before_it_is_their_turn(store: Store, monkeypatch: pytest.MonkeyPatch):
    asked = threading.Event()
    monkeypatch.setattr(store.raw, "fetch", lambda path, _: asked.set() if path == f"{AHEAD}.png" else None)
    ahead = store.catalogue.ahead(rows(store))
    assert next(ahead).path == "00.png"
    assert asked.wait(60)


def test_what_cannot_be_fetched_is_told_to_whoever_needs_it(store: Store, bucket: Bucket):
    bucket.storage.breaks("GET", "07.png", "500")
    for row in store.catalogue.ahead(rows(store)):
        if row.path == "07.png":
            with pytest.raises(RawUnavailable):
                store.catalogue.open(row.path)
        else:
            store.catalogue.open(row.path)


def test_nothing_is_fetched_where_nothing_can_be_kept(store: Store, bucket: Bucket):
    bare = bucket.but(cache_gb=0)
    assert len(list(bare.catalogue.ahead(rows(bare)))) == PHOTOS
    assert bucket.storage.gets() == []


def test_what_is_kept_is_not_fetched_again(store: Store, bucket: Bucket):
    for row in rows(store):
        store.catalogue.open(row.path)
    bucket.storage.requests.clear()
    assert len(list(store.catalogue.ahead(rows(store)))) == PHOTOS
    assert bucket.storage.gets() == []
