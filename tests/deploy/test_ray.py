"""Runs on a Ray cluster: two nodes on this machine, started as the documentation says, and the printed `dagster.yaml`.

The nodes are processes with a name of their own in their environment, which what runs on them inherits. Dagster's
storage and the labels are in a real PostgreSQL; the data folder is what a shared file system would be.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import make_url

from benchmarks.kills import stored
from benchmarks.tiny_encoder import register, write_weights
from tests.commands import free_port, wait_for
from tests.e2e.daemon import (
    BATCH,
    ROOT,
    STARTED_WITHIN_S,
    WITHIN_S,
    SmallServers,
    ending,
    processes_with,
    until_done,
    write_photos,
)
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.vision import registry

pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = pytest.mark.acceptance

BATCHES = 40
NODE = "TIEFVISION_TEST_NODE"
RAY = str(Path(sys.executable).parent / "ray")


@pytest.fixture(autouse=True)
def tiny_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENCODERS", registry.ENCODERS)
    register()


class Cluster:
    """Ray's head, which works as well, and a further node."""

    def __init__(self, folder: Path, nodes: ExitStack) -> None:
        self._folder = folder
        self._nodes = nodes
        port, dashboard = free_port(), free_port()
        self.address = f"http://127.0.0.1:{dashboard}"
        self._joined = ["--address", f"127.0.0.1:{port}"]
        here = ["--node-ip-address", "127.0.0.1", "--dashboard-host", "127.0.0.1"]
        self._start("head", ["--head", "--port", str(port), "--dashboard-port", str(dashboard), *here])
        wait_for("Ray's head", lambda: answers(f"{self.address}/api/version"), STARTED_WITHIN_S)

    def add(self, name: str) -> subprocess.Popen[bytes]:
        """A further node, once the cluster knows it."""
        node = self._start(name, [*self._joined, "--node-ip-address", "127.0.0.1"])
        wait_for("the further node", lambda: self._alive() == 2, STARTED_WITHIN_S)
        return node

    def _start(self, name: str, options: list[str]) -> subprocess.Popen[bytes]:
        programs = Path(sys.executable).parent
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
            NODE: name,
        }
        command = [RAY, "start", *options, "--num-cpus", "2", "--block"]
        log = self._nodes.enter_context((self._folder / f"{name}.log").open("wb"))
        node = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        self._nodes.callback(end, node, name)
        return node

    def _alive(self) -> int:
        with urllib.request.urlopen(f"{self.address}/nodes?view=summary", timeout=10) as answer:
            nodes = json.load(answer)["data"]["summary"]
        return sum(node["raylet"].get("state") == "ALIVE" for node in nodes)


@contextmanager
def ray_cluster(folder: Path) -> Iterator[Cluster]:
    """A head alone; whatever was started is ended."""
    with ExitStack() as nodes:
        yield Cluster(folder, nodes)


def end(node: subprocess.Popen[bytes], name: str) -> None:
    """Ask the node to end, and kill what is left of it."""
    node.terminate()
    with suppress(subprocess.TimeoutExpired):
        node.wait(60)
    kill(node, name)


def kill(node: subprocess.Popen[bytes], name: str) -> None:
    """The node's processes and all that they run, at once."""
    for pid in processes_with(NODE, name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    node.wait(60)


def answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=10):
        return True
    return False


def nodes_of(servers: SmallServers) -> set[str]:
    """Where batches were encoded so far."""
    return {line.node for line in servers.encoded()}


def on_one_machine(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same photos, run to the end here and now."""
    alone = settings.model_copy(update={"data": folder / "data", "raw": settings.raw_dir})
    scan = Catalogue.scan
    monkeypatch.setattr(
        Catalogue, "scan", lambda catalogue, **others: scan(catalogue, **others | {"batch_size": BATCH})
    )
    Runner(alone, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    return alone


def test_two_nodes_encode_a_catalogue_and_one_is_killed(tmp_path, postgres_url, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    text = (files("tiefvision_assets") / "deploy/ray/dagster.yaml").read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    write_weights(tmp_path / "tiny.safetensors", seed=0)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    servers = SmallServers(tmp_path, parallel_runs=2)
    servers.settings.raw_dir.mkdir(parents=True)
    write_photos(servers.settings, *range(BATCHES * BATCH))
    with ray_cluster(tmp_path) as cluster, ending(servers):
        node = cluster.add("second")
        servers.environment |= {
            "RAY_ADDRESS": cluster.address,
            "TIEFVISION_DATABASE_URL": postgres_url,
            "DAGSTER_POSTGRES_URL": make_url(postgres_url)
            .set(drivername="postgresql+psycopg2")
            .render_as_string(False),
        }
        servers.start()
        servers.scan()
        wait_for("work on both nodes", lambda: {"head", "second"} <= nodes_of(servers), WITHIN_S)
        kill(node, "second")
        cluster.add("third")
        until_done(servers)
        assert "third" in nodes_of(servers), "what came after the killed node works"
        listed = subprocess.run([RAY, "job", "list", "--address", cluster.address], capture_output=True, text=True)
        assert all(f"dagster-run-{run['runId']}" in listed.stdout for run in servers.runs())
    assert stored(servers.settings) == stored(on_one_machine(servers.settings, tmp_path / "alone", monkeypatch))
