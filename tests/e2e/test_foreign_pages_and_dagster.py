"""`tiefvision dagster` with a page of another site in a real browser: it starts no run, however it asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.commands import TIEFVISION, environment_of
from tests.e2e.daemon import Servers, ending
from tests.e2e.serving import WAIT_MS, in_a_browser
from tiefvision_assets.settings import Settings

LAUNCH = """
mutation { launchRun(executionParams: { mode: "default", runConfigData: {},
  executionMetadata: { tags: [{ key: "started", value: "%s" }] },
  selector: { jobName: "scan_catalogue", repositoryName: "%s", repositoryLocationName: "%s" } }) { __typename } }
"""
EVIL = """
<title>evil</title><script>
const graphql = %s, mutation = %s, address = graphql + "?query=" + encodeURIComponent(mutation);
const image = new Promise(done => { const i = new Image(); i.onload = i.onerror = done; i.src = address; });
const plain = body => fetch(address, { method: "POST", mode: "no-cors", body }).catch(() => 0);
const json = fetch(graphql, { method: "POST", headers: { "Content-Type": "application/json" },
                              body: JSON.stringify({ query: mutation }) }).catch(() => 0);
const socket = new Promise(done => { const s = new WebSocket(graphql.replace("http", "ws"), "graphql-ws");
                                     s.onopen = () => done("opened"); s.onerror = () => done("refused"); });
Promise.all([image, plain("x"), plain(new FormData()), json, socket]).then(all => { document.title = all[4]; });
</script>
"""

pytestmark = in_a_browser


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    settings = Settings(data=tmp_path / "data")
    settings.data_dir.mkdir()
    with ending(
        Servers(tmp_path, settings, [*TIEFVISION, "dagster", "--port"], environment_of(settings.data_dir))
    ) as servers:
        servers.start()
        yield servers


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """Another site: a port of its own makes it one to a browser. Its one page is set as ``page``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.page)  # type: ignore[attr-defined]

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_page_of_another_site_starts_no_run(servers: Servers, site: ThreadingHTTPServer, page: Page) -> None:
    named = servers.selector()
    mutation = LAUNCH % ("%s", named["repositoryName"], named["repositoryLocationName"])
    graphql = f"http://127.0.0.1:{servers.port}/graphql"
    site.page = (EVIL % (json.dumps(graphql), json.dumps(mutation % "by a page"))).encode()  # type: ignore[attr-defined]
    page.goto(f"http://127.0.0.1:{site.server_port}/")
    expect(page).to_have_title("refused", timeout=WAIT_MS)
    opened = page.goto(f"{graphql}?query={quote(mutation % 'by a link')}")
    assert opened is not None and opened.status == 405

    servers.ask(mutation % "by ourselves")
    assert [run["tags"]["started"] for run in servers.runs() if "started" in run["tags"]] == ["by ourselves"]

    page.goto(f"http://127.0.0.1:{servers.port}/runs")
    expect(page.get_by_text("scan_catalogue").first).to_be_visible(timeout=WAIT_MS)
