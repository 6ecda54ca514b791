"""Telling a webhook which photos that were written through the API are served: once, signed, until it is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from tests import shop
from tests.without_photos import content_of, unit_vectors
from tiefvision_assets.lineage import announcements, written_notes
from tiefvision_assets.lineage.announcements import Told, announce
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.lineage.written_notes import note_photos, note_products
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written import journal
from tiefvision_assets.store.written.products import WrittenProduct

SECRET = b"0123456789abcdef0123456789abcdef"
PATHS = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


@dataclass
class Webhook:
    """A server that keeps what is posted to it, and answers with that status."""

    url: str
    status: int = 204
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posted]

    def told(self) -> list[list[tuple[str, str | None]]]:
        """The photos of each announcement."""
        return [[(one["path"], one["sha256"]) for one in document["data"]["photos"]] for document in self.documents()]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.posted.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(received.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received = Webhook(f"http://127.0.0.1:{server.server_port}/secret")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield received
        server.shutdown()


@pytest.fixture
def store(settings: Settings, webhook: Webhook) -> Store:
    """A data folder whose served index knows three photos."""
    secret = f"whsec_{base64.b64encode(SECRET).decode()}"
    told = {"served_webhook": webhook.url, "served_webhook_secret": secret}
    store = Store(Settings(**settings.model_dump() | told))
    serve(store, PATHS[:3])
    return store


def serve(store: Store, paths: list[str]) -> None:
    shop.index(store, paths, unit_vectors(len(paths)))


def test_what_the_served_index_knows_is_told_once_and_the_rest_when_it_does(store: Store, webhook: Webhook) -> None:
    note_photos(store, {"a.jpg": content_of("a.jpg"), "d.jpg": content_of("d.jpg")})
    assert announce(store) == Told(1) and webhook.told() == [[("a.jpg", content_of("a.jpg"))]]
    assert announce(store) == Told() and len(webhook.posted) == 1
    serve(store, PATHS)
    announce(store)
    assert webhook.told()[1:] == [[("d.jpg", content_of("d.jpg"))]]
    assert webhook.documents()[1]["type"] == "index.served"
    assert webhook.documents()[1]["data"]["index"] == store.served.read().index["unsupervised"]
    assert announce(store) == Told() and len(webhook.posted) == 2


def test_a_photo_that_was_replaced_or_removed_is_told_when_the_index_follows(store: Store, webhook: Webhook) -> None:
    note_photos(store, {"a.jpg": "0" * 64, "b.jpg": None})
    announce(store)
    assert webhook.posted == []
    serve(store, ["a.jpg", "c.jpg"])
    announce(store)
    assert webhook.told() == [[("b.jpg", None)]]
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    announce(store)
    assert webhook.told()[1:] == [[("a.jpg", content_of("a.jpg"))]]


def write(store: Store, *products: WrittenProduct, removed: Sequence[str] = ()) -> None:
    """Write and remove products as the API does."""
    gone = store.written_products.change(products, removed)
    note_products(store, [one.product_id for one in products], gone)


def products_told(webhook: Webhook) -> list[dict[str, list[str] | None]]:
    """The products of each announcement, with their photos."""
    return [{one["product_id"]: one["photos"] for one in told["data"]["products"]} for told in webhook.documents()]


def test_a_product_is_told_when_it_was_taken_over_and_all_its_photos_are_served(store: Store, webhook: Webhook) -> None:
    note_photos(store, {"d.jpg": content_of("d.jpg")})
    write(
        store, WrittenProduct("A", ["a.jpg", "b.jpg", "nobody.jpg"], {"price": 79.9}), WrittenProduct("D", ["[cd].jpg"])
    )
    write(store, WrittenProduct("E", ["?.jpg", "c.jpg"]), WrittenProduct("F"), WrittenProduct("G", ["nobody.jpg"]))
    assert announce(store) == Told(), "nothing was taken over yet"
    take_over_feed(store)
    write(store, WrittenProduct("A", ["a.jpg"], {"price": 59.9}))
    assert announce(store) == Told(1)
    assert products_told(webhook) == [{"F": []}], "A was written again, E waits for d.jpg, and G has no photo"
    take_over_feed(store)
    assert announce(store) == Told(1) and products_told(webhook)[1:] == [{"A": ["a.jpg"]}]
    assert announce(store) == Told()
    serve(store, PATHS)
    take_over_feed(store)
    assert announce(store) == Told(1)
    assert products_told(webhook)[2:] == [{"E": ["c.jpg", "b.jpg", "d.jpg"]}]
    assert webhook.told()[2:] == [[("d.jpg", content_of("d.jpg"))]], "in one announcement with its photo"
    write(store, removed=["A"])
    assert announce(store) == Told()
    take_over_feed(store)
    assert announce(store) == Told(1) and products_told(webhook)[3:] == [{"A": None}]


def test_products_are_told_while_others_are_written_all_the_time(
    store: Store, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SPARE", 3)  # the file of what was written is made anew every few changes
    for price in range(12):
        write(store, WrittenProduct("A", ["a.jpg"], {"price": price}))
        take_over_feed(store)
        for other in range(price % 5):
            write(store, WrittenProduct("B", ["b.jpg"], {"price": other}))
        announce(store)
    assert len([told for told in products_told(webhook) if "A" in told]) == 12
    assert "B" not in products_told(webhook)[-1], "it was written again since"


def test_it_is_signed_as_standard_webhooks_are(store: Store, webhook: Webhook) -> None:
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    announce(store)
    ((headers, body),) = webhook.posted
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    assert headers["webhook-id"].startswith("msg_") and headers["content-type"] == "application/json"


def test_what_is_not_taken_is_sent_again_under_the_same_id_and_in_order(store: Store, webhook: Webhook) -> None:
    webhook.status = 500
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    told = announce(store)
    assert told.taken == 0 and told.problem is not None
    assert "127.0.0.1 did not take an announcement" in told.problem and "secret" not in told.problem
    note_photos(store, {"b.jpg": content_of("b.jpg")})
    announce(store)
    webhook.status = 200
    assert announce(store) == Told(2)
    ids = [headers["webhook-id"] for headers, _ in webhook.posted]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert webhook.told()[2:] == [[("a.jpg", content_of("a.jpg"))], [("b.jpg", content_of("b.jpg"))]]


def test_a_process_that_is_killed_before_it_forgets_tells_nothing_twice(
    store: Store, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    noted = store.layout.written_photos.read_bytes()
    webhook.status = 503
    announce(store)  # stores the announcement
    store.layout.written_photos.write_bytes(noted)
    webhook.status = 200
    assert announce(store) == Told(1)
    assert announce(store) == Told() and len({headers["webhook-id"] for headers, _ in webhook.posted}) == 1


def test_what_nobody_takes_for_days_is_given_up(
    store: Store, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.status = 500
    note_photos(store, {"a.jpg": content_of("a.jpg"), "d.jpg": content_of("d.jpg")})
    announce(store)
    later(monkeypatch, days=4)
    assert announce(store) == Told()
    assert "given up" in caplog.text and list(store.layout.announcements.iterdir()) == []
    later(monkeypatch, days=31)
    announce(store)
    serve(store, PATHS)
    announce(store)
    assert len(webhook.posted) == 2  # d.jpg was waited for long enough


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    real = written_notes.datetime

    class Later(real):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.now(tz) + timedelta(days=days)

    monkeypatch.setattr(written_notes, "datetime", Later)


def test_many_photos_become_several_announcements(
    store: Store, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "MOST", 2)
    note_photos(store, {path: content_of(path) for path in PATHS[:3]})
    assert announce(store) == Told(2)
    assert [len(photos) for photos in webhook.told()] == [2, 1]


def test_without_a_webhook_only_the_next_scan_is_told(settings: Settings) -> None:
    store = Store(settings)
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    assert announce(store) == Told() and not store.layout.written_photos.exists()
    assert list(store.unscanned_photos.values()) == ["a.jpg"]


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + "*" * 40, base64.b64encode(b"x" * 23).decode()])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError, match="24 bytes in Base64"):
        Settings(served_webhook_secret=secret)
