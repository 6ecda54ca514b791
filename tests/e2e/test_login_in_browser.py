"""The log-in in a real browser, against a small provider: pages and photos are for those who are logged in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.commands import free_port
from tests.e2e.serving import WAIT_MS, in_a_browser, wait_until_up

ROOT = Path(__file__).parents[2]
CLAIMS = {"sub": "42", "email": "ann@example.org", "email_verified": True}

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an empty data folder, with a log-in at a provider beside it."""
    folder = tmp_path_factory.mktemp("login")
    port, provider_port = free_port(), free_port()
    address, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{provider_port}"
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "a secret of the tests, long enough"\n'
        'client_id = "tiefvision"\nclient_secret = "x"\n'
        f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
    )
    environment = os.environ | {
        "TIEFVISION_DATA": str(folder / "data"),
        "TIEFVISION_ROLES": "ann@example.org=annotator",
        "PYTHONPATH": str(ROOT),
    }
    log = folder / "log"
    commands = {
        f"{issuer}/keys": ["-m", "tests.oidc", str(provider_port), json.dumps(CLAIMS)],
        f"{address}/healthz": ["-m", "tiefvision_ui", "--port", str(port)],
    }
    running = []
    with log.open("w") as output:
        for command in commands.values():
            started = subprocess.Popen(
                [sys.executable, *command], cwd=folder, env=environment, stdout=output, stderr=output
            )
            running.append(started)
    try:
        for url, process in zip(commands, running, strict=True):
            wait_until_up(url, process, log)
        yield address
    finally:
        for process in running:
            process.terminate()
            process.wait(20)


def test_pages_and_photos_open_after_the_log_in_and_close_after_the_log_out(page: Page, app: str) -> None:
    photo = f"{app}/photos/{'0' * 64}"
    page.goto(app)
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
    assert page.request.get(photo).status == 401

    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("ann@example.org · annotator")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("No photos yet")).to_be_visible()
    assert page.request.get(photo).status == 404

    copied = page.context.cookies()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
    assert page.request.get(photo).status == 401

    page.context.add_cookies(copied)
    assert page.request.get(photo).status == 401
    page.reload()
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
