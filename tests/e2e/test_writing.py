"""A shop's system writes through the API of a real server, by the generated client, and hears when it is searchable."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from tests.e2e.serving import served
from tests.ui.small_catalogue import encoded, picture, serve
from tests.ui.tokens import token_settings
from tiefvision_assets.client import AuthenticatedClient, Client
from tiefvision_assets.client.api.photos import change_photos, delete_photo, photo, put_photo
from tiefvision_assets.client.api.products import change_products, put_product
from tiefvision_assets.client.api.search import search_by_product
from tiefvision_assets.client.models import (
    BodyChangePhotos,
    ChangedProducts,
    Error,
    Photo,
    PhotoChanges,
    Product,
    ProductChanges,
    ProductColumns,
    ProductContent,
    ProductContentColumns,
    SearchByProductBy,
    SearchResult,
    WrittenPhoto,
)
from tiefvision_assets.client.types import File
from tiefvision_assets.lineage.announcements import announce
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

pytestmark = pytest.mark.acceptance
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
PHOTOS = {f"gowns/größe {number}.jpg": encoded(picture(number / 7)) for number in range(6)}
FRONT, BACK, *MORE = PHOTOS


def file_of(path: str) -> File:
    return File(BytesIO(PHOTOS[path]), path)


def test_photos_and_products_are_written_found_and_announced(settings: Settings, tmp_path: Path) -> None:
    told: list[dict[str, object]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    tokens = ",".join(f"{name}={one.role}:{one.sha256}" for name, one in token_settings().items())
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        webhook = f"http://127.0.0.1:{receiver.server_port}/"
        store = Store(Settings(data=settings.data, served_webhook=webhook, served_webhook_secret=SECRET))
        more = {"API_TOKENS": tokens, "SERVED_WEBHOOK": webhook}
        with served(settings.data_dir, tmp_path / "server.log", **more) as (url, _):
            shop, site = (AuthenticatedClient(url, token, timeout=60) for token in ("tv_shop", "tv_site"))
            _write(url, shop, site, store)
            assert told == []
            serve(store)  # a scan, and an index of what it finds
            take_over_feed(store)
            announce(store)
            announce(store)
            _find(shop, store)
        receiver.shutdown()
    (document,) = told
    assert document["type"] == "index.served"
    paths = {one["path"]: one["sha256"] for one in document["data"]["photos"]}  # type: ignore[index]
    assert paths == {path: hashlib.sha256(PHOTOS[path]).hexdigest() for path in (FRONT, BACK, *MORE[1:])} | {
        MORE[0]: None
    }
    products = {one["product_id"]: one["photos"] for one in document["data"]["products"]}  # type: ignore[index]
    assert products == {"A/17": [FRONT, BACK], "B-2": [MORE[1]], "C-3": [MORE[2]]}


def _write(url: str, shop: AuthenticatedClient, site: AuthenticatedClient, store: Store) -> None:
    for refused in (
        put_photo.sync_detailed(FRONT, client=site, body=file_of(FRONT)),
        put_photo.sync_detailed(FRONT, client=Client(base_url=url), body=file_of(FRONT)),  # type: ignore[arg-type]
    ):
        assert refused.status_code in (401, 403) and isinstance(refused.parsed, str)
    assert not store.settings.raw_dir.exists()

    def put(_: int) -> object:
        return put_photo.sync(FRONT, client=shop, body=file_of(FRONT), idempotency_key="4711")

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(put, range(3)))
    (first,) = {json.dumps(one.to_dict()) for one in answers if isinstance(one, WrittenPhoto)}
    assert len(answers) == 3 and json.loads(first)["change"] == "added"
    reused = put_photo.sync(FRONT, client=shop, body=file_of(BACK), idempotency_key="4711")
    assert isinstance(reused, Error) and "another request" in reused.error
    changes = BodyChangePhotos(photos=[file_of(path) for path in (BACK, *MORE)], removed=["nobody.jpg"])
    changed = change_photos.sync(client=shop, body=changes)
    assert isinstance(changed, PhotoChanges)
    assert [one.path for one in changed.written] == [BACK, *MORE] and changed.removed == []
    assert isinstance(delete_photo.sync(MORE[0], client=shop), PhotoChanges)
    gown = ProductContent(photos=[FRONT, BACK], columns=ProductContentColumns.from_dict({"price": 79.9, "sale": True}))
    assert put_product.sync("A/17", client=shop, body=gown) == ChangedProducts(written=1, removed=[])
    cheap = Product("B-2", [MORE[1]], ProductColumns.from_dict({"price": 9, "colours": ["red", "black"]}))
    many = ProductChanges([cheap, Product("C-3", ["gowns/größe 4*.jpg"])])
    assert change_products.sync(client=shop, body=many) == ChangedProducts(written=2, removed=[])


def _find(shop: AuthenticatedClient, store: Store) -> None:
    known = photo.sync(FRONT, client=shop)
    assert isinstance(known, Photo) and known.sha256 == hashlib.sha256(PHOTOS[FRONT]).hexdigest()
    found = search_by_product.sync(client=shop, product="A/17", by=SearchByProductBy.PRODUCT, where="price < 10")
    assert isinstance(found, SearchResult)
    assert [(hit.product_id, hit.path) for hit in found.hits] == [("B-2", MORE[1])]
    everything = search_by_product.sync(client=shop, product="A/17")
    assert isinstance(everything, SearchResult) and {hit.path for hit in everything.hits} == set(MORE[1:])
