"""What a page of another site can send to Dagster's webserver changes nothing; its own pages and programs may."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tiefvision_assets.hosts import Hosts
from tiefvision_assets.orchestration.guarded_dagster import GUARDED, NotGuarded, guarding
from tiefvision_assets.orchestration.webserver_guard import WebserverGuard

OWN = "http://127.0.0.1:3000"
MUTATION = 'mutation { terminateRun(runId: "x") { __typename } }'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client() -> TestClient:
    def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("reached")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    routes = [Route("/{path:path}", answer, methods=["GET", "POST"]), WebSocketRoute("/graphql", socket)]
    return TestClient(WebserverGuard(Starlette(routes=routes), Hosts("127.0.0.1")), base_url=OWN)


def test_its_own_pages_and_programs_ask_and_change(client: TestClient) -> None:
    for origin in ({}, {"Origin": OWN}):
        assert client.get("/runs/x", headers=origin).text == "reached"
        assert client.get("/graphql?query={runsOrError{__typename}}", headers=origin).text == "reached"
        for kind in ("application/json", "application/json; charset=utf-8"):
            sent = client.post("/graphql", json={"query": MUTATION}, headers={**origin, "Content-Type": kind})
            assert sent.text == "reached"
        with client.websocket_connect("/graphql", headers={"Host": "127.0.0.1:3000", **origin}):
            pass


@pytest.mark.parametrize(
    "query",
    [
        MUTATION,
        f"query Q {{ version }} {MUTATION}",
        f"# query\n{MUTATION}",
        "subscription { pipelineRunLogs(runId: 1) { __typename } }",
        "no GraphQL",
        "{" * 5000,
    ],
    ids=["mutation", "behind a query", "behind a comment", "subscription", "nonsense", "deep"],
)
def test_an_address_changes_nothing(client: TestClient, query: str) -> None:
    for address in (f"/graphql?query={quote(query)}", f"/graphql?query={{version}}&query={quote(query)}"):
        for method in ("GET", "HEAD"):
            assert client.request(method, address).status_code == 405


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "text/plain; x=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/graphql",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/similarity_index"])
def test_what_forms_can_send_changes_nothing(client: TestClient, path: str, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert client.post(f"{path}?query={quote(MUTATION)}", headers=headers, content="x").status_code == 415


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example:3000"}]
)
def test_pages_from_elsewhere_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/graphql", json={"query": MUTATION}, headers=headers).status_code in (403, 421)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/graphql", headers={"Host": "127.0.0.1:3000", **headers}),
    ):
        pass


def test_the_guarded_webserver_is_started_in_place_of_dagsters() -> None:
    started: list[Any] = []
    start = guarding(lambda parts, **options: started.append((parts, options)))
    start(["python", "-m", "dagster_webserver", "--port", "1"], pass_fds=[3])
    start(["python", "-m", "dagster._daemon", "run"])
    assert started == [
        (["python", "-m", *GUARDED, "--port", "1"], {"pass_fds": [3]}),
        (["python", "-m", "dagster._daemon", "run"], {}),
    ]


def test_without_it_nothing_is_started() -> None:
    started: list[Any] = []
    with pytest.raises(NotGuarded, match="without our guard"):
        guarding(lambda parts, **options: started.append(parts))(["python", "-m", "dagster._daemon", "run"])
    assert started == []
