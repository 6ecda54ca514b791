"""Writing through the API of several machines whose data folder lies in a bucket: PostgreSQL's server, and moto's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests import object_storage, shop
from tests.data_bucket import DATA, Machines
from tests.object_storage import Bucket
from tests.ui.small_catalogue import FakeSearcher, encoded, picture
from tests.ui.tokens import token_settings
from tests.without_photos import content_of, unit_vectors
from tiefvision_assets.lineage import announcements
from tiefvision_assets.lineage.announcements import Told, announce
from tiefvision_assets.lineage.products import take_over_feed, why_products_are_due
from tiefvision_assets.lineage.written_notes import note_photos
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.bucket import hooks, working_copy
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.answered import Request
from tiefvision_assets.store.written.answered_table import AnsweredTable
from tiefvision_assets.store.written.journal_table import JournalTable
from tiefvision_assets.store.written.products import WrittenProduct
from tiefvision_ui.http.api.application import api_routes

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
PHOTO, OTHER = encoded(picture(0.3)), encoded(picture(0.6))
KEY = {"Idempotency-Key": "4711"}
FOLDER = "s3://bucket/shop"


@pytest.fixture
def machines(bucket: Bucket, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    monkeypatch.setattr(hooks, "LOOKED_S", 0.0)
    monkeypatch.setattr(working_copy, "PATIENCE_S", 60.0)
    return Machines(bucket, tmp_path, postgres_url.replace("postgresql://", "postgresql+psycopg://", 1))


@pytest.fixture
def opened(machines: Machines) -> Callable[..., Store]:
    """Opens the data folder on a machine where tokens allow to write."""
    return lambda name, **others: machines.store(name, api_tokens=token_settings(), **others)


def client_of(store: Store) -> TestClient:
    routes = [*api_routes(FakeSearcher(store.settings))]
    return TestClient(Starlette(routes=routes), headers={"Authorization": "Bearer tv_shop"})


def puts(machines: Machines, path: str) -> list[str]:
    return [line for line in machines.bucket.storage.requests if line.startswith("PUT") and line.endswith(path)]


def test_a_photo_is_put_once_and_the_answer_is_the_same_on_all_machines(
    machines: Machines, opened: Callable[..., Store]
) -> None:
    one, two = client_of(opened("one")), client_of(opened("two"))
    first = one.put("/api/photos/new/a.jpg", content=PHOTO, headers=KEY)
    assert first.status_code == 200, first.text
    assert two.put("/api/photos/new/a.jpg", content=OTHER).json()["change"] == "replaced"
    again = two.put("/api/photos/new/a.jpg", content=PHOTO, headers=KEY)
    assert again.json() == first.json() and again.headers["idempotency-replayed"] == "true"
    assert len(puts(machines, "a.jpg")) == 2
    other = two.put("/api/photos/new/a.jpg", content=OTHER, headers=KEY)
    assert other.status_code == 422 and "another request" in other.json()["error"]
    assert list(opened("three").unscanned_photos.values()) == ["new/a.jpg"]
    assert machines.store("four").catalogue.scan().new == 1


def test_the_same_key_at_once_on_two_machines_has_one_effect(machines: Machines, opened: Callable[..., Store]) -> None:
    clients = [client_of(opened(name)) for name in ("one", "two")]
    machines.bucket.storage.breaks("PUT", "a.jpg", "slow", times=1)
    barrier = Barrier(2)

    def put(client: TestClient) -> tuple[str, bool]:
        barrier.wait(20)
        answer = client.put("/api/photos/new/a.jpg", content=PHOTO, headers=KEY)
        assert answer.status_code == 200, answer.text
        return answer.json()["change"], "idempotency-replayed" in answer.headers

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(put, clients)) == [("added", False), ("added", True)]
    assert len(puts(machines, "a.jpg")) == 1


def test_two_machines_that_write_at_once_lose_nothing(opened: Callable[..., Store]) -> None:
    stores = [opened(name) for name in ("one", "two")]
    clients = [client_of(store) for store in stores]

    def write(number: int) -> None:
        product = {"columns": {"price": number}}
        headers = {"Idempotency-Key": f"k{number}"} if number % 3 else {}
        answer = clients[number % 2].put(f"/api/products/P-{number}", json=product, headers=headers)
        assert answer.json() == {"written": 1, "removed": []}

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(12)))
    written = [store.written_products.all() for store in stores]
    assert written[0] == written[1]
    assert {one.product_id: one.columns["price"] for one in written[0]} == {f"P-{n}": n for n in range(12)}


def test_what_one_machine_wrote_another_one_takes_over_and_all_have_it(opened: Callable[..., Store]) -> None:
    one, two = opened("one"), opened("two")
    two.catalogue.scan()
    assert client_of(one).put("/api/products/A-1", json={"columns": {"price": 79.9}}, headers=KEY).status_code == 200
    assert why_products_are_due(two) is not None
    take_over_feed(two)
    hooks.refresh(one.layout.root)
    assert why_products_are_due(one) is None
    assert one.products.intact().table["product_id"].to_pylist() == ["A-1"]  # type: ignore[union-attr]
    refused = client_of(one).put("/api/products/A-2", json={"columns": {"price": "cheap"}})
    assert refused.status_code == 400 and "type number" in refused.json()["error"]
    assert client_of(two).delete("/api/products/A-1").json()["removed"] == ["A-1"]
    assert why_products_are_due(one) is not None


def test_products_stay_when_no_token_allows_to_write_any_more(machines: Machines, opened: Callable[..., Store]) -> None:
    one, two = opened("one"), machines.store("two")
    one.catalogue.scan()
    assert not two.settings.has_products
    client_of(one).put("/api/products/A-1", json={"columns": {"price": 79.9}})
    take_over_feed(one)
    hooks.refresh(two.layout.root)
    assert two.settings.has_products and two.written_products.all() == one.written_products.all()


def test_what_was_put_before_the_storage_refused_is_noted_and_the_key_can_be_used_again(
    machines: Machines, opened: Callable[..., Store]
) -> None:
    one = opened("one")
    client = client_of(one)
    files = [("photos", (f"new/{name}.jpg", PHOTO)) for name in "ab"]
    machines.bucket.storage.breaks("PUT", "b.jpg", "403:AccessDenied")
    refused = client.post("/api/photos", files=files, headers=KEY)
    assert refused.status_code in (503, 507), refused.text
    assert list(one.unscanned_photos.values()) == ["new/a.jpg"]
    machines.bucket.storage.heals()
    answer = client.post("/api/photos", files=files, headers=KEY)
    assert [one["change"] for one in answer.json()["written"]] == ["unchanged", "added"]
    assert set(one.unscanned_photos.values()) == {"new/a.jpg", "new/b.jpg"}


def test_products_of_a_folder_that_was_copied_into_the_bucket_are_taken_over_once(
    machines: Machines, opened: Callable[..., Store], tmp_path: Path
) -> None:
    folder = Store(Settings(data=tmp_path / "data"))
    folder.written_products.change([WrittenProduct("B", ["b.jpg"], {"price": 2}), WrittenProduct("A")], [])
    address = f"/{machines.bucket.name}/{DATA}/written/products.jsonl"
    content = folder.layout.written_products.read_bytes()
    assert machines.bucket.storage.ask("PUT", address, content)[0] == 200
    assert opened("one").written_products.all() == folder.written_products.all()
    client_of(opened("one")).delete("/api/products/B")
    assert [product.product_id for product in opened("two").written_products.all()] == ["A"]


def test_a_database_that_is_away_is_a_sentence(opened: Callable[..., Store]) -> None:
    store = opened("one", database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for headers in ({}, KEY):
        answer = client_of(store).put("/api/products/A-1", json={"columns": {}}, headers=headers)
        assert answer.status_code == 503 and "check that the server runs" in answer.json()["error"]


def test_one_machine_at_a_time_tells_the_webhook_what_any_of_them_wrote(
    opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[str] = []
    monkeypatch.setattr(announcements, "post", lambda _, identity, *__: posted.append(identity))
    one, two = (opened(name, served_webhook="http://127.0.0.1:1/") for name in ("one", "two"))
    shop.index(one, ["a.jpg"], unit_vectors(1))
    note_photos(one, {"a.jpg": content_of("a.jpg")})
    claim = one.claims.claim("announcements")
    assert claim is not None
    with claim:
        assert announce(two) == Told()
    assert announce(two) == Told(1) and announce(one) == Told() and len(posted) == 1


KILLED = """
import os, sys
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.written.answered import Request
from tiefvision_assets.store.written.answered_table import AnsweredTable
from tiefvision_assets.store.written.journal_table import JournalTable

