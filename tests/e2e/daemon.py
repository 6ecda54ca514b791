"""A real webserver and daemon on a data folder of their own: as people start them, or with the small code location."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

from benchmarks.tiny_encoder import NAME, write_weights
from tests.commands import environment_of, free_port, wait_for
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.orchestration.dagster_home import dagster_home
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

ROOT = Path(__file__).parents[2]
STARTED_WITHIN_S, ENDED_WITHIN_S, WITHIN_S = 300, 90, 400
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"
LOCATION = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
LAUNCH = """
mutation ($job: JobOrPipelineSelector!) {
  launchRun(executionParams: { selector: $job, runConfigData: {}, mode: "default" }) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}
"""
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
BATCH = 4
"""Photos of a batch, in the small code location."""
SECONDS_A_BATCH = 0.5
"""An encoder takes its time; a process that is to be killed while it encodes has to be met at it."""
SECONDS_OF_A_BATCH = "TIEFVISION_TEST_SECONDS_A_BATCH"
"""The variable that says otherwise."""
UNFINISHED = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"}


@dataclass(frozen=True)
class Encoded:
    """A line of the small location's log."""

    begun: bool
    computed: int
    embedding: str
    batch: str
    node: str
    pid: int
    at: float
    """Seconds since 1970."""


class Servers:
    """`dagster dev` on one data folder; may be started, killed and started again."""

    def __init__(self, folder: Path, settings: Settings, command: Sequence[str], environment: dict[str, str]) -> None:
        """``command`` lacks its port, which comes last: ``-p`` or ``--port`` and a number."""
        self.folder = folder
        self.settings = settings
        self.store = Store(settings)
        self.environment = environment
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [*command, str(self.port)]

    def start(self) -> None:
        """Start webserver and daemon, and wait until both are well."""
        log = (self.folder / "servers.log").open("ab")
        self.process = subprocess.Popen(
            self._command,
            env=self.environment,
            cwd=self.folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=self._prepared,
        )
        log.close()
        wait_for("webserver and daemon", self._healthy, STARTED_WITHIN_S)

    @staticmethod
    def _prepared() -> None:
        """As a script's ``&`` starts a command: SIGINT is ignored, and children inherit that."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _healthy(self) -> bool:
        assert self.process and self.process.poll() is None, self.output()
        with suppress(OSError):
            daemons = self.ask(DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
            well = {daemon["daemonType"] for daemon in daemons if daemon["healthy"]}
            return {"SENSOR", "SCHEDULER", "QUEUED_RUN_COORDINATOR"} <= well and bool(self._location())
        return False

    def output(self) -> str:
        """The end of the servers' log."""
        return (self.folder / "servers.log").read_text()[-3000:]

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that GraphQL answers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            document = json.load(response)
        assert "errors" not in document, document
        return document["data"]

    def _location(self) -> dict[str, Any] | None:
        nodes = self.ask(LOCATION)["repositoriesOrError"].get("nodes", [])
        return nodes[0] if nodes else None

    def selector(self) -> dict[str, str]:
        """What names the code location in queries."""
        node = self._location()
        assert node
        return {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}

    def scan(self) -> str:
        """Launch the scan, as the schedule does; returns the run's id."""
        launched = self.ask(LAUNCH, job=self.selector() | {"jobName": "scan_catalogue"})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first; tags as a mapping."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        return [run | {"tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def end(self, number: signal.Signals = signal.SIGTERM) -> dict[int, str]:
        """Ask the servers to end; returns which processes of theirs had to be killed."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDED_WITHIN_S)
        with suppress(pytest.fail.Exception):
            wait_for("the servers' end", lambda: not processes_of(self.settings.data_dir), ENDED_WITHIN_S)
        orphans = processes_of(self.settings.data_dir)
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(ENDED_WITHIN_S)
        return orphans


class SmallServers(Servers):
    """With the small code location, which writes down what it encodes."""

    def __init__(self, folder: Path, parallel_runs: int) -> None:
        settings = settings_of(folder).model_copy(update={"parallel_runs": parallel_runs})
        environment = environment_of(settings.data_dir) | {
            "TIEFVISION_ENCODER": NAME,
            "TIEFVISION_WEIGHTS": str(settings.weights_path),
            "TIEFVISION_CACHE": str(settings.cache_dir),
            "TIEFVISION_PARALLEL_RUNS": str(parallel_runs),
            "PYTHONPATH": str(ROOT),
            "DAGSTER_HOME": dagster_home(settings),
        }
        options = ["-m", "tests.e2e.small_location", "-d", str(ROOT), "-h", "127.0.0.1", "-p"]
        super().__init__(folder, settings, [sys.executable, "-m", "dagster", "dev", *options], environment)

    @staticmethod
    def _prepared() -> None:
        """Plain `dagster dev` needs its signals as they are by default, however these tests were started."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    def encoded(self) -> list[Encoded]:
        """What was encoded so far."""
        log = self.folder / "encoded.log"
        found = []
        for line in log.read_text().splitlines() if log.exists() else []:
            what, computed, embedding, batch, node, pid, at = line.split()
            found.append(Encoded(what == "begin", int(computed), embedding, batch, node, int(pid), float(at)))
        return found


