"""The JSON API: answers, errors with their status, limits, and a description that holds."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import FakeSearcher, encoded, picture, serve
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.photos import MAX_PIXELS
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api import uploads
from tiefvision_ui.http.api.application import api, api_routes
from tiefvision_ui.http.images import photo_routes

FIRST, SECOND, THIRD = (image_id(f"{colour}/dress-00{n}.jpg") for n, colour in ((2, "blue"), (1, "red"), (4, "blue")))
JPEG = {"content-type": "image/jpeg"}


@pytest.fixture
def client(store: Store) -> TestClient:
    routes = [*api_routes(FakeSearcher(store.settings)), *photo_routes(store)]
    return TestClient(Starlette(routes=routes))


def schema(client: TestClient, name: str) -> Draft202012Validator:
    document = client.get("/api/openapi.json").json()
    return Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"})


def found(client: TestClient, **parameters: Any) -> dict[str, Any]:
    response = client.get("/api/search", params=parameters)
    assert response.status_code == 200, response.text
    schema(client, "SearchResult").validate(response.json())
    return response.json()


def test_the_description_is_valid(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    validate(document)
    assert {path: set(methods) for path, methods in document["paths"].items()} == {
        "/api/search": {"get", "post"},
        "/api/search/product": {"get"},
        "/api/duplicates": {"get"},
        "/api/photos": {"post"},
        "/api/photos/{path}": {"get", "put", "delete"},
        "/api/products": {"post"},
        "/api/products/{product_id}": {"put", "delete"},
        "/api/feedback": {"post"},
    }
    assert set(document["components"]["schemas"]) == {
        "SearchResult",
        "Hit",
        "Facet",
        "FacetCount",
        "JsonValue",
        "Photo",
        "DuplicateGroups",
        "DuplicateGroup",
        "GroupedPhoto",
        "FeedbackTaken",
        "Error",
        "WrittenPhoto",
        "PhotoChanges",
        "Body_changePhotos",
        "Product",
        "ProductContent",
        "ProductChanges",
        "ChangedProducts",
    }
    by_id = {each["name"]: each for each in document["paths"]["/api/search"]["get"]["parameters"]}
    assert [name for name, each in by_id.items() if each["required"]] == ["id"]
    assert (by_id["k"]["schema"]["maximum"], by_id["k"]["schema"]["default"]) == (1000, 10)
    by_photo = document["paths"]["/api/search"]["post"]
    form = by_photo["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    named = {each["name"] for each in by_photo["parameters"]}
    assert set(form) - {"photo"} == named == {"k", "ranking", "where", "by", "facets", "hidden", "box", "session"}
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        assert "ValidationError" not in str(operation["responses"].get("422"))


def test_search_by_id(client: TestClient, store: Store) -> None:
    answer = found(client, id=FIRST, k=5, ranking="unsupervised")
    assert (answer["query"], answer["ranking"], len(answer["hits"])) == (FIRST, "unsupervised", 5)
    direct = Searcher(store.settings).search(ById(FIRST, k=5, ranking="unsupervised"))
    assert [hit["image_id"] for hit in answer["hits"]] == [hit.image_id for hit in direct.hits]
    for hit in answer["hits"]:
        assert client.get(hit["photo"]).status_code == client.get(hit["thumbnail"]).status_code == 200
    assert len(found(client, id=FIRST)["hits"]) == 10


def test_a_search_is_narrowed_and_led_by_examples(client: TestClient) -> None:
    red = found(client, id=FIRST, k=1000, where="path LIKE 'red/%' AND width = 120")
    assert len(red["hits"]) == 35 and all(hit["path"].startswith("red/") for hit in red["hits"])
    led = found(client, id=FIRST, k=1000, more=[SECOND], less=[THIRD])
    assert len(led["hits"]) == 67
    assert {FIRST, SECOND, THIRD}.isdisjoint(hit["image_id"] for hit in led["hits"])


def test_products_and_facets(client: TestClient, store: Store, tmp_path: Path) -> None:
    assert_error(client, client.get("/api/search/product", params={"product": "x"}), 400, "There are no products")
    feed = tmp_path / "products.csv"
    feed.write_text("sku,path,price\nx,blue/dress-002.jpg|red/dress-001.jpg,7.5\ny,blue/dress-004.jpg,9\n")
    shop = Store(store.settings.model_copy(update={"products": str(feed)}))
    take_over_feed(shop)
    client = TestClient(Starlette(routes=[*api_routes(FakeSearcher(shop.settings))]))
    parameters = {"product": "x", "by": "product", "facets": "price"}
    answer = client.get("/api/search/product", params=parameters).json()
    schema(client, "SearchResult").validate(answer)
    (hit,) = answer["hits"]
    assert (answer["query"], hit["product_id"], hit["product"]) == ("x", "y", {"price": 9.0})
    assert answer["facets"] == [
        {
            "column": "price",
            "counts": [{"count": 1, "value": None, "from": None, "to": None}],
            "others": 0,
            "missing": 0,
        }
    ]
    cheap = found(client, id=THIRD, where="price < 8", facets="price")
    assert {one["path"] for one in cheap["hits"]} == {"blue/dress-002.jpg", "red/dress-001.jpg"}
    assert_error(client, client.get("/api/search/product", params={"product": "z"}), 404, "is not in the feed")
    assert_error(client, client.get("/api/search/product"), 400, "The parameter product is missing")
    assert_error(client, client.get("/api/search", params={"id": FIRST, "by": "brand"}), 400, "by is 'brand'")


def test_search_by_a_photo_as_the_body(client: TestClient) -> None:
    response = client.post("/api/search?k=3&ranking=unsupervised", content=encoded(picture()), headers=JPEG)
    assert response.status_code == 200
    schema(client, "SearchResult").validate(response.json())
    assert (response.json()["query"], len(response.json()["hits"])) == ("photo", 3)
    assert response.headers["cache-control"] == "no-store"


def test_search_by_a_photo_in_a_form(client: TestClient) -> None:
    file = {"photo": ("mine.png", encoded(picture(), "PNG"), "image/png")}
    answer = client.post("/api/search?ranking=unsupervised", files=file, data={"k": "4"}).json()
    assert (answer["query"], answer["ranking"], len(answer["hits"])) == ("mine.png", "unsupervised", 4)
    both = client.post("/api/search?k=2", files=file, data={"k": "3"}).json()
    assert len(both["hits"]) == 3
    assert_error(client, client.post("/api/search", files=file, data={"k": "many"}), 400, "k is 'many'")
    assert_error(client, client.post("/api/search", files=file, data={"id": "x"}), 400, "no parameter 'id'")


def test_a_photo_of_the_catalogue(client: TestClient) -> None:
    answer = client.get(f"/api/photos/{FIRST}").json()
    schema(client, "Photo").validate(answer)
    assert (answer["path"], answer["width"], answer["height"]) == ("blue/dress-002.jpg", 120, 160)
    assert client.get(answer["photo"]).status_code == 200


def assert_error(client: TestClient, response: Any, status: int, *parts: str) -> None:
    assert response.status_code == status, response.text
    schema(client, "Error").validate(response.json())
    sentence = response.json()["error"]
    assert all(part in sentence for part in parts), sentence
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({}, "parameter id is missing"),
        ({"id": FIRST, "k": "0"}, "k is '0'"),
        ({"id": FIRST, "k": "1001"}, "from 1 to 1000"),
        ({"id": FIRST, "k": "ten"}, "k is 'ten'"),
        ({"id": FIRST, "k": "٣"}, "k is"),
        ({"id": FIRST, "ranking": "best"}, "unsupervised or supervised"),
        ({"id": FIRST, "box": "1,2,3"}, "left,top,right,bottom"),
        ({"id": FIRST, "box": "1,2,3,4", "more": SECOND}, "cannot be combined"),
        ({"id": FIRST, "where": "colour = 'red'"}, "no column colour"),
        ({"id": FIRST, "where": "1; DROP TABLE photos"}, "no SQL condition"),
        ({"id": FIRST, "limit": "4"}, "no parameter 'limit'"),
        ({"id": FIRST, "more": [SECOND] * 101}, "too many"),
    ],
)
def test_requests_that_cannot_be_understood(client: TestClient, parameters: dict[str, Any], part: str) -> None:
    assert_error(client, client.get("/api/search", params=parameters), 400, part)


def test_photos_that_are_not_there(client: TestClient) -> None:
    assert_error(client, client.get("/api/search", params={"id": "nobody"}), 404, "'nobody'")
    assert_error(client, client.get("/api/search", params={"id": FIRST, "less": "nobody"}), 404, "'nobody'")
    assert_error(client, client.get("/api/photos/nobody"), 404, "'nobody'")


def test_uploads_that_are_no_photos_and_nothing_of_them_is_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert_error(client, client.post("/api/search", content=b"", headers=JPEG), 400, "holds no photo")
    assert_error(client, client.post("/api/search", content=b"text", headers=JPEG), 400, "not a photo")
    broken = encoded(picture())[:400]
    assert_error(client, client.post("/api/search", content=broken, headers=JPEG), 400, "cannot be searched with")
    assert_error(client, client.post("/api/search", files={"image": b"x"}), 400, "field photo")
    assert_error(client, client.post("/api/search", data={"k": "3"}, files={}), 400)
    form = {"content-type": "Multipart/Form-Data; boundary=x"}
    assert_error(client, client.post("/api/search", content=b"nonsense", headers=form), 400, "The form")
    part = client.post("/api/search?id=a", content=encoded(picture()), headers=JPEG)
    assert_error(client, part, 400, "no parameter 'id'")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_uploads_that_are_too_large_are_not_decoded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    Image.new("1", (MAX_PIXELS // 8000, 8001)).save(buffer, "PNG")
    assert_error(client, client.post("/api/search", content=buffer.getvalue(), headers=JPEG), 413, "megapixels")
    monkeypatch.setattr(uploads, "MAX_BYTES", 1000)
    large = b"\xff" * 1001
    assert_error(client, client.post("/api/search", content=large, headers=JPEG), 413, "larger than 15 MB")
    assert_error(client, client.post("/api/search", files={"photo": large}), 413, "larger than 15 MB")


def test_an_upload_that_is_announced_as_too_large_is_not_read(client: TestClient) -> None:
    def never() -> Iterator[bytes]:
        yield b"\xff"
        raise AssertionError("the upload was read on")

    announced = JPEG | {"content-length": str(16 * 1024 * 1024)}
    response = client.post("/api/search", content=never(), headers=announced)
    assert_error(client, response, 413, "larger than 15 MB")


def test_what_is_not_there_is_told_in_a_sentence(client: TestClient) -> None:
    assert_error(client, client.get("/api/nothing"), 404, "GET /api/nothing", "/api/openapi.json")
    assert_error(client, client.get("/api/search/"), 404, "GET /api/search/")
    refused = client.put("/api/search")
    assert_error(client, refused, 405, "PUT /api/search")
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["allow"] == "GET, POST, HEAD"
    assert client.post(f"/api/photos/{FIRST}").headers["allow"] == "GET, PUT, DELETE, HEAD"
    assert client.get("/api/docs").status_code == client.get("/docs").status_code == 404


def test_head_is_answered_as_get(client: TestClient) -> None:
    assert client.head("/api/search", params={"id": FIRST}).status_code == 200
    assert client.head("/api/photos/nobody").status_code == 404


def test_a_route_with_parameters_of_its_own_answers_in_sentences_too(store: Store) -> None:
    application = api(FakeSearcher(store.settings))

    @application.get("/api/pages")
    def pages(page: int) -> int:
        return page

    client = TestClient(application)
    assert client.get("/api/pages", params={"page": "3"}).json() == 3
    assert_error(client, client.get("/api/pages", params={"page": "x"}), 400, "page is 'x'")
    assert_error(client, client.get("/api/pages"), 400, "parameter page is missing")


def test_a_damaged_index_is_no_fault_of_the_request(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*_: object) -> None:
        raise DamagedFile(Path("vectors.npy"), "its checksum differs")

    monkeypatch.setattr(FakeSearcher, "search", search)
    assert_error(client, client.get("/api/search", params={"id": FIRST}), 503, "vectors.npy is damaged")


def test_before_the_first_run_nothing_can_be_searched(empty_store: Store) -> None:
    client = TestClient(Starlette(routes=api_routes(Searcher(empty_store.settings))))
    assert_error(client, client.get("/api/search", params={"id": FIRST}), 503, "tiefvision run")
    assert_error(client, client.get(f"/api/photos/{FIRST}"), 503, "tiefvision run")
    assert_error(client, client.post("/api/search", content=encoded(picture()), headers=JPEG), 503, "tiefvision run")


def test_what_is_served_later_is_searched(empty_store: Store, store: Store) -> None:
    client = TestClient(Starlette(routes=api_routes(Searcher(store.settings))))
    assert found(client, id=FIRST)["hits"]
    (store.settings.raw_dir / "new.png").write_bytes(encoded(picture(0.3, (64, 64)), "PNG"))
    serve(store, "v2")
    assert found(client, id=image_id("new.png"))["hits"]


def test_nothing_is_changed_by_requests(client: TestClient, store: Store) -> None:
    def times() -> dict[Path, int]:
        """Of all files but those that SQLite makes beside a database to read it."""
        files = (file for file in store.layout.root.rglob("*") if not file.name.endswith(("-wal", "-shm")))
        return {file: file.stat().st_mtime_ns for file in files}

    before = times()
    found(client, id=FIRST)
    client.post("/api/search", content=encoded(picture()), headers=JPEG)
    assert times() == before
    for method in ("put", "delete", "patch"):
        assert getattr(client, method)("/api/search").status_code == 405
