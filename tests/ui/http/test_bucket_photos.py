"""The routes that serve photos, where these lie in object storage."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests import object_storage
from tests.object_storage import Bucket
from tests.ui.small_catalogue import encoded, picture
from tiefvision_ui.http.images import photo_routes
from tiefvision_ui.values import photo_url, thumbnail_url

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket


@pytest.fixture
def served(bucket: Bucket) -> tuple[TestClient, str]:
    """The routes of a data folder without a cache, and the hash of its one photo."""
    bucket.put("a.png", encoded(picture(0.3, (64, 64)), "PNG"))
    store = bucket.but(cache_gb=0)
    store.catalogue.scan()
    return TestClient(Starlette(routes=photo_routes(store))), store.catalogue.live()["sha256"].iloc[0]


def test_photos_and_thumbnails_are_served(served: tuple[TestClient, str]):
    client, sha256 = served
    for url in (photo_url(sha256), thumbnail_url(sha256, 160)):
        assert client.get(url).status_code == 200


def test_a_photo_that_has_gone_is_not_found(served: tuple[TestClient, str], bucket: Bucket):
    client, sha256 = served
    bucket.delete("a.png")
    assert client.get(photo_url(sha256)).status_code == 404


def test_an_outage_is_no_missing_photo_and_is_not_cached(served: tuple[TestClient, str], bucket: Bucket):
    client, sha256 = served
    bucket.storage.breaks("GET", "a.png", "500")
    answer = client.get(photo_url(sha256))
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    bucket.storage.heals()
    assert client.get(photo_url(sha256)).status_code == 200
