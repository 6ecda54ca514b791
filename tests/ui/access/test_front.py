"""What stands before the whole app: foreign hosts, and Streamlit's own endpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from tests.ui import logins
from tests.ui.logins import ANN, sent
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.access import front

configured = logins.configured

METRICS = "/_stcore/metrics"
FILE = "/media/abc.csv"
UPLOAD = "/_stcore/upload_file/session/file"
PAGE = "/"
Front = Callable[..., TestClient]


@pytest.fixture
def before() -> Front:
    """The front before an app that answers everything."""

    def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("reached")

    def client(settings: Settings, host: str = "127.0.0.1:8501", asks: str = "127.0.0.1") -> TestClient:
        app = Starlette(
            routes=[Route("/{path:path}", answer, methods=["GET", "PUT"])], middleware=front.front(settings)
        )
        return TestClient(app, base_url=f"http://{host}", client=(asks, 50000))

    return client


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        (Settings(), 200),
        (Settings(default_role="annotator"), 413),
        (Settings(default_role="none"), 413),
        (Settings(hosts="photos.example.org"), 413),
    ],
)
def test_files_larger_than_a_photo_to_search_with_are_taken_from_admins_only(
    before: Front, settings: Settings, status: int
) -> None:
    client = before(settings)
    assert client.put(UPLOAD, content=bytes(front.LARGEST_FOR_ALL)).status_code == 200
    assert client.put(UPLOAD, content=bytes(front.LARGEST_FOR_ALL + 1)).status_code == status
    assert client.put(UPLOAD, content=(bytes(10) for _ in range(2))).status_code == status  # says no length


def test_the_whole_app_stands_behind_it(empty_store: Store) -> None:
    import importlib

    from tiefvision_ui import asgi

    installed = importlib.reload(asgi).app._user_middleware
    assert [each.cls for each in installed] == [each.cls for each in front.front(empty_store.settings)]


def test_names_that_are_set_are_answered_and_others_are_not(before: Front) -> None:
    settings = Settings(hosts="photos.example.org")
    assert before(settings, "photos.example.org").get(PAGE).text == "reached"
    assert before(settings, "evil.example").get(PAGE).status_code == 421


def test_so_is_the_name_to_which_the_provider_sends_people_back(before: Front, configured: Path) -> None:
    configured.write_text(logins.SECRETS.replace("localhost:8501", "photos.example.org"))
    logins.st.secrets._reset()
    assert before(Settings(), "photos.example.org").get(PAGE).text == "reached"
    assert before(Settings(), "evil.example").get(PAGE).status_code == 421


def test_metrics_and_files_are_for_those_logged_in(before: Front, configured: Path) -> None:
    client = before(Settings())
    for path in (METRICS, FILE, "/_stcore/upload_file/session/file"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=sent(ANN)).text == "reached"
    assert client.get(PAGE).text == "reached"


def test_without_a_log_in_metrics_are_for_this_machine(before: Front) -> None:
    everywhere = Settings(ui_address="0.0.0.0", ui_without_login=True, hosts="photos.example.org")
    assert before(everywhere).get(METRICS).text == "reached"
    for host, asks in (
        ("192.168.1.7", "192.168.1.9"),
        ("127.0.0.1", "192.168.1.9"),
        ("photos.example.org", "127.0.0.1"),
    ):
        client = before(everywhere, host, asks)
        assert client.get(METRICS).status_code == 403
        assert client.get(FILE).text == "reached"


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "photos.example.org"])
def test_streamlit_sees_a_websocket_at_the_host_of_its_page(host: str) -> None:
    """Else Streamlit would ask a public server who this machine is."""
    seen = []

    async def streamlit(websocket: WebSocket) -> None:
        seen.append(websocket.headers.getlist("host"))
        await websocket.accept()
        await websocket.close()

    app = Starlette(
        routes=[WebSocketRoute("/", streamlit)], middleware=front.front(Settings(hosts="photos.example.org"))
    )
    headers = {"host": host, "origin": "https://photos.example.org"}
    with TestClient(app).websocket_connect("/", headers=headers):
        assert seen == [["photos.example.org"]]
