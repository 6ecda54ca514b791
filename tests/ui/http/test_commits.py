"""The route that takes commits: who commits, what is written once, and what is refused for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.ui import logins
from tests.ui.logins import ANN, sent
from tests.ui.small_catalogue import fill
from tiefvision_assets.box import Box
from tiefvision_assets.store.store import Store
from tiefvision_ui import services
from tiefvision_ui.access.front import front
from tiefvision_ui.access.guard import guarded
from tiefvision_ui.http.commits import MOST_BYTES, commit_routes

configured = logins.configured
Commit = Callable[..., dict[str, Any]]


@pytest.fixture
def store(empty_store: Store) -> Store:
    fill(empty_store.settings.raw_dir)
    empty_store.catalogue.scan()
    return empty_store


@pytest.fixture
def client(store: Store) -> TestClient:
    app = Starlette(routes=guarded(commit_routes(), store.settings), middleware=front(store.settings))
    return TestClient(app, base_url="http://127.0.0.1:8501")


@pytest.fixture
def commit(store: Store, photo: str) -> Commit:
    """A commit as a browser sends it."""
    database = store.labels.database_id()
    decision = {"action": "save", "photo": photo, "box": [10, 20, 30, 40], "method": "drawn", "seconds": 2}

    def made(**changes: Any) -> dict[str, Any]:
        return {"commit_id": "1", "session": "tab", "database": database, "person": "Ann", **decision, **changes}

    return made


@pytest.fixture
def photo(store: Store) -> str:
    return str(store.catalogue.live()["sha256"].iloc[0])


def test_a_commit_is_written_once_however_often_it_arrives(client: TestClient, store: Store, commit: Commit) -> None:
    for _ in range(3):
        answer = client.post("/commits/box", json=commit())
        assert (answer.status_code, answer.json()["saved"], answer.json()["problem"]) == (200, "1", None)
        assert answer.headers["cache-control"] == "no-store"
    [event] = store.history.page()
    assert (event.label, event.annotator, event.role) == (Box(10, 20, 30, 40), "Ann", "annotator")


def test_undo_is_answered_with_the_photo_and_what_was_drawn(
    client: TestClient, store: Store, photo: str, commit: Commit
) -> None:
    client.post("/commits/box", json=commit())
    for _ in range(2):
        answer = client.post("/commits/box", json=commit(commit_id="2", action="undo")).json()
        draft = {"box": [10, 20, 30, 40], "method": "drawn"}
        assert answer["open"] == {"photo": photo, "role": "annotator", "undone": True, "draft": draft}
    assert store.labels.counts()["boxes"] == 0


def test_what_can_never_be_recorded_is_not_to_be_sent_again(client: TestClient, photo: str, commit: Commit) -> None:
    answer = client.post("/commits/box", json=commit(photo="no photo"))
    assert (answer.status_code, answer.json()["saved"]) == (200, "1")
    assert "no photo" in answer.json()["problem"]


def test_an_empty_catalogue_keeps_the_commit_in_the_browser(client: TestClient, store: Store, commit: Commit) -> None:
    store.layout.catalogue.unlink()
    answer = client.post("/commits/box", json=commit())
    assert (answer.status_code, answer.json()["saved"]) == (503, None)
    assert store.history.count() == 0


def test_a_busy_database_is_said_and_the_commit_is_to_be_sent_again(
    client: TestClient, store: Store, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PATIENCE_S", 0)
    store.labels.counts()
    writer = sqlite3.connect(store.settings.data_dir / "labels.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    answer = client.post("/commits/box", json=commit())
    assert (answer.status_code, answer.json()["saved"]) == (503, None)
    assert "is busy" in answer.json()["problem"]
    writer.execute("ROLLBACK")
    writer.close()
    assert client.post("/commits/box", json=commit()).status_code == 200


@pytest.mark.parametrize("changes", [{"commit_id": None}, {"session": ""}, {"person": 7}, {"session": "x" * 65}])
def test_what_is_no_commit_is_refused(
    client: TestClient, store: Store, commit: Commit, changes: dict[str, Any]
) -> None:
    answer = client.post("/commits/box", json=commit(**changes))
    assert (answer.status_code, answer.json()["saved"]) == (400, None)
    assert store.history.count() == 0


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[" * 10_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b" " * (MOST_BYTES + 1), "application/json", 413),
    ],
)
def test_what_is_no_json_or_too_much_is_refused(client: TestClient, content: bytes, kind: str, status: int) -> None:
    assert client.post("/commits/box", content=content, headers={"content-type": kind}).status_code == status


def test_other_kinds_and_methods_are_not_there(client: TestClient, commit: Commit) -> None:
    assert client.post("/commits/circle", json=commit()).status_code == 404
    assert client.get("/commits/box").status_code == 405


def test_whoever_may_not_label_records_nothing_and_the_commit_stays(
    client: TestClient, store: Store, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/commits/box", json=commit(person=" ")).status_code == 403
    monkeypatch.setenv("TIEFVISION_ROLES", "ann=viewer")
    st.cache_resource.clear()
    answer = client.post("/commits/box", json=commit())
    assert (answer.status_code, answer.json()["saved"]) == (403, None)
    assert store.history.count() == 0


def test_a_page_of_another_site_records_nothing(client: TestClient, store: Store, commit: Commit) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        assert client.post("/commits/box", json=commit(), headers=headers).status_code in (403, 421)
    assert store.history.count() == 0


@pytest.mark.parametrize("database", ["of another folder", None])
def test_what_was_made_for_another_database_stays_in_the_browser(
    client: TestClient, store: Store, commit: Commit, database: object
) -> None:
    answer = client.post("/commits/box", json=commit(database=database))
    assert (answer.status_code, answer.json()["saved"]) == (409, None)
    assert "another data folder" in answer.json()["problem"]
    assert store.history.count() == 0


# With a log-in ---------------------------------------------------------------------------------------------------


@pytest.fixture
def annotators(monkeypatch: pytest.MonkeyPatch, configured: Path) -> None:
    monkeypatch.setenv("TIEFVISION_ROLES", "ann@example.org=annotator,bob@example.org=admin")


def test_with_a_log_in_the_cookie_says_who_commits(
    annotators: None, client: TestClient, store: Store, commit: Commit
) -> None:
    mine = commit(person="ann@example.org", role="reviewer")
    assert client.post("/commits/box", json=mine).status_code == 401
    assert client.post("/commits/box", json=mine, headers=sent(ANN, secret="another")).status_code == 401
    assert client.post("/commits/box", json=mine, headers=sent(ANN)).status_code == 200
    [event] = store.history.page()
    assert (event.annotator, event.role) == ("ann@example.org", "annotator")


def test_what_another_made_is_not_recorded_as_ones_own(
    annotators: None, client: TestClient, store: Store, commit: Commit
) -> None:
    bob = sent(ANN | {"email": "bob@example.org"})
    answer = client.post("/commits/box", json=commit(person="ann@example.org"), headers=bob)
    assert (answer.status_code, answer.json()["saved"]) == (409, None)
    assert "ann@example.org made this" in answer.json()["problem"]
    assert store.history.count() == 0
