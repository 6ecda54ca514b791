"""Whatever becomes of the storage or the way to it, no photo is lost or half read, and a sentence says what it was."""

from __future__ import annotations

import hashlib
import io
import sys
from contextlib import suppress
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from tests import object_storage
from tests.object_storage import PREFIX, Bucket
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store import scanning
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
LISTING = "list-type=2"


def noise(seed: int) -> bytes:
    """A photo; all have the same size."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (100, 200), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue().ljust(30_000, b"\0")


@pytest.fixture
def photos(bucket: Bucket) -> dict[str, bytes]:
    """Three photos in the bucket; nothing was scanned."""
    found = {f"{number}.png": noise(number) for number in range(3)}
    for path, content in found.items():
        bucket.put(path, content)
    return found


@pytest.fixture
def scanned(bucket: Bucket, photos: dict[str, bytes]) -> Store:
    store = bucket.but(cache_gb=0)
    store.catalogue.scan()
    bucket.storage.heals()
    return store


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("500", r"^The storage of s3://\S+ fails \(500 Internal Server Error\); try again later\.$"),
        ("503:SlowDown", r"fails \(503 Service Unavailable SlowDown\); try again later"),
        ("403:AccessDenied", r"Access to s3://\S+ is refused \(403 Forbidden AccessDenied\); check the credentials"),
        ("403:InvalidAccessKeyId", r"is refused \(403 Forbidden InvalidAccessKeyId\)"),
        ("400:AuthorizationHeaderMalformed", r"does not take the request \(400 Bad Request AuthorizationHeaderMalf"),
        ("404:NoSuchBucket", r"There is no bucket of s3://\S+; check that URL and AWS_ENDPOINT_URL"),
        ("cut", r"The connection to s3://\S+ broke off \(.+\); try again"),
    ],
)
def test_a_listing_that_fails_changes_nothing(scanned: Store, bucket: Bucket, fault: str, sentence: str):
    before = scanned.catalogue.table()
    bucket.storage.breaks("GET", LISTING, fault)
    with pytest.raises(RawUnavailable, match=sentence) as raised:
        scanned.catalogue.scan()
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300
    assert scanned.catalogue.table().equals(before)
    bucket.storage.heals()
    assert scanned.catalogue.scan().unchanged == 3


@pytest.mark.parametrize("fault", ["500", "503:SlowDown", "cut"])
@pytest.mark.parametrize("about", [LISTING, "1.png"])
def test_what_fails_once_is_asked_for_again(photos, bucket: Bucket, about: str, fault: str):
    bucket.storage.breaks("GET", about, fault, times=1)
    store = Store(bucket.settings)
    assert store.catalogue.scan().new == 3
    assert {path: store.catalogue.read(path) for path in photos} == photos


def test_a_photo_of_which_nothing_comes_any_more_is_asked_for_again(photos, bucket: Bucket, monkeypatch):
    monkeypatch.setattr(client, "SILENCE", timedelta(milliseconds=200))
    bucket.storage.breaks("GET", "1.png", "stall", times=1)
    store = Store(bucket.settings)
    assert store.catalogue.scan().new == 3
    assert store.catalogue.read("1.png") == photos["1.png"]


def test_a_photo_that_is_replaced_while_it_breaks_off_is_never_made_of_two(photos, bucket: Bucket):
    other = noise(11)
    assert len(other) == len(photos["1.png"])
    bucket.storage.breaks("GET", "1.png", "cut", times=1, then=lambda: bucket.put("1.png", other))
    store = Store(bucket.settings)
    with suppress(RawUnavailable):
        store.catalogue.scan()
    bucket.storage.heals()
    store.catalogue.scan()
    contents = store.catalogue.live().set_index("path")["sha256"]
    assert contents["1.png"] == hashlib.sha256(other).hexdigest() and not len(store.catalogue.quarantined())


@pytest.mark.parametrize("fault", ["500", "cut", "403:ExpiredToken"])
def test_what_was_read_before_an_outage_is_kept_and_the_rest_is_read_next_time(
    scanned, bucket: Bucket, fault, monkeypatch
):
    monkeypatch.setattr(scanning, "UNREAD", 1)
    for path in ("0.png", "1.png", "3.png", "4.png"):
        bucket.put(path, noise(int(path[0]) + 10))
    bucket.storage.breaks("GET", "1.png", fault)
    before = scanned.catalogue.live().set_index("path")["sha256"]
    with pytest.raises(RawUnavailable):
        scanned.catalogue.scan()
    after = scanned.catalogue.live().set_index("path")["sha256"]
    assert list(after.index) == ["0.png", "1.png", "2.png"] and list(after != before) == [True, False, False]
    assert not len(scanned.catalogue.quarantined())
    bucket.storage.heals()
    report = scanned.catalogue.scan()
    assert (report.new, report.changed, report.unchanged, report.deleted) == (2, 1, 2, 0)


def test_a_photo_that_a_lagging_listing_misses_is_not_deleted(scanned: Store, bucket: Bucket):
    bucket.delete("1.png")
    bucket.storage.breaks("GET", f"{LISTING}&prefix", "stale")
    scanned_again = Store(bucket.settings)
    scanned_again.raw.changes()  # the listing that is repeated from now on
    bucket.put("1.png", noise(1))
    assert scanned.catalogue.scan().deleted == 0
    assert list(scanned.catalogue.live()["path"]) == ["0.png", "1.png", "2.png"]


def test_an_object_that_is_listed_but_gone_is_no_bad_photo(scanned: Store, bucket: Bucket):
    bucket.put("3.png", noise(3))
    bucket.storage.breaks("GET", f"{LISTING}&prefix", "stale")
    Store(bucket.settings).raw.changes()
    bucket.delete("3.png")
    report = scanned.catalogue.scan()
    assert (report.new, report.quarantined, report.deleted) == (0, 0, 0)
    bucket.put("3.png", noise(3))
    assert scanned.catalogue.scan().new == 1


def test_a_photo_that_may_not_be_read_stays_what_it_was(scanned: Store, bucket: Bucket):
    for number in (1, 3):
        bucket.put(f"{number}.png", noise(number + 10))
        bucket.storage.breaks("GET", f"{number}.png", "403:AccessDenied")
    report = scanned.catalogue.scan()
    assert (report.photos, report.changed, report.quarantined, report.deleted) == (3, 0, 1, 0)
    assert list(scanned.catalogue.quarantined()["reason"]) == ["the storage refuses to give it; check the rights"]
    bucket.storage.heals()
    report = scanned.catalogue.scan()
    assert (report.photos, report.new, report.changed, report.quarantined) == (4, 1, 1, 0)


def test_one_photo_that_the_storage_cannot_give_holds_no_other_up(scanned: Store, bucket: Bucket):
    for number in (1, 3, 4, 5):
        bucket.put(f"{number}.png", noise(number + 10))
    for number in (1, 3):
        bucket.storage.breaks("GET", f"{number}.png", "500")
    for _ in range(2):
        report = scanned.catalogue.scan()
        assert (report.photos, report.changed, report.quarantined, report.deleted) == (5, 0, 1, 0)
    assert list(scanned.catalogue.quarantined()["path"]) == ["3.png"]
    bucket.storage.heals()
    report = scanned.catalogue.scan()
    assert (report.photos, report.new, report.changed, report.quarantined) == (6, 1, 1, 0)


def test_a_photo_that_cannot_be_reached_is_no_bad_photo(scanned: Store, bucket: Bucket):
    bucket.storage.breaks("GET", "1.png", "500")
    with pytest.raises(RawUnavailable), scanned.catalogue.opened("1.png"):
        pass
    bucket.delete("2.png")
    with pytest.raises(TiefVisionError, match=r"^2\.png has gone from s3://.* since the last scan; scan again") as gone:
        scanned.catalogue.open("2.png")
    assert not isinstance(gone.value, BadPhoto)


def test_a_photo_that_was_replaced_is_not_taken_for_the_former_one(scanned: Store, bucket: Bucket):
    other = noise(11)
    bucket.put("1.png", other)
    sentence = r"^1\.png has changed at s3://\S+ since the last scan; scan again\.$"
    with pytest.raises(RawUnavailable, match=sentence), scanned.catalogue.opened("1.png"):
        pass
    assert scanned.catalogue.read("1.png") == other  # those who show photos look by themselves
    scanned.catalogue.scan()
    with scanned.catalogue.opened("1.png") as photo:
        assert photo.size == (200, 100)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("403:InvalidObjectState", r"^1\.png: An object of s3://\S+ lies in an archive; restore it"),
        ("403:AccessDenied", r"^1\.png: Access to s3://\S+ is refused \(403 Forbidden AccessDenied\); check"),
    ],
)
def test_a_known_photo_that_is_not_given_stays_and_is_named_where_it_is_needed(
    scanned: Store, bucket: Bucket, fault: str, sentence: str
):
    bucket.storage.breaks("GET", "1.png", fault)
    assert scanned.catalogue.scan().unchanged == 3
    for reading in (scanned.catalogue.open, scanned.catalogue.read):
        with pytest.raises(RawUnavailable, match=sentence):
            reading("1.png")


def test_a_name_that_no_path_can_have_is_told(scanned: Store, bucket: Bucket):
    bucket.put("sub//4.png", noise(4))
    with pytest.raises(RawUnavailable, match=r"s3://\S+ can have no object of this name .*sub//4\.png.*rename it"):
        scanned.catalogue.scan()
    assert len(scanned.catalogue.live()) == 3


def test_a_storage_that_cannot_be_reached_is_told(bucket: Bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(RawUnavailable, match=r"cannot be reached at http://127\.0\.0\.1:1; check the network and AWS_"):
        Store(bucket.settings).catalogue.scan()


@pytest.mark.parametrize("missing", [["AWS_ACCESS_KEY_ID"], ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]])
def test_missing_credentials_are_told(bucket: Bucket, monkeypatch, missing: list[str]):
    for name in missing:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{bucket.storage.address}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/dev/null")
    bucket.storage.breaks("GET", "/credentials", "403")
    with pytest.raises(RawUnavailable, match=r"There are no credentials for s3://.*; set AWS_ACCESS_KEY_ID and"):
        Store(bucket.settings).catalogue.scan()


def test_the_missing_extra_is_told(bucket: Bucket, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(TiefVisionError, match=r"needs the extra s3; install it with pip install 'tiefvision\[s3\]'\.$"):
        Store(bucket.settings).catalogue.scan()


def test_a_bucket_that_does_not_exist_is_told(bucket: Bucket):
    with pytest.raises(RawUnavailable, match="There is no bucket of s3://"):
        bucket.but(raw=f"s3://{bucket.name}-not/{PREFIX}").catalogue.scan()
