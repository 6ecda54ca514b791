"""A list of changes is looked up in object storage by names, without a listing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests import object_storage
from tests.object_storage import Bucket
from tests.store.raw.test_bucket_scan import png
from tiefvision_assets.store.changes import BadChanges, Changes
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket


def told(**changes: str) -> Changes:
    return Changes(Path("changes.csv"), {f"{path}.png": (change, "line 2") for path, change in changes.items()})


def test_only_what_is_listed_is_asked_for_and_the_result_is_that_of_a_listing(bucket: Bucket, tmp_path: Path):
    for name, colour in (("a", "red"), ("b", "green"), ("c", "blue")):
        bucket.put(f"{name}.png", png(colour))
    store, other = Store(bucket.settings), bucket.but(data=tmp_path / "other")
    store.catalogue.scan()
    other.catalogue.scan()
    bucket.put("a.png", png("white"))
    bucket.put("d.png", png("black"))
    bucket.delete("c.png")
    bucket.storage.requests.clear()
    report = store.catalogue.scan(changes=told(a="changed", c="deleted", d="added"))
    listings = [request for request in bucket.storage.requests if "list-type" in request]
    assert len(listings) == 1, "whether there is anything at all"
    assert sorted(bucket.storage.gets()) == ["a.png", "d.png"]
    assert (report.new, report.changed, report.deleted, report.unchanged) == (1, 1, 1, 1)
    assert other.catalogue.scan() == report
    pd.testing.assert_frame_equal(store.catalogue.table(), other.catalogue.table())


def test_a_storage_that_fails_changes_nothing(bucket: Bucket, monkeypatch: pytest.MonkeyPatch):
    bucket.put("a.png", png("red"))
    store = Store(bucket.settings)
    store.catalogue.scan()
    bucket.put("b.png", png("green"))
    bucket.storage.breaks("HEAD", "b.png", "403")
    with pytest.raises(RawUnavailable):
        store.catalogue.scan(changes=told(a="deleted", b="added"))
    bucket.storage.heals()
    with pytest.raises(BadChanges, match="said to be deleted, and it is there in s3"):
        store.catalogue.scan(changes=told(a="deleted", b="added"))
    assert list(store.catalogue.live()["path"]) == ["a.png"]
