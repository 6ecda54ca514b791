"""The page says where its server is; nothing else that is sent changes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from tiefvision_ui.http.own_base import SCRIPT, OwnBase

AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9", "Accept-Encoding": "gzip"}
PAGE = "<!DOCTYPE html><html><head><title>größer</title></head>" + "<body></body>" * 400


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    routes = [
        Route("/missing", lambda _: HTMLResponse(PAGE, 404)),
        Route("/json", lambda _: JSONResponse({"page": "<head>" * 400})),
        Mount("/", StaticFiles(directory=tmp_path, html=True)),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(OwnBase), Middleware(GZipMiddleware)]))


def test_a_page_holds_the_script_before_any_other(client):
    answer = client.get("/", headers=AS_A_BROWSER)
    assert answer.content == PAGE.encode().replace(b"<head>", b"<head>" + SCRIPT)
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_page_that_a_browser_has_kept_from_before_is_sent_again(client):
    kept = client.get("/", headers={"Accept": "*/*"})
    asked = {"If-None-Match": kept.headers["etag"], "If-Modified-Since": kept.headers["last-modified"]}
    again = client.get("/", headers=AS_A_BROWSER | asked)
    assert again.status_code == 200
    assert SCRIPT in again.content
    assert not {"etag", "last-modified"} & set(again.headers)


def test_what_is_no_page_passes_as_it_is(client):
    for path, status in (("/missing", 404), ("/json", 200)):
        answer = client.get(path, headers=AS_A_BROWSER)
        assert answer.status_code == status
        assert SCRIPT not in answer.content
    with client.stream("GET", "/index.html", headers={"Accept": "*/*", "Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())).decode() == PAGE
