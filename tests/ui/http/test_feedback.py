"""``/api/feedback``: from a search's answer to an event, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui.small_catalogue import FakeSearcher, encoded, picture
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api_routes

QUERY = image_id("blue/dress-002.jpg")


def client_of(store: Store, **settings: Any) -> TestClient:
    changed = store.settings.model_copy(update=settings)
    return TestClient(Starlette(routes=[*api_routes(FakeSearcher(changed))]))


@pytest.fixture
def client(store: Store) -> TestClient:
    """Two rankings differ as if a ranking head were served, and every search that may be is interleaved."""
    served = store.served.read().index
    store.served.promote(ModelSet(encoder="encoder", basis="basis", ranking_head="head"))
    store.served.switch(served)
    return client_of(store, feedback="on", interleave=1.0)


def searched(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/api/search", params={"id": QUERY, "k": 5, **parameters})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_a_click_on_a_hit_comes_back_with_the_token(client: TestClient, store: Store) -> None:
    answer = searched(client, session="basket 7")
    assert {hit["ranking"] for hit in answer["hits"]} == {"supervised", "unsupervised"}
    clicked = answer["hits"][2]
    sent = {"session": "basket 7", "token": answer["token"], "clicked": [clicked["image_id"]]}
    assert client.post("/api/feedback", json=sent).json() == {"recorded": True}
    assert client.post("/api/feedback", json=sent).json() == {"recorded": False}
    (event,) = store.feedback.answers()
    assert (event.first, event.second) == ("head", "unsupervised")
    assert (event.shown[2], event.acts) == (clicked["sha256"], ("", "", "clicked"))
    assert "basket 7" not in str(event)
    named = searched(client, session="basket 7", ranking="unsupervised")
    assert {hit["ranking"] for hit in named["hits"]} == {None} and named["token"]
    validate(client.get("/api/openapi.json").json())


def test_an_upload_is_interleaved_as_well(client: TestClient, store: Store) -> None:
    photo = encoded(picture())
    answer = client.post("/api/search?k=4&session=s", content=photo, headers={"content-type": "image/jpeg"}).json()
    assert {hit["ranking"] for hit in answer["hits"]} == {"supervised", "unsupervised"}
    sent = {"session": "s", "token": answer["token"], "bought": [answer["hits"][0]["image_id"]]}
    assert client.post("/api/feedback", json=sent).json() == {"recorded": True}
    assert next(store.feedback.answers()).query == ""


def test_without_a_session_or_the_setting_answers_are_as_ever(client: TestClient, store: Store) -> None:
    for answer in (searched(client), searched(client_of(store), session="s")):
        assert answer["token"] is None
        assert {hit["ranking"] for hit in answer["hits"]} == {None}
    refused = client_of(store).post("/api/feedback", json={"session": "s", "clicked": ["x"], "query": "q"})
    assert (refused.status_code, refused.json()["error"][:26]) == (400, "Clicks are not taken here;")


@pytest.mark.parametrize(
    ("sent", "status", "part"),
    [
        ({"json": {"clicked": ["x"]}}, 400, "session: field required"),
        ({"json": {"session": "s", "mail": "a@b"}}, 400, "mail: extra inputs"),
        ({"json": {"session": "s", "token": "made up", "clicked": ["x"]}}, 400, "not made by this server"),
        ({"json": {"session": "s", "query": "nobody", "shown": ["x"], "clicked": ["x"]}}, 404, "no searchable photo"),
        ({"json": {"session": "s", "query": QUERY, "shown": ["x"] * 51}}, 400, "shown: "),
        ({"content": b"[", "headers": {"content-type": "application/json"}}, 400, "body: "),
        ({"content": b'{"session": "s"}', "headers": {"content-type": "text/plain"}}, 400, "application/json"),
        ({"content": b" " * 70_000, "headers": {"content-type": "application/json"}}, 413, "at most 64 KiB"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(client: TestClient, sent: Any, status: int, part: str) -> None:
    answer = client.post("/api/feedback", **sent)
    assert (answer.status_code, part in answer.json()["error"]) == (status, True), answer.text


@pytest.mark.parametrize("session", ["", "s" * 201])
def test_a_session_is_a_short_text(client: TestClient, session: str) -> None:
    answer = client.get("/api/search", params={"id": QUERY, "session": session})
    assert answer.status_code == (200 if not session else 400)
