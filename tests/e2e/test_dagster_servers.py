"""`tiefvision dagster` with its webserver and daemon: a new photo reaches the served index by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.commands import TIEFVISION, answer, environment_of, free_port, wait_for
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration.automation import REASON
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.operations.runs import DagsterRuns

PHOTOS = 12
STARTED_WITHIN_S = 90
SERVED_WITHIN_S = 240
ENDED_WITHIN_S = 60
"""All processes, one after the other: 4 s on two idle cores, 31 s where twelve others wanted them. Ignored: never."""

REPOSITORY = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    name location { name }
    assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name } } } }
    schedules { name scheduleState { status } } sensors { name sensorState { status } }
} } ... on PythonError { message } } }
"""
LAUNCH = """
mutation ($job: JobOrPipelineSelector!) {
  launchRun(executionParams: { selector: $job, runConfigData: {}, mode: "default" }) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}
"""
RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"

pytestmark = pytest.mark.acceptance


@dataclass(frozen=True)
class Servers:
    """The running webserver and daemon, and the data folder that they work on."""

    port: int
    store: Store
    environment: dict[str, str]

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that GraphQL answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            document = json.load(response)
        assert "errors" not in document, document
        return document["data"]


def processes_of(data: Path) -> dict[int, str]:
    """The living processes that were given this data folder in their environment, with their commands."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and f"TIEFVISION_DATA={data}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def as_in_the_background() -> None:
    """What a shell does to a command that a script starts with ``&``; children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def started(data: Path) -> Iterator[tuple[Servers, subprocess.Popen[bytes]]]:
    """`tiefvision dagster`, started in the background, webserver and daemon well; whatever is left of it is killed."""
    port, environment = free_port(), environment_of(data)
    log = data.parent / "servers.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*TIEFVISION, "dagster", "--port", str(port)],
            env=environment,
            cwd=data.parent,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=as_in_the_background,
        )
    servers = Servers(port, Store(Settings(data=data)), environment)

    def healthy() -> bool:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            daemons = servers.ask(DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
        except OSError:
            return False
        return {"SENSOR", "SCHEDULER"} <= {daemon["daemonType"] for daemon in daemons if daemon["healthy"]}

    try:
        wait_for("webserver and daemon", healthy, STARTED_WITHIN_S)
        yield servers, process
    finally:
        for pid in processes_of(data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(ENDED_WITHIN_S)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("dagster") / "data"
    answer(environment_of(data), "demo", "--images", str(PHOTOS))
    with started(data) as (servers, _):
        yield servers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_servers_with_all_their_children(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with started(data) as (servers, process):
        wait_for("a run", lambda: servers.ask(RUNS)["runsOrError"]["results"], STARTED_WITHIN_S)
        assert len(processes_of(data)) >= 4, "webserver, daemon, code server and what started them"
        process.send_signal(number)
        wait_for(
            "the end of all processes", lambda: process.poll() is not None and not processes_of(data), ENDED_WITHIN_S
        )


def test_the_webserver_shows_every_asset_check_schedule_and_sensor(servers: Servers) -> None:
    (repository,) = servers.ask(REPOSITORY)["repositoriesOrError"]["nodes"]
    graph = build_definitions(store=servers.store).resolve_asset_graph()
    shown = {tuple(node["assetKey"]["path"]): node for node in repository["assetNodes"]}
    assert set(shown) == {tuple(key.path) for key in graph.get_all_asset_keys()}
    checks = {
        (path[-1], check["name"])
        for path, node in shown.items()
        for check in node["assetChecksOrError"].get("checks", [])
    }
    assert checks == {(key.asset_key.path[-1], key.name) for key in graph.asset_check_keys}
    schedules = {each["name"]: each["scheduleState"]["status"] for each in repository["schedules"]}
    sensors = {each["name"]: each["sensorState"]["status"] for each in repository["sensors"]}
    assert schedules == {"nightly_catalogue_scan": "RUNNING"}
    assert sensors["out_of_date"] == "RUNNING"


def test_only_this_machine_is_answered(servers: Servers) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {row[1] for row in listening if row[3] == "0A" and int(row[1].split(":")[1], 16) == servers.port}
    assert {address.split(":")[0] for address in addresses} == {"0100007F"}


def test_the_app_starts_a_run_and_follows_it_to_its_end(servers: Servers) -> None:
    dagster = DagsterRuns(f"http://127.0.0.1:{servers.port}")
    run_id = dagster.launch("materialise", ["box_labels", "triplet_labels"], {REASON: "a test asks for it"})

    def ended() -> bool:
        (run,) = [run for run in dagster.newest(5) if run.run_id == run_id]
        assert run.tags[REASON] == "a test asks for it"
        assert set(run.assets) == {"box_labels", "triplet_labels"}
        assert run.status != "FAILURE"
        return not run.unfinished

    wait_for("the run's end", ended, SERVED_WITHIN_S)
    with urllib.request.urlopen(dagster.link(run_id), timeout=30) as page:
        assert page.status == 200


def test_a_new_photo_is_scanned_located_encoded_and_served_without_anybody(servers: Servers) -> None:
    raw = servers.store.settings.raw_dir
    known = servers.store.catalogue.live()["path"].iloc[0]
    before = servers.store.served.read()
    with Image.open(raw / known) as photo:
        photo.rotate(180).save(raw / "new.jpg")
    (repository,) = servers.ask(REPOSITORY)["repositoriesOrError"]["nodes"]
    job = {
        "repositoryName": repository["name"],
        "repositoryLocationName": repository["location"]["name"],
        "jobName": "scan_catalogue",
    }
    launched = servers.ask(LAUNCH, job=job)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched

    def served() -> bool:
        index = servers.store.served.read().index
        return all("new.jpg" in set(servers.store.indexes.open(r, v).entries["path"]) for r, v in index.items())

    wait_for("the new photo in both indexes", served, SERVED_WITHIN_S, every_s=2)
    after = servers.store.served.read()
    assert after.models == before.models, "one new photo must not train anything"
    status = answer(servers.environment, "status")
    assert (status["photos"], status["stale"]) == (PHOTOS + 1, [])
