"""The real app as a page of another site would reach it: by its own name, pointed here, or from its own origin."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from tests.e2e.serving import served

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "streamlit",
}

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app answers, as host and port."""
    folder = tmp_path_factory.mktemp("app")
    with served(folder / "data", folder / "log") as (url, _):
        yield urlsplit(url).netloc


def status(app: str, path: str, headers: Mapping[str, str], method: str = "GET") -> int:
    """What the app answers to these very headers."""
    connection = http.client.HTTPConnection(app, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/openapi.json", "/photos/x", "/_stcore/health", "/_stcore/metrics"]
)
def test_it_answers_by_this_machines_names_alone(app: str, path: str) -> None:
    port = app.rpartition(":")[2]
    assert status(app, path, {"Host": app}) == status(app, path, {"Host": f"localhost:{port}"}) != 421
    assert status(app, path, {"Host": f"evil.example:{port}"}) == 421


def test_its_websocket_opens_for_its_own_pages_alone(app: str) -> None:
    def opened(host: str, origin: str) -> int:
        return status(app, "/_stcore/stream", {**HANDSHAKE, "Host": host, "Origin": origin})

    assert opened(app, f"http://{app}") == 101
    refused = opened("evil.example", "http://evil.example")
    assert refused in (403, 421), "421, where the server can answer before a websocket is open"
    assert opened(app, "http://evil.example") == 403
    assert opened(app, "http://localhost:1") == 403
