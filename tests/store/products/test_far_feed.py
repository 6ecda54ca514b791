"""A feed at a URL is that of a file with the same bytes, and is fetched when it has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import ftp_server, object_storage
from tests.ftp_server import Far
from tests.object_storage import Bucket
from tests.store.products.feeds import ROWS, csv_text, write
from tests.store.raw.test_bucket_scan import png
from tiefvision_assets.lineage import products
from tiefvision_assets.lineage.products import feed_version, take_over_feed, why_products_are_due
from tiefvision_assets.store.products.feed import read_feed
from tiefvision_assets.store.products.source import BadFeed, source_of
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
server, far = ftp_server.server, ftp_server.far


@pytest.fixture(params=["bucket", "far"])
def place(request: pytest.FixtureRequest) -> Bucket | Far:
    """An empty place for photos and feeds, in object storage and where fsspec reads."""
    found: Bucket | Far = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def shop(place: Bucket | Far, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three products with a photo each, at one place; nothing was taken over yet."""
    monkeypatch.setattr(products, "ASKED_AGAIN_S", 0.0)
    for row, colour in zip(ROWS, ("red", "green", "blue"), strict=True):
        place.put(row["path"], png(colour))
    place.put("feed/products.csv", csv_text().encode())
    store = place.but(products=f"{place.settings.raw}/feed/products.csv")
    store.catalogue.scan()
    return store


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_it_is_that_of_the_file(place: Bucket | Far, tmp_path: Path, kind: str) -> None:
    file = Path(write(tmp_path / "feed", kind))
    place.put(file.name, file.read_bytes())
    here, there = read_feed(source_of(str(file))), read_feed(source_of(f"{place.settings.raw}/{file.name}"))
    assert there.products.equals(here.products) and there.columns == here.columns and there.named.equals(here.named)


def test_a_schema_beside_it_counts_unless_another_one_is_named(place: Bucket | Far, tmp_path: Path) -> None:
    url = f"{place.settings.raw}/products.csv"
    place.put("products.csv", csv_text().encode())
    place.put("products.schema.toml", b'[columns]\nbrand = "leave out"\n')
    assert "brand" not in read_feed(source_of(url)).products.column_names
    own = tmp_path / "own.toml"
    own.write_text('[columns]\nprice = "leave out"\n')
    names = read_feed(source_of(url, own)).products.column_names
    assert "brand" in names and "price" not in names


def test_it_is_taken_over_when_it_or_its_schema_has_changed_and_not_fetched_before(
    shop: Store, place: Bucket | Far
) -> None:
    assert take_over_feed(shop).photos == 3
    lines = place.storage.requests if isinstance(place, Bucket) else place.server.lines
    lines.clear()
    assert why_products_are_due(shop) is None
    assert lines and not [line for line in lines if line.startswith(("GET", "RETR"))]
    place.put("feed/products.csv", csv_text([*ROWS[:2], {**ROWS[2], "brand": "By"}]).encode())  # of the same size
    assert why_products_are_due(shop) == "the feed of products has changed"
    take_over_feed(shop)
    place.put("feed/products.schema.toml", b'[columns]\nbrand = "leave out"\n')
    assert why_products_are_due(shop) == "the feed of products has changed"
    assert "brand" not in take_over_feed(shop).names


def test_products_stay_while_it_cannot_be_had(shop: Store, place: Bucket | Far) -> None:
    taken = len(take_over_feed(shop))
    if isinstance(place, Bucket):
        place.storage.breaks("HEAD", "products.csv", "403:AccessDenied")
        place.storage.breaks("GET", "products.csv", "403:AccessDenied")
    else:
        place.server.breaks("MLST /photos/feed/products.csv", "hang up")
    url = shop.settings.products
    with pytest.raises(BadFeed, match=rf"^The feed of products {url} cannot be read: .*(refused|broke off)"):
        feed_version(shop)
    with pytest.raises(BadFeed, match="cannot be read"):
        take_over_feed(shop)
    assert len(shop.products.read() or ()) == taken


def test_a_feed_that_is_not_there_is_told(place: Bucket | Far) -> None:
    source = source_of(f"{place.settings.raw}/lost.csv")
    for reading in (source.stamp, lambda: read_feed(source)):
        with pytest.raises(BadFeed, match=rf"^The feed of products {source.url} is not there; see TIEFVISION_PRODUCTS"):
            reading()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("s3://key:secret@shop/products.csv", "credentials come from the environment"),
        ("sftp://me:secret@shop/products.csv", "credentials come from fsspec's configuration"),
        ("foo://shop/products.csv", "there is no foo://"),
        ("s3://shop/products.xlsx", "or the URL of a file that ends in .csv"),
    ],
)
def test_a_url_that_names_none_is_a_sentence_without_a_password(text: str, reason: str) -> None:
    with pytest.raises(BadFeed, match=reason) as raised:
        source_of(text)
    assert "secret" not in str(raised.value)