database = Database(sys.argv[1])
journal = JournalTable(database, sys.argv[2], "products")

def carry_out():
    journal.change(lambda _: ({"A": 1}, []))
    assert list(journal.values()) == ["B", "A"]
    os._exit(9)

AnsweredTable(database, sys.argv[2]).once(Request("shop", "k", "PUT A"), carry_out)
"""


def test_a_process_that_is_killed_before_its_answer_is_kept_has_changed_nothing(postgres_url: str) -> None:
    journal = JournalTable(Database(postgres_url), FOLDER, "products")
    journal.change(lambda _: ({"B": 1}, []))
    killed = subprocess.run([sys.executable, "-c", KILLED, postgres_url, FOLDER], check=False)
    assert killed.returncode == 9 and journal.values() == {"B": 1}

    def carry_out() -> dict[str, int]:
        journal.change(lambda known: ({"A": len(known)}, []))
        return {"written": 1}

    kept = AnsweredTable(Database(postgres_url), FOLDER)
    assert kept.once(Request("shop", "k", "PUT A"), carry_out) == ({"written": 1}, False)
    assert journal.values() == {"B": 1, "A": 1}


def test_others_see_a_change_when_its_request_is_answered_and_not_before(postgres_url: str) -> None:
    mine, others = (JournalTable(Database(postgres_url), FOLDER, "products") for _ in range(2))

    def carry_out() -> dict[str, int]:
        mine.change(lambda _: ({"A": 1}, []))
        assert mine.values() == {"A": 1}
        with ThreadPoolExecutor(1) as pool:  # another request's thread
            assert pool.submit(mine.values).result() == {} == pool.submit(others.values).result()
        raise RuntimeError("the code is wrong")

    with pytest.raises(RuntimeError):
        AnsweredTable(mine._database, FOLDER).once(Request("shop", "k", "PUT A"), carry_out)
    others.change(lambda _: ({"B": 1}, []))
    assert mine.values() == others.values() == {"B": 1}
