"""Requests that a page of another site may have sent do not reach the server behind the guard."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tiefvision_assets.host_guard import HostGuard
from tiefvision_assets.hosts import Hosts

OWN = "http://127.0.0.1:8501"


@pytest.fixture
def client() -> TestClient:
    def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("reached")

    async def greet(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("reached")
        await websocket.close()

    routes = [Route("/x", answer, methods=["GET", "POST", "DELETE"]), WebSocketRoute("/socket", greet)]
    guard = Middleware(HostGuard, hosts=Hosts("127.0.0.1"))
    return TestClient(Starlette(routes=routes, middleware=[guard]), base_url=OWN)


def test_what_this_servers_pages_and_programs_send_arrives(client: TestClient) -> None:
    for headers in ({}, {"Origin": OWN}):
        for method in ("GET", "POST", "DELETE"):
            assert client.request(method, "/x", headers=headers).text == "reached"
        with client.websocket_connect("/socket", headers={"Host": "127.0.0.1:8501", **headers}) as socket:
            assert socket.receive_text() == "reached"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", ""])
def test_a_name_that_was_pointed_here_is_answered_by_a_sentence(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    for method in ("GET", "POST"):
        refused = client.request(method, "/x", headers=headers)
        assert refused.status_code == 421
        assert "TIEFVISION_HOSTS names the hosts" in refused.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=headers):
        pass


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "http://localhost:8501", "null"])
def test_other_sites_pages_change_nothing_and_open_nothing(client: TestClient, origin: str) -> None:
    headers = {"Host": "127.0.0.1:8501", "Origin": origin}
    for method in ("POST", "DELETE"):
        refused = client.request(method, "/x", headers=headers)
        assert (refused.status_code, refused.text) == (403, "Pages of other sites may change nothing here.")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=headers):
        pass
    assert client.get("/x", headers=headers).text == "reached"
    assert "access-control-allow-origin" not in client.get("/x", headers=headers).headers


def test_no_other_site_shows_it_in_a_frame(client: TestClient) -> None:
    assert client.get("/x").headers["x-frame-options"] == "SAMEORIGIN"
