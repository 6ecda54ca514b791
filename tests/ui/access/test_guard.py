"""Where a log-in is configured, routes and pages are only for people who are logged in and have a role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from tests.ui import logins
from tests.ui.logins import ANN, sent
from tests.ui.small_catalogue import component, sentences
from tests.ui.tokens import token_settings
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.access import guard, identity, people
from tiefvision_ui.access.guard import guarded
from tiefvision_ui.http.images import photo_routes
from tiefvision_ui.language.requests import InReadersLanguage
from tiefvision_ui.values import photo_url, thumbnail_url

Run = Callable[..., AppTest]

configured = logins.configured


# Routes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(Starlette(routes=guarded(photo_routes(store), store.settings)))


def urls(store: Store) -> list[str]:
    sha256 = store.catalogue.live()["sha256"].iloc[0]
    return [photo_url(sha256), thumbnail_url(sha256, 320)]


def test_without_a_log_in_photos_are_served_to_all(client: TestClient, store: Store) -> None:
    for url in urls(store):
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["cache-control"].startswith("public")


def test_with_one_photos_are_served_to_those_who_did(client: TestClient, store: Store, configured: Path) -> None:
    for url in [*urls(store), "/photos/" + "0" * 64]:
        refused = client.get(url)
        assert refused.status_code == 401
        assert refused.text == "Log in first."
        assert refused.headers["cache-control"] == "no-store"
    for url in urls(store):
        response = client.get(url, headers=sent(ANN))
        assert response.status_code == 200
        assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert client.get(url, headers=sent(ANN, secret="another")).status_code == 401


def test_who_has_no_role_gets_no_photo(store: Store, configured: Path) -> None:
    closed = Settings(default_role="none", roles={"ann@example.org": "viewer"})
    client = TestClient(Starlette(routes=guarded(photo_routes(store), closed)))
    for url in urls(store):
        assert client.get(url, headers=sent(ANN)).status_code == 200
        refused = client.get(url, headers=sent(ANN | {"email": "eve@example.org"}))
        assert refused.status_code == 403
        assert "has no access" in refused.text


def test_a_token_of_the_api_opens_what_a_log_in_does_and_stays_private(store: Store, configured: Path) -> None:
    client = TestClient(Starlette(routes=guarded(photo_routes(store), Settings(api_tokens=token_settings()))))
    for url in urls(store):
        response = client.get(url, headers={"Authorization": "Bearer tv_site"})
        assert response.status_code == 200
        assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
        for wrong in ("Bearer tv_", "Bearer ", "Basic tv_site", "tv_site", f"Bearer {token_settings()['site'].sha256}"):
            assert client.get(url, headers={"Authorization": wrong}).status_code == 401


def test_what_says_nothing_of_caching_is_not_kept(configured: Path, settings: Settings) -> None:
    def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x")

    client = TestClient(Starlette(routes=guarded([Route("/x", answer)], settings)))
    assert client.get("/x", headers=sent(ANN)).headers["cache-control"] == "no-store"


def test_every_route_of_the_app_but_the_health_check_is_guarded(empty_store: Store) -> None:
    import importlib

    from tiefvision_ui import asgi

    routes = importlib.reload(asgi).app._user_routes
    outer = {route.path: route.app.app if isinstance(route.app, InReadersLanguage) else route.app for route in routes}
    assert {path for path, app in outer.items() if not isinstance(app, guard.Guard)} == {"/healthz"}


# Pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the provider says of the person at the page; a log-in is configured."""
    claims: dict[str, Any] = {}
    for module in (people, identity):
        monkeypatch.setattr(module, "login_wanted", lambda: True)
    monkeypatch.setattr(people, "login_configured", lambda: True)
    monkeypatch.setattr(people, "claims_of_session", lambda: claims or None)
    return claims


def test_before_the_log_in_there_is_no_page(store: Store, app: Run, session: dict[str, Any]) -> None:
    page = app()
    assert not page.exception
    assert sentences(page) == "Log in first."
    assert [button.label for button in page.button] == ["Log in"]
    assert not page.get("bidi_component") and not page.text_input


def test_after_it_there_is_one_with_a_way_out(store: Store, app: Run, session: dict[str, Any]) -> None:
    session |= ANN | {"email": "ann*@example.org"}
    page = app()
    assert component(page, "gallery-grid")["tiles"]
    assert "ann\\*@example.org · viewer" in [caption.value for caption in page.sidebar.caption]
    assert "Log out" in [button.label for button in page.sidebar.button]


def test_who_has_no_role_is_refused_with_a_sentence(
    store: Store, app: Run, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "none")
    st.cache_resource.clear()
    session |= ANN
    page = app()
    assert "who has no access here" in sentences(page)
    assert not page.get("bidi_component")


def test_without_a_log_in_the_sidebar_asks_for_a_name(store: Store, app: Run) -> None:
    page = app()
    assert page.sidebar.text_input[0].label == "Your name"
    page.sidebar.text_input[0].set_value("Ann'; <b>").run()
    assert not page.exception
    (kept,) = [html.proto.body for html in page.get("html") if "document.cookie" in html.proto.body]
    assert "tiefvision-name=Ann%27%3B%20%3Cb%3E; path=/" in kept


def test_a_log_in_that_cannot_be_read_any_more_leaves_no_page(store: Store, app: Run, configured: Path) -> None:
    assert sentences(app()) == "Log in first."
    configured.write_text("[auth\n")
    st.secrets._reset()
    page = app()
    assert "cannot be read" in sentences(page)
    assert not page.get("bidi_component") and not page.text_input
