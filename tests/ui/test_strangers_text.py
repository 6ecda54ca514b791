"""Text from outside is harmless: names of photos are shown as text, and ids in addresses never become paths."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component, encoded, picture, serve
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_ui.words import plain

Run = Callable[..., AppTest]
NAMES = [
    "<img src=x onerror=alert(1)>.jpg",
    "a \"quoted\" 'name' & co.jpg",
    "[link](javascript:alert(1)).jpg",
    ":red[**bold**] $x^2$ `code`.jpg",
    "\u202egnp.evil\u202c.jpg",
    "%2e%2e%2fpasswd.jpg",
    "</script><script>alert(1)</script>.jpg".replace("/", "\u2215"),
]
ATTEMPTS = [
    "..",
    "../served.json",
    "../../etc/passwd",
    "....//....//etc/passwd",
    "..\\..\\served.json",
    "/etc/passwd",
    "blue/dress-002.jpg",
    "%2e%2e%2fserved.json",
    "..%252f..%252fserved.json",
    "%00",
    "\0served.json",
    "a" * 5_000,
]


@pytest.fixture
def named(empty_store: Store) -> Store:
    """Photos whose names try it on."""
    empty_store.settings.raw_dir.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (empty_store.settings.raw_dir / name).write_bytes(encoded(picture(number / len(NAMES))))
    serve(empty_store)
    return empty_store


def markdown(page: AppTest) -> list[str]:
    elements = [*page.markdown, *page.caption, *page.header, *page.info, *page.error, *page.title]
    return [element.value for element in elements]


@pytest.mark.parametrize("name", NAMES)
def test_a_photos_name_is_shown_and_does_nothing(named: Store, app: Run, name: str) -> None:
    page = app(photo=image_id(name))
    assert not page.exception
    text = " ".join(markdown(page))
    assert not re.search(r"(?<!\\)(<img|<script|\]\(javascript|:red\[|\u202e)", text)
    assert plain(name) in text
    page = app("views/search.py", like=image_id(name))
    assert not page.exception
    assert component(page, "uploaded-photo")["alt"] == name.rsplit(".", 1)[0]


def test_the_gallery_hands_names_over_as_text(named: Store, app: Run) -> None:
    captions = {tile["caption"] for tile in component(app(), "gallery-grid")["tiles"]}
    assert captions == {name.rsplit(".", 1)[0] for name in NAMES}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_route_takes_an_id_for_a_path(store: Store, attempt: str) -> None:
    from tiefvision_ui import asgi

    routes = importlib.reload(asgi).app._user_routes
    client = TestClient(Starlette(routes=routes), raise_server_exceptions=True)
    wanted = [route for route in routes if "{" in route.path]
    assert len(wanted) >= 3
    for route in wanted:
        for spelling in (attempt, quote(attempt, safe="")):
            path = "/".join(
                spelling if part.startswith("{") and "int" not in part else "320" if part.startswith("{") else part
                for part in route.path.split("/")
            )
            method = "POST" if getattr(route, "methods", None) == {"POST"} else "GET"
            response = client.request(method, path.replace("\0", "%00"))
            assert response.status_code in (400, 404, 422), (path, response.status_code)
            assert "immutable" not in response.headers.get("cache-control", "")


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_page_takes_one_either(store: Store, app: Run, attempt: str) -> None:
    for script, name in ((None, "photo"), ("views/search.py", "like")):
        page = app(script, **{name: attempt})
        assert not page.exception
        assert page.info
