"""No process of ours says anything to another machine, once the encoder's weights are there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.commands import TIEFVISION, environment_of, wait_for
from tests.e2e.daemon import UNFINISHED, Servers, ending, write_photos
from tests.e2e.serving import CHROMIUM, served, watched_page
from tests.e2e.test_foreign_pages import HANDSHAKE, status
from tests.e2e.traced import STRACE, sent_elsewhere, traced
from tiefvision_assets.models.weights import obtain_weights
from tiefvision_assets.settings import DEFAULT_ENCODER, Settings
from tiefvision_assets.vision.registry import encoder_named

NAMED = "photos.example.org"
APP = (sys.executable, "-m", "tiefvision_ui", "--port")
RUN_WITHIN_S = 300

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(STRACE is None, reason="no strace on this machine")]


def traced_to_its_end(log: Path, environment: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(traced(log, *command), env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data folder ``data``, in which some photos were encoded and indexed, and the trace of that."""
    folder = tmp_path_factory.mktemp("traced")
    settings = Settings(data=folder / "data")
    obtain_weights(encoder_named(DEFAULT_ENCODER), settings)
    settings.raw_dir.mkdir(parents=True)
    write_photos(settings, *range(8))
    traced_to_its_end(folder / "trace", environment_of(settings.data_dir), *TIEFVISION, "run")
    return folder


def test_a_trace_notices_another_machine(tmp_path: Path) -> None:
    program = "import socket\nfor ip in '192.0.2.1', '127.0.0.1': socket.socket(type=2).connect((ip, 9))"
    traced_to_its_end(tmp_path / "trace", {}, sys.executable, "-c", program)
    (call,) = sent_elsewhere(tmp_path / "trace")
    assert "192.0.2.1" in call


def test_a_run_asks_nobody(made: Path) -> None:
    assert sent_elsewhere(made / "trace") == []


@pytest.mark.parametrize(
    "settings",
    [{}, {"UI_ADDRESS": "0.0.0.0", "UI_WITHOUT_LOGIN": "1"}, {"HOSTS": NAMED, "UI_WITHOUT_LOGIN": "1"}],
    ids=["by-default", "everywhere", "behind-a-proxy"],
)
def test_the_app_asks_nobody(made: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    data, trace = made / "data", tmp_path / "trace"
    command = traced(trace, *APP)
    with served(data, tmp_path / "log", command=command, environment=environment_of(data), **settings) as (url, _):
        here = url.removeprefix("http://")
        for host, origin in ((here, url), (here, f"https://{NAMED}"), (NAMED, f"https://{NAMED}")):
            opened = status(here, "/_stcore/stream", {**HANDSHAKE, "Host": host, "Origin": origin})
            assert (opened == 101) == (origin == url or "HOSTS" in settings)
    assert sent_elsewhere(trace) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine")
def test_its_pages_ask_nobody(made: Path, tmp_path: Path, browser: Browser) -> None:
    data, trace = made / "data", tmp_path / "trace"
    command = traced(trace, *APP)
    with (
        served(data, tmp_path / "log", command=command, environment=environment_of(data)) as (url, _),
        watched_page(browser.new_context()) as page,
    ):
        page.goto(url)
        expect(page.locator(".grid a").first).to_be_visible()
    assert sent_elsewhere(trace) == []


def test_dagster_asks_nobody(tmp_path: Path) -> None:
    """Not even with a ``DAGSTER_HOME`` of somebody's own, in which telemetry is on, as it is by default."""
    settings = Settings(data=tmp_path / "data")
    environment = environment_of(settings.data_dir) | {"DAGSTER_HOME": str(tmp_path / "home")}
    command = traced(tmp_path / "trace", *TIEFVISION, "dagster", "--port")
    with ending(Servers(tmp_path, settings, command, environment)) as servers:
        servers.start()
        scan = servers.scan()

        def ended() -> bool:
            return not any(run["runId"] == scan and run["status"] in UNFINISHED for run in servers.runs())

        wait_for("the scan", ended, RUN_WITHIN_S)
    assert sent_elsewhere(tmp_path / "trace") == []
