"""The route that takes pasted and dropped photos: what it keeps, for whom, and what it refuses."""

from __future__ import annotations

import errno
import os

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui import logins
from tests.ui.logins import ANN, sent
from tests.ui.small_catalogue import encoded, picture
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.uploads import Uploads
from tiefvision_ui.access.front import front
from tiefvision_ui.access.guard import guarded
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.http.uploads import BODY, upload_routes
from tiefvision_ui.search import kept_uploads
from tiefvision_ui.search.uploads import digest_of

configured = logins.configured
DATA = encoded(picture())
AS_BODY = {"Content-Type": BODY}


def client_of(store: Store) -> TestClient:
    app = Starlette(routes=guarded(upload_routes(), store.settings), middleware=front(store.settings))
    return TestClient(app, base_url="http://127.0.0.1:8501")


@pytest.fixture
def client(empty_store: Store) -> TestClient:
    return client_of(empty_store)


def test_a_photo_is_kept_under_its_hash_with_its_name_and_sender(client: TestClient) -> None:
    answer = client.post("/uploads?name=dress.jpg&person=Ann", content=DATA, headers=AS_BODY)
    assert (answer.status_code, answer.json()) == (200, {"upload": digest_of(DATA)})
    assert answer.headers["cache-control"] == "no-store"
    found = kept_uploads.uploads().get(digest_of(DATA))
    assert found
    assert found.data == DATA
    assert [(each.person, each.file) for each in found.uploaders] == [("Ann", "dress.jpg")]


@pytest.mark.parametrize(
    ("data", "headers", "status", "words"),
    [
        (b"no photo", AS_BODY, 400, "not a photo"),
        (b"", AS_BODY, 400, "empty"),
        (b" " * (MAX_UPLOAD_MB * 2**20 + 1), AS_BODY, 413, "larger than"),
        (DATA, {"Content-Type": "text/plain"}, 415, "no upload"),
        (DATA, {"Content-Type": "multipart/form-data; boundary=x"}, 415, "no upload"),
        (DATA, AS_BODY | {"Origin": "http://example.org"}, 403, "other sites"),
    ],
)
def test_what_is_refused_is_not_kept(client: TestClient, empty_store: Store, data, headers, status, words) -> None:
    answer = client.post("/uploads?name=x.jpg", content=data, headers=headers)
    assert answer.status_code == status
    assert words in answer.text
    assert not empty_store.layout.uploads.exists()


def test_a_full_disk_is_a_sentence(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Uploads, "keep", full)
    answer = client.post("/uploads?name=dress.jpg", content=DATA, headers=AS_BODY)
    assert answer.status_code == 507
    assert "“dress.jpg” cannot be kept on the server: No space left on device." in answer.json()["problem"]


def test_with_a_log_in_the_sender_is_who_is_logged_in(configured, empty_store: Store) -> None:
    client = client_of(empty_store)
    assert client.post("/uploads?person=admin", content=DATA, headers=AS_BODY).status_code == 401
    assert client.post("/uploads?person=admin", content=DATA, headers=AS_BODY | sent(ANN)).status_code == 200
    found = kept_uploads.uploads().get(digest_of(DATA))
    assert found
    assert [(each.person, each.role) for each in found.uploaders] == [("ann@example.org", "viewer")]


def test_who_has_no_role_sends_nothing(configured, empty_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "none")
    st.cache_resource.clear()
    store = Store(type(empty_store.settings)())
    assert client_of(store).post("/uploads", content=DATA, headers=AS_BODY | sent(ANN)).status_code == 403
