"""The app in a process of its own, and a real browser before it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page

from tests.commands import free_port
from tiefvision_assets.store.store import Store

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 120_000
DEMO_PHOTOS = 40

in_a_browser = [
    pytest.mark.acceptance,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine"),
]
"""The marks of a module of such tests."""


@contextmanager
def served(
    data: Path,
    log: Path,
    *,
    command: Sequence[str] = (sys.executable, "-m", "tiefvision_ui", "--port"),
    environment: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    port: int | None = None,
    **settings: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The app over that data folder, on that port or one of its own: its address, and its process.

    ``command`` starts it once the port is added; other keywords are settings, without ``TIEFVISION_``.
    """
    port = port or free_port()
    variables = {"TIEFVISION_DATA": str(data)} | {f"TIEFVISION_{name}": value for name, value in settings.items()}
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, str(port)], env={**environment, **variables}, cwd=cwd, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(f"{url}/healthz", server, log)
        yield url, server
    finally:
        server.terminate()
        server.wait(60)


def wait_until_up(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the address answers; the test fails with the log where the process ends before."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def watched_page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test if it sends a request to another machine or raises an error."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    hosts: set[str | None] = set()
    errors: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda websocket: hosts.add(urlsplit(websocket.url).hostname))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert hosts <= {"127.0.0.1", None}
    assert not errors


def photos(store: Store) -> pd.DataFrame:
    """The entries of the served index."""
    return store.indexes.open("unsupervised", store.served.read().index["unsupervised"]).entries


def tile_ids(page: Page) -> list[str | None]:
    """The photos that the page's grid shows, in its order."""
    return [tile.get_attribute("data-id") for tile in page.locator(".grid a").all()]