AnyServers = TypeVar("AnyServers", bound=Servers)


def settings_of(folder: Path) -> Settings:
    return Settings(
        data=folder / "data", cache=folder / "cache", encoder=NAME, weights=folder / "tiny.safetensors", device="cpu"
    )


@contextmanager
def ending(servers: AnyServers) -> Iterator[AnyServers]:
    """Whatever lives of the servers at the end must end when asked to."""
    try:
        yield servers
    finally:
        orphans = servers.end() if servers.process else {}
    assert orphans == {}, f"still alive after SIGTERM: {orphans}\n{servers.output()}"


@contextmanager
def servers_in(folder: Path, parallel_runs: int = 1) -> Iterator[SmallServers]:
    """Servers of the small code location in an empty folder, not started."""
    write_weights(folder / "tiny.safetensors", seed=0)
    servers = SmallServers(folder, parallel_runs)
    servers.settings.raw_dir.mkdir(parents=True)
    with ending(servers):
        yield servers


def until_done(servers: SmallServers) -> None:
    """Wait until the index holds every photo of the folder and nothing is left to do or to tell. A killed scan is asked
    for again, as the schedule would in time."""

    def quiet() -> bool:
        return not [run for run in servers.runs() if run["status"] in UNFINISHED]

    def done() -> bool:
        at_rest = quiet()  # asked first: what a run has yet to find is not in the status
        known = set(servers.store.catalogue.live(["path"])["path"])
        if at_rest and known != {file.name for file in servers.settings.raw_dir.iterdir()}:
            servers.scan()
            return False
        status = status_of(servers.store)
        return at_rest and bool(status["served"]["index"]) and not status["stale"] and not status["alerts"]

    wait_for("the end of the work", done, WITHIN_S, every_s=2)
    wait_for("quiet", quiet, 180)


def everything_was_made_once(servers: SmallServers) -> Sequence[str]:
    """Each photo is in the index and was encoded once; returns the batches."""
    served = servers.store.served.read()
    photos = {file.name for file in servers.settings.raw_dir.iterdir()}
    for ranking, version in served.index.items():
        index = servers.store.indexes.open(ranking, version)
        assert set(index.entries["path"]) == photos
        assert np.isfinite(np.asarray(index.vectors, dtype=np.float32)).all()
    batches = servers.store.catalogue.batch_keys()
    keys = servers.store.encodings.keys_of(embedding_of(served.models), batches)
    assert keys["sha256"].is_unique and len(keys) == len(photos)
    ended: Counter[str] = Counter()
    for line in servers.encoded():
        ended[line.batch] += line.computed
    assert ended == dict.fromkeys(batches, BATCH), "every photo was computed once"
    return list(batches)


def write_photos(settings: Settings, *numbers: int) -> None:
    """Small photos of random blotches, named and filled by their numbers."""
    for number in numbers:
        write_photo(settings.raw_dir / f"{number:03d}.png", number)


def write_photo(file: Path, seed: int) -> None:
    """A small photo of random blotches."""
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((48, 64)).save(file)


def processes_of(data: Path) -> dict[int, str]:
    """The living processes that were given this data folder in their environment, with their commands."""
    return processes_with("TIEFVISION_DATA", str(data))


def processes_with(name: str, value: str) -> dict[int, str]:
    """The living processes in whose environment that variable has this value, with their commands."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and f"{name}={value}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found
