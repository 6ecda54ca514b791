"""A log-in that was wanted stays wanted, and one that ended opens nothing more."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.ui import logins
from tests.ui.logins import ANN, SECRETS, cookies, sent
from tiefvision_assets.settings import Settings
from tiefvision_ui.access import ended
from tiefvision_ui.access.front import front
from tiefvision_ui.access.guard import guarded
from tiefvision_ui.access.login import LogInUnusable, check_login, claims_in, ids_in, login_wanted

configured = logins.configured

BOB = ANN | {"sub": "43", "email": "bob@example.org"}
LONG = ANN | {"groups": ["a group with a long name " * 10] * 40}


@pytest.fixture
def app(settings: Settings) -> TestClient:
    """Routes of ours and of Streamlit's, as far as they ask who is logged in, behind the whole front."""

    def whoami(request: Request) -> JSONResponse:
        return JSONResponse({"claims": dict(claims_in(request.cookies) or {}), "other": request.cookies.get("other")})

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    ours = guarded([Route("/photos/x", whoami)], settings)
    routes = [*ours, WebSocketRoute("/_stcore/stream", socket), Route("/{path:path}", whoami)]
    return TestClient(Starlette(routes=routes, middleware=front(settings)), base_url="http://localhost:8501")


@pytest.fixture
def client(configured: Path, app: TestClient) -> Iterator[TestClient]:
    with app:
        yield app


def write(file: Path, text: str | bytes) -> None:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    st.secrets._reset()


# Configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[auth\n",
        "",
        SECRETS.replace("[auth]", "[author]"),
        SECRETS.replace("cookie_secret", "#"),
        b"\xff\xfe",
        "auth = 1",
    ],
    ids=["bad line", "empty", "renamed", "no secret", "no UTF-8", "no section"],
)
def test_while_its_configuration_cannot_be_read_everything_is_held_back(
    client: TestClient, configured: Path, caplog: pytest.LogCaptureFixture, text: str | bytes
) -> None:
    assert client.get("/photos/x").status_code == 401
    with caplog.at_level(logging.ERROR), client.websocket_connect("/_stcore/stream", headers=at_home()) as open_before:
        write(configured, text)
        for path in ("/photos/x", "/", "/healthz", "/_stcore/health", "/media/x", "/auth/login"):
            for headers in ({}, sent(ANN)):
                refused = client.get(path, headers=headers)
                assert (refused.status_code, "cannot be read" in refused.text) == (503, True)
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=at_home()):
            pass
        open_before.send_text("act")
        with pytest.raises(WebSocketDisconnect):
            open_before.receive_text()
    assert len(caplog.messages) == 1
    write(configured, SECRETS)
    assert client.get("/photos/x", headers=sent(ANN)).status_code == 200


def test_so_it_is_when_the_file_is_gone(client: TestClient, configured: Path) -> None:
    configured.unlink()
    st.secrets._reset()
    assert client.get("/").status_code == 503


def test_a_setting_wants_one_whatever_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not login_wanted()
    login_wanted.cache_clear()
    monkeypatch.setenv("TIEFVISION_LOGIN", "required")
    assert login_wanted()
    with pytest.raises(LogInUnusable, match=r"A log-in is wanted, but .*\[auth\]"):
        check_login()


@pytest.mark.parametrize("text", ["[auth]\n", '[auth]\nclient_id = "x"\n', "[auth\n", b"\xff"])
def test_half_a_configuration_wants_one_and_stops_the_app(configured: Path, text: str | bytes) -> None:
    write(configured, text)
    assert login_wanted()
    with pytest.raises(LogInUnusable):
        check_login()


# Logging out -----------------------------------------------------------------------------------------------------


def at_home(**headers: str) -> dict[str, str]:
    return {"Host": "localhost:8501", "Origin": "http://localhost:8501", **headers}


@pytest.mark.parametrize("claims", [ANN, LONG], ids=["one cookie", "in pieces"])
def test_after_the_log_out_the_cookie_opens_nothing(client: TestClient, settings: Settings, claims: dict) -> None:
    own, others = sent(claims), sent(BOB)
    with client.websocket_connect("/_stcore/stream", headers=at_home(**own)) as tab:
        tab.send_text("act")
        assert tab.receive_text() == "act"
        client.get("/auth/logout", headers=own)
        tab.send_text("act")
        with pytest.raises(WebSocketDisconnect):
            tab.receive_text()
    for _ in range(2):
        assert client.get("/photos/x", headers=own).status_code == 401
        page = client.get("/", headers={"Cookie": f"other=kept; {own['Cookie']}"})
        assert page.json() == {"claims": {}, "other": "kept"}
        assert client.get("/photos/x", headers=others).status_code == 200
        # As after a start of the app.
        client.app = Starlette(routes=client.app.routes, middleware=front(settings))  # type: ignore[attr-defined]


def test_nor_does_another_spelling_of_its_signature(client: TestClient) -> None:
    ((name, value),) = cookies(ANN).items()
    client.get("/auth/logout", headers={"Cookie": f"{name}={value}"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(value[-1])
    spellings = {value[:-1] + alphabet[last ^ bits] for bits in range(4)}
    assert any(claims_in({name: spelling}) for spelling in spellings - {value}), "or this test tests nothing"
    for spelling in spellings:
        assert client.get("/photos/x", headers={"Cookie": f"{name}={spelling}"}).status_code == 401


def test_a_forged_cookie_is_not_written_down(client: TestClient, settings: Settings) -> None:
    client.get("/auth/logout", headers=sent(ANN, secret="another"))
    client.get("/auth/logout")
    assert not list((settings.data_dir / "logged_out").glob("*"))


def test_what_cannot_be_written_down_holds_in_this_process(tmp_path: Path, configured: Path) -> None:
    (tmp_path / "file").touch()
    known = ended.EndedLogIns(tmp_path / "file" / "folder")
    known.end(ids_in(cookies(ANN)))
    assert known.include(ids_in(cookies(ANN))) and not known.include(ids_in(cookies(BOB)))


def test_it_is_forgotten_when_no_such_cookie_is_valid_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ended.EndedLogIns(tmp_path)
    known.end(["old"])
    now = ended.time.time()
    monkeypatch.setattr(ended.time, "time", lambda: now + 32 * 24 * 3600)
    known.end(["newer"])
    assert known.include(["old"])
    monkeypatch.setattr(ended.time, "time", lambda: now + 41 * 24 * 3600)
    known.end(["newest"])
    assert not known.include(["old"])
