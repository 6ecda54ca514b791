"""Writing through the API: who may, what is taken, what it comes to, and each request once."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import FakeSearcher, encoded, picture, serve
from tests.ui.tokens import token_settings
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.journal import JournalFile
from tiefvision_ui.http.api import writing, writing_photos
from tiefvision_ui.http.api.application import api_routes

PHOTO, OTHER = encoded(picture(0.3)), encoded(picture(0.6))
PATH = "new/größe%201.jpg"
DRESS = {"photos": ["blue/dress-002.jpg"], "columns": {"brand": "Ada", "price": 79.9, "in_stock": True}}


@pytest.fixture
def store(empty_store: Store) -> Store:
    """Four photos; a served index costs more, and few tests need one."""
    for number in range(4):
        file = empty_store.settings.raw_dir / f"{('blue', 'red')[number % 2]}/dress-{number:03d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(picture(number / 5)))
    empty_store.catalogue.scan()
    return empty_store


@pytest.fixture
def writable(store: Store) -> Store:
    return Store(store.settings.model_copy(update={"api_tokens": token_settings()}))


def client_of(store: Store, token: str | None = "tv_shop") -> TestClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return TestClient(Starlette(routes=[*api_routes(FakeSearcher(store.settings))]), headers=headers)


@pytest.fixture
def client(writable: Store) -> TestClient:
    return client_of(writable)


def refused(response: Any, status: int, *parts: str) -> None:
    assert response.status_code == status, response.text
    sentence = response.json()["error"]
    assert all(part in sentence for part in parts), sentence
    assert sentence.endswith(".") and "\n" not in sentence


def paths_of(store: Store) -> set[str]:
    return {file.relative_to(store.settings.raw_dir).as_posix() for file in store.settings.raw_dir.rglob("*.jpg")}


WRITES = [
    ("PUT", "/api/photos/new/a.jpg", {"content": PHOTO}),
    ("DELETE", "/api/photos/blue/dress-002.jpg", {}),
    ("POST", "/api/photos", {"files": {"photos": ("new/a.jpg", PHOTO)}, "data": {"removed": "blue/dress-002.jpg"}}),
    ("PUT", "/api/products/A-1", {"json": DRESS}),
    ("DELETE", "/api/products/A-1", {}),
    ("POST", "/api/products", {"json": {"products": [{"product_id": "A-1", **DRESS}]}}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_only_a_token_of_an_admin_writes(store: Store, writable: Store, method: str, path: str, body: Any) -> None:
    before = paths_of(store)
    refused(client_of(store).request(method, path, **body), 403, "Nothing is written", "TIEFVISION_API_TOKENS")
    for token in (None, "tv_", "tv_shop tv_shop"):
        answer = client_of(writable, token).request(method, path, **body)
        refused(answer, 401, "no token that is known")
        assert answer.headers["www-authenticate"] == "Bearer"
    refused(client_of(writable, "tv_site").request(method, path, **body), 403, "site", "viewer")
    assert paths_of(store) == before and not store.layout.written_products.exists()


def test_a_photo_is_written_below_the_raw_folder_and_found_by_the_next_scan(client: TestClient, store: Store) -> None:
    answer = client.put(f"/api/photos/{PATH}", content=PHOTO)
    assert answer.status_code == 200, answer.text
    document = client.get("/api/openapi.json").json()
    Draft202012Validator({**document, "$ref": "#/components/schemas/WrittenPhoto"}).validate(answer.json())
    written = answer.json()
    assert (written["path"], written["change"], written["width"]) == ("new/größe 1.jpg", "added", 120)
    assert (store.settings.raw_dir / "new/größe 1.jpg").read_bytes() == PHOTO
    assert store.catalogue.scan().new == 1
    live = store.catalogue.live().set_index("image_id")
    assert live.loc[written["image_id"], "sha256"] == written["sha256"]
    assert client.put(f"/api/photos/{PATH}", content=PHOTO).json()["change"] == "unchanged"
    assert client.put(f"/api/photos/{PATH}", content=OTHER).json()["change"] == "replaced"
    serve(store)
    assert client.get(f"/api/photos/{written['image_id']}").json() == client.get(f"/api/photos/{PATH}").json()
    assert client.get(f"/api/photos/{PATH}").json()["sha256"] == hashlib.sha256(OTHER).hexdigest()


def test_a_photo_is_removed_once(client: TestClient, store: Store) -> None:
    assert client.delete("/api/photos/blue/dress-002.jpg").json() == {"written": [], "removed": ["blue/dress-002.jpg"]}
    assert "blue/dress-002.jpg" not in paths_of(store)
    refused(client.delete("/api/photos/blue/dress-002.jpg"), 404, "no photo at blue/dress-002.jpg")


@pytest.mark.parametrize(
    ("path", "content", "status", "part"),
    [
        ("a.jpg", b"", 400, "holds no photo"),
        ("a.jpg", b"text", 400, "The photo a.jpg cannot be taken"),
        ("a.jpg", PHOTO[:300], 400, "cannot be taken"),
        ("a.txt", PHOTO, 400, "suffix"),
        ("a/%2e%2e/%2e%2e/b.jpg", PHOTO, 400, "of dots"),
        ("%2Fetc/b.jpg", PHOTO, 400, "empty part"),
        (".hidden/b.jpg", PHOTO, 400, "hidden"),
        ("a%00.jpg", PHOTO, 400, "control"),
        ("a%0A.jpg", PHOTO, 400, "control"),
        ("a%ff.jpg", PHOTO, 400, "UTF-8"),
        ("blue/dress-002.jpg/b.jpg", PHOTO, 409, "choose another path"),
        ("a.jpg", b"x" * (16 * 1024 * 1024), 413, "larger than 15 MB"),
    ],
)
def test_photos_that_are_refused(
    client: TestClient, store: Store, path: str, content: bytes, status: int, part: str
) -> None:
    before = paths_of(store)
    refused(client.put(f"/api/photos/{path}", content=content), status, part)
    assert paths_of(store) == before and not list(store.settings.raw_dir.rglob(".tmp-*"))


def test_several_photos_are_checked_before_any_is_written(client: TestClient, store: Store) -> None:
    good = ("photos", ("new/a.jpg", PHOTO))
    for wrong, part in [
        (("photos", ("new/b.jpg", b"text")), "new/b.jpg cannot be taken"),
        (("photos", ("../b.jpg", PHOTO)), "'../b.jpg' is no path"),
        (("photos", ("new/a.jpg", OTHER)), "stands in the request twice"),
    ]:
        refused(client.post("/api/photos", files=[good, wrong]), 400, part)
    refused(client.post("/api/photos", files=[good], data={"removed": ["x"]}), 400, "'x' is no path")
    refused(client.post("/api/photos", data={"other": "x"}), 400, "neither photos nor paths")
    assert "new/a.jpg" not in paths_of(store)
    answer = client.post(
        "/api/photos",
        files=[good, ("photos", ("new/b.jpg", OTHER))],
        data={"removed": ["blue/dress-002.jpg", "nobody.jpg"]},
    ).json()
    assert [(one["path"], one["change"]) for one in answer["written"]] == [
        ("new/a.jpg", "added"),
        ("new/b.jpg", "added"),
    ]
    assert answer["removed"] == ["blue/dress-002.jpg"]
    assert {"new/a.jpg", "new/b.jpg"} <= paths_of(store)


def test_a_batch_of_too_many_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_photos, "MOST_PHOTOS", 1)
    files = [("photos", (f"new/{name}.jpg", PHOTO)) for name in "ab"]
    refused(client.post("/api/photos", files=files), 400, "send fewer")


def test_a_raw_folder_that_is_gone_is_not_made_anew(client: TestClient, store: Store) -> None:
    shutil.rmtree(store.settings.raw_dir)
    refused(client.put("/api/photos/a.jpg", content=PHOTO), 503, "is gone")
    assert not store.settings.raw_dir.exists()


def test_what_was_removed_before_the_disk_refused_is_noted_for_the_next_scan(client: TestClient, store: Store) -> None:
    (store.settings.raw_dir / "folder.jpg").mkdir()
    removed = ["blue/dress-002.jpg", "folder.jpg"]
    assert client.post("/api/photos", data={"removed": removed}).status_code in (409, 507)
    assert list(store.unscanned_photos.values()) == ["blue/dress-002.jpg"]


@pytest.mark.parametrize(("method", "path", "body"), WRITES[:4:3])
def test_a_full_disk_is_a_sentence(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/srv/secret/written.jsonl")

    monkeypatch.setattr(JournalFile, "_append", full)
    refused(client.request(method, path, **body), 507, "data folder", "No space left on device")


def test_the_same_key_has_one_effect_and_gets_the_first_answer(client: TestClient, writable: Store) -> None:
    key = {"Idempotency-Key": "4711"}
    first = client.put("/api/photos/new/a.jpg", content=PHOTO, headers=key)
    client.put("/api/photos/new/a.jpg", content=OTHER)
    again = client.put("/api/photos/new/a.jpg", content=PHOTO, headers=key)
    assert again.json() == first.json() and "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (writable.settings.raw_dir / "new/a.jpg").read_bytes() == OTHER
    refused(client.put("/api/photos/new/a.jpg", content=OTHER, headers=key), 422, "'4711'", "another request")
    refused(client.put("/api/photos/new/b.jpg", content=PHOTO, headers=key), 422, "another request")
    others = client_of(writable, "tv_till").put("/api/photos/new/a.jpg", content=PHOTO, headers=key)
    assert others.json()["change"] == "replaced"
    refused(client.put("/api/photos/a.jpg", content=PHOTO, headers={"Idempotency-Key": "x" * 300}), 400, "255")


def test_forms_are_the_same_whatever_separates_their_parts(client: TestClient) -> None:
    key = {"Idempotency-Key": "form"}
    files = {"photos": ("new/a.jpg", PHOTO)}
    answers = [client.post("/api/photos", files=files, data={"removed": ["no.jpg"]}, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json() and "idempotency-replayed" in answers[1].headers


def test_a_refused_request_may_use_its_key_again(client: TestClient) -> None:
    key = {"Idempotency-Key": "k"}
    refused(client.delete("/api/photos/new/a.jpg", headers=key), 404)
    client.put("/api/photos/new/a.jpg", content=PHOTO)
    assert client.delete("/api/photos/new/a.jpg", headers=key).json()["removed"] == ["new/a.jpg"]
    assert client.delete("/api/photos/new/a.jpg", headers=key).json()["removed"] == ["new/a.jpg"]


def test_products_are_written_beside_the_feed_and_searched_by(client: TestClient, writable: Store) -> None:
    serve(writable)
    assert client.put("/api/products/A%2F1", json=DRESS).json() == {"written": 1, "removed": []}
    many = [{"product_id": f"B-{n}", "photos": [f"red/dress-00{n}.jpg"], "columns": {"price": n}} for n in (1, 3)]
    assert client.post("/api/products", json={"products": many, "removed": ["no"]}).json() == {
        "written": 2,
        "removed": [],
    }
    take_over_feed(writable)
    hits = client.get("/api/search/product", params={"product": "A/1", "by": "product", "where": "price < 3"}).json()
    assert [(hit["product_id"], hit["product"]) for hit in hits["hits"]] == [("B-1", {"price": 1.0})]
    refused(client.put("/api/products/A%2F1", json={"columns": {"price": "cheap"}}), 400, "price", "type number")
    assert client.delete("/api/products/A%2F1").json() == {"written": 0, "removed": ["A/1"]}
    refused(client.delete("/api/products/A%2F1"), 404, "'A/1' was not written")
    take_over_feed(writable)
    refused(client.get("/api/search/product", params={"product": "A/1"}), 404, "is not in the feed")


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"content": b""}, "The body cannot be understood"),
        ({"content": b"{"}, "The body cannot be understood"),
        ({"content": b"[" * 100_000}, "cannot"),
        ({"json": []}, "The body cannot be understood"),
        ({"json": {"photo": []}}, "at photo"),
        ({"json": {"columns": {"a": {"b": 1}}}}, "at columns/a"),
        ({"json": {"photos": [1]}}, "at photos/0"),
        ({"content": b'{"columns": {"a": NaN}}'}, "is no number"),
        ({"json": {"columns": {"product_id": "x"}}}, "no column can be"),
    ],
)
def test_products_that_are_refused(client: TestClient, store: Store, body: Any, part: str) -> None:
    headers = {"content-type": "application/json"}
    refused(client.put("/api/products/A-1", headers=headers, **body), 400, part)
    assert not store.layout.written_products.exists()


def test_too_many_at_once_are_told_to_come_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(writing.PLACES):
        assert writing._places.acquire(blocking=False)
    try:
        answer = client.put("/api/products/A-1", json=DRESS)
        refused(answer, 503, "Too much is being written")
        assert answer.headers["retry-after"] == "5"
    finally:
        writing._places.release(writing.PLACES)
    assert client.put("/api/products/A-1", json=DRESS).status_code == 200
