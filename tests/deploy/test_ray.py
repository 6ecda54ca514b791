"""Runs on a Ray cluster: two nodes on this machine encode a catalogue of 40 batches, and one of them is killed.

Each test prints how long it took and how busy its nodes were; `-rP` shows it.
"""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.kills import stored
from benchmarks.tiny_encoder import register
from tests.commands import wait_for
from tests.deploy.ray_cluster import kill, ray_cluster, report, servers_on_ray
from tests.e2e.daemon import BATCH, WITHIN_S, SmallServers, ending, everything_was_made_once, until_done
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.vision import registry

pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = pytest.mark.acceptance

A_MOMENT_S, A_WHILE_S = 0.5, 3.0
"""What encoding a batch takes, beside the work itself: enough for a kill to meet it; for starting runs not to count."""


@pytest.fixture(autouse=True)
def tiny_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENCODERS", registry.ENCODERS)
    register()


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
    servers = servers_on_ray(tmp_path, postgres_url, monkeypatch)
    with ray_cluster(tmp_path, A_MOMENT_S) as cluster, ending(servers):
        node = cluster.add("second")
        servers.environment["RAY_ADDRESS"] = cluster.address
        servers.start()
        servers.scan()
        wait_for("work on both nodes", lambda: {"head", "second"} <= nodes_of(servers), WITHIN_S)
        kill(node, "second")
        cluster.add("third")
        until_done(servers)
        assert "third" in nodes_of(servers), "what came after the killed node works"
        listed = cluster.jobs()
        assert all(f"dagster-run-{run['runId']}" in listed for run in servers.runs())
    print(json.dumps({"killed": "second"} | report(servers.encoded())))
    assert stored(servers.settings) == stored(on_one_machine(servers.settings, tmp_path / "alone", monkeypatch))


@pytest.mark.parametrize("nodes", [["head"], ["head", "second"]])
def test_all_nodes_work_and_each_batch_is_encoded_once(tmp_path, postgres_url, monkeypatch, nodes: list[str]):
    servers = servers_on_ray(tmp_path, postgres_url, monkeypatch)
    with ray_cluster(tmp_path, A_WHILE_S) as cluster, ending(servers):
        for name in nodes[1:]:
            cluster.add(name)
        servers.environment["RAY_ADDRESS"] = cluster.address
        servers.start()
        servers.scan()
        until_done(servers)
    print(json.dumps(report(servers.encoded())))
    assert nodes_of(servers) == set(nodes)
    everything_was_made_once(servers)
