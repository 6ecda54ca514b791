"""What the compose file starts, as plain processes on this machine: code location, daemon, and both webservers.

Commands and settings are the file's own, but for addresses and folders; PostgreSQL is a real server.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import make_url

from tests.commands import environment_of, free_port, wait_for
from tests.e2e.daemon import LAUNCH, Servers
from tiefvision_assets.settings import Settings

pytestmark = pytest.mark.acceptance

FOLDER = files("tiefvision_assets") / "deploy" / "compose"
RUN_WITHIN_S = 240


class Stack:
    """The services of the file that run the image."""

    def __init__(self, folder: Path, url: str) -> None:
        self.data, self.home = folder / "data", folder / "home"
        for made in (self.data, self.home, folder / "photos"):
            made.mkdir()
        self.port = free_port()
        self._moved = {"/data": str(self.data), "/srv/dagster": str(self.home), "/photos": str(folder / "photos")}
        for name in ("dagster.yaml", "workspace.yaml"):
            text = self._here((FOLDER / name).read_text(encoding="utf-8"))
            text = text.replace("host: location", "host: 127.0.0.1").replace("4000", str(self.port))
            (self.home / name).write_text(text, encoding="utf-8")
        self._services: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))[
            "services"
        ]
        self.environment = environment_of(self.data, DATABASE_URL=url, RAW=str(folder / "photos")) | {
            "DAGSTER_HOME": str(self.home),
            "DAGSTER_POSTGRES_URL": make_url(url).set(drivername="postgresql+psycopg2").render_as_string(False),
        }

    def command(self, service: str) -> list[str]:
        """The service's command, on this machine only; a port comes last, as its option alone."""
        program, *options = self._services[service]["command"]
        options = [
            self._here(option).replace("0.0.0.0", "127.0.0.1").replace("4000", str(self.port)) for option in options
        ]
        if "3000" in options:
            at = options.index("3000")
            options = [*options[: at - 1], *options[at + 1 :], options[at - 1]]
        return [str(Path(sys.executable).parent / program), *options]

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        """The service's process."""
        with (self.data / f"{service}.log").open("wb") as log:
            process = subprocess.Popen(
                self.command(service), env=self.environment, cwd=self.data, stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)

    @contextmanager
    def serving(self, service: str) -> Iterator[Servers]:
        """The service, a webserver, once it knows the location and a healthy daemon."""
        folder = self.data / service
        folder.mkdir()
        servers = Servers(folder, Settings(data=self.data), self.command(service), self.environment)
        try:
            servers.start()
            yield servers
        finally:
            if servers.process:
                servers.process.terminate()
                servers.process.wait(60)

    def _here(self, text: str) -> str:
        for path, moved in self._moved.items():
            text = text.replace(path, moved)
        return text


def test_a_run_goes_from_the_launcher_to_the_location_and_is_seen_by_who_may_only_look(tmp_path, postgres_url):
    stack = Stack(tmp_path, postgres_url)
    with ExitStack() as started:
        for service in ("location", "daemon"):
            started.enter_context(stack.running(service))
        launcher, webserver = (started.enter_context(stack.serving(name)) for name in ("launcher", "webserver"))
        refused = webserver.ask(LAUNCH, job=webserver.selector() | {"jobName": "scan_catalogue"})["launchRun"]
        assert refused == {"__typename": "UnauthorizedError"}
        run = launcher.scan()
        wait_for("the scan", lambda: status_of(webserver, run) in ("SUCCESS", "FAILURE"), RUN_WITHIN_S)
        assert status_of(webserver, run) == "SUCCESS"
    assert (stack.data / "catalogue" / "catalogue.parquet").exists()
    assert not list(tmp_path.rglob("*.db")), "nothing is left to SQLite"
    assert list((stack.data / "dagster" / "logs").rglob("*.out")), "all see the run's output"
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT status FROM runs WHERE run_id = %s", (run,)).fetchone() == ("SUCCESS",)


def status_of(servers: Servers, run: str) -> str:
    return next(found["status"] for found in servers.runs() if found.get("runId") == run)
