"""With the real daemon: two runs encode at once, stop within seconds when they are cancelled, and stay stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.kills import LONGEST_S
from benchmarks.tiny_encoder import register
from tests.commands import wait_for
from tests.e2e.daemon import (
    BATCH,
    UNFINISHED,
    WITHIN_S,
    SmallServers,
    everything_was_made_once,
    servers_in,
    until_done,
    write_photos,
)
from tests.e2e.test_runs_at_once import BESIDE
from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN
from tiefvision_assets.vision import registry

BATCHES = MAX_BATCHES_A_RUN + 8
STOPPED_WITHIN_S = 15
"""On a busy machine; a run looks every two seconds whether it was cancelled, and ends with the photos in work."""

TERMINATE = """mutation ($run: String!) { terminateRun(runId: $run) {
    __typename ... on TerminateRunFailure { message } ... on PythonError { message } } }"""
TICK = """query ($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) { ... on Sensor {
    sensorState { ticks(limit: 1) { skipReason } } } } }"""
MADE = """query ($run: ID!) { runOrError(runId: $run) { ... on Run {
    eventConnection { events { __typename ... on MaterializationEvent { partition assetKey { path } } } } } } }"""

pytestmark = pytest.mark.acceptance


@pytest.fixture
def servers(tmp_path, monkeypatch) -> Iterator[SmallServers]:
    monkeypatch.setattr(registry, "ENCODERS", registry.ENCODERS)
    register()
    with servers_in(tmp_path, parallel_runs=2) as servers:
        write_photos(servers.settings, *range(BATCHES * BATCH))
        servers.start()
        servers.scan()
        yield servers


def encoding(servers: SmallServers) -> list[dict[str, Any]]:
    """The runs that encode now, if they are two that have each written something."""
    pids = {line.pid for line in servers.encoded() if not line.begun}
    found = [run for run in servers.runs() if run["status"] == "STARTED"]
    return found if len(found) == len(pids) == 2 else []


def test_runs_at_once_are_cancelled_within_seconds_and_stay_so_until_somebody_asks(servers: SmallServers) -> None:
    both = wait_for("two runs that encode", lambda: encoding(servers), WITHIN_S, every_s=0.2)
    lines = servers.encoded()
    mixed = [line.pid for line in lines]
    assert mixed != sorted(mixed, key=mixed.index), "they took turns in the log: they worked at the same time"
    asked = time.monotonic()
    for run in both:
        assert servers.ask(TERMINATE, run=run["runId"])["terminateRun"]["__typename"] == "TerminateRunSuccess"
    wait_for("their end", lambda: not [r for r in servers.runs() if r["status"] in UNFINISHED], WITHIN_S, every_s=0.2)
    took = time.monotonic() - asked
    states = {run["runId"]: run["status"] for run in servers.runs()}
    assert {states[run["runId"]] for run in both} == {"CANCELED"}
    assert took < STOPPED_WITHIN_S
    written = {line.batch for line in servers.encoded() if not line.begun}
    assert 0 < len(written) < BATCHES
    told: list[str] = []
    for run in both:
        for event in servers.ask(MADE, run=run["runId"])["runOrError"]["eventConnection"]["events"]:
            if event["__typename"] == "MaterializationEvent":
                told.append(event["partition"])
    assert sorted(told) == sorted(written), "every batch that was written was told, once"

    def left_alone() -> bool:
        selector = servers.selector() | {"sensorName": "out_of_date"}
        (tick,) = servers.ask(TICK, sensor=selector)["sensorOrError"]["sensorState"]["ticks"]
        return "was cancelled (object_encodings" in (tick["skipReason"] or "")

    wait_for("the sensor to leave them alone", left_alone, WITHIN_S, every_s=1)
    assert len(servers.runs()) == len(states), "nothing was started"
    assert servers.store.attempts.failures() == []

    command = [sys.executable, "-c", BESIDE, "run"]
    again = subprocess.run(
        command, env=servers.environment, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert again.returncode == 0, again.stderr[-3000:]
    until_done(servers)
    everything_was_made_once(servers)
