"""Duplicates over the API: they are listed, and hidden photos are found only where a search asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.same_shots import folder_of
from tests.without_photos import content_of
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.labels.duplicates import Choice
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api_routes


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return folder_of(tmp_path, "a.jpg", "b.jpg", "twins/other3.jpg")


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(Starlette(routes=[*api_routes(Searcher(store.settings))]))


def test_groups_are_listed_as_described(client: TestClient, store: Store) -> None:
    listed = client.get("/api/duplicates").json()
    description = client.get("/api/openapi.json").json()
    Draft202012Validator({**description, "$ref": "#/components/schemas/DuplicateGroups"}).validate(listed)
    assert (listed["total"], listed["hidden"], listed["rule"]) == (2, 0, None)
    second = client.get("/api/duplicates", params={"offset": 1, "limit": 5}).json()
    assert second["groups"] == listed["groups"][1:]
    store.duplicates.decide([Choice(content_of(path), content_of("a.jpg")) for path in ("a.jpg", "b.jpg")], "Ann")
    (decided,) = client.get("/api/duplicates", params={"show": "decided"}).json()["groups"]
    assert {photo["path"]: photo["hidden"] for photo in decided["photos"]} == {"a.jpg": False, "b.jpg": True}
    wrong = client.get("/api/duplicates", params={"show": "everything"})
    assert (wrong.status_code, "show is 'everything'" in wrong.json()["error"]) == (400, True)


def test_a_search_finds_hidden_photos_only_if_it_asks_for_them(client: TestClient, store: Store) -> None:
    store.duplicates.decide([Choice(content_of(path), content_of("a.jpg")) for path in ("a.jpg", "b.jpg")], "Ann")

    def paths(**more: str) -> set[str]:
        answer = client.get("/api/search", params={"id": image_id("other0.jpg"), "k": "100", **more})
        return {hit["path"] for hit in answer.json()["hits"]}

    assert "b.jpg" not in paths() and "b.jpg" in paths(hidden="true")
    assert client.get(f"/api/photos/{image_id('b.jpg')}").status_code == 200, "its address goes on to work"


def test_before_the_first_index_there_is_a_sentence(tmp_path: Path) -> None:
    client = TestClient(Starlette(routes=[*api_routes(Searcher(Settings(data=tmp_path / "empty")))]))
    answer = client.get("/api/duplicates")
    assert answer.status_code == 503 and "tiefvision run" in answer.json()["error"]
