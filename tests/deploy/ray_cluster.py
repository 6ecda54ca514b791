"""A Ray cluster on this machine, started as the documentation says, Dagster beside it, and what its nodes did.

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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from benchmarks.tiny_encoder import write_weights
from tests.commands import free_port, wait_for
from tests.e2e.daemon import (
    BATCH,
    ROOT,
    SECONDS_OF_A_BATCH,
    STARTED_WITHIN_S,
    Encoded,
    SmallServers,
    processes_with,
    write_photos,
)

BATCHES = 40
NODE = "TIEFVISION_TEST_NODE"
RAY = str(Path(sys.executable).parent / "ray")


class Cluster:
    """Ray's head, which works as well, and a further node."""

    def __init__(self, folder: Path, nodes: ExitStack, seconds_a_batch: float) -> None:
        self._folder = folder
        self._nodes = nodes
        self._seconds_a_batch = seconds_a_batch
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

    def jobs(self) -> str:
        """What `ray job list` prints."""
        listed = subprocess.run([RAY, "job", "list", "--address", self.address], capture_output=True, text=True)
        return listed.stdout

    def _start(self, name: str, options: list[str]) -> subprocess.Popen[bytes]:
        programs = Path(sys.executable).parent
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
            NODE: name,
            SECONDS_OF_A_BATCH: str(self._seconds_a_batch),
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
def ray_cluster(folder: Path, seconds_a_batch: float) -> Iterator[Cluster]:
    """A head alone; whatever was started is ended."""
    with ExitStack() as nodes:
        yield Cluster(folder, nodes, seconds_a_batch)


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


def servers_on_ray(folder: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> SmallServers:
    """Dagster with the printed `dagster.yaml`, over 40 batches of photos; neither started nor scanned."""
    home = folder / "home"
    home.mkdir()
    text = (files("tiefvision_assets") / "deploy/ray/dagster.yaml").read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    write_weights(folder / "tiny.safetensors", seed=0)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    servers = SmallServers(folder, parallel_runs=2)
    servers.environment |= {
        "TIEFVISION_DATABASE_URL": postgres_url,
        "DAGSTER_POSTGRES_URL": make_url(postgres_url).set(drivername="postgresql+psycopg2").render_as_string(False),
    }
    servers.settings.raw_dir.mkdir(parents=True)
    write_photos(servers.settings, *range(BATCHES * BATCH))
    return servers


def report(lines: Iterable[Encoded]) -> dict[str, Any]:
    """Wall seconds from the first batch's begin to the last one's end; of each node its batches, the seconds in which
    it encoded one, and their share of the wall.

    A batch that was begun and never ended counts for nothing.
    """
    begun: dict[int, float] = {}
    busy: dict[str, list[float]] = {}
    lines = sorted(lines, key=lambda line: line.at)
    for line in lines:
        if line.begun:
            begun[line.pid] = line.at
        else:
            busy.setdefault(line.node, []).append(line.at - begun.pop(line.pid))
    wall = lines[-1].at - lines[0].at
    return {
        "wall_s": round(wall, 1),
        "nodes": {
            node: {"batches": len(each), "busy_s": round(sum(each), 1), "utilisation": round(sum(each) / wall, 2)}
            for node, each in busy.items()
        },
    }
