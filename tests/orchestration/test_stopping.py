"""SIGTERM and Ctrl-C stop a run at the next photo or training step: nothing failed, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from tests import tiny
from tests.orchestration.waiting_run import Waiting
from tiefvision_assets.orchestration.dagster_home import dagster_home
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.orchestration.stopping import Interrupted, signals_interrupt
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.store import Store

labelled = tiny.labelled
IGNORING_SIGINT = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
"""What a script does to the processes that it starts with ``&``."""


def assert_nothing_failed(store: Store, runs: Iterable[dg.DagsterRun]) -> None:
    ended = [run.status for run in runs]
    assert ended.count(DagsterRunStatus.CANCELED) == 1
    assert set(ended) <= {DagsterRunStatus.CANCELED, DagsterRunStatus.SUCCESS}
    assert status_of(store)["alerts"] == []
    assert list(store.layout.root.rglob(f"{TEMPORARY}*")) == []


@pytest.mark.parametrize(
    "stage",
    [
        "Finding objects",
        pytest.param("Training x_min_regressor", marks=pytest.mark.acceptance),
        pytest.param("Fitting the basis", marks=pytest.mark.acceptance),
    ],
)
def test_a_stopped_run_has_not_failed_and_the_next_one_goes_on(labelled: Store, run, stage):
    instance = dg.DagsterInstance.ephemeral()
    progress = Waiting(stage, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted) as stopped, signals_interrupt():
        Runner(labelled.settings, progress, lambda _: None, instance).run_plan()
    assert stopped.value.exit_status == 143
    assert_nothing_failed(labelled, instance.get_runs())
    kept = {file: file.read_bytes() for file in labelled.layout.root.joinpath("boxes").rglob("*.parquet")}
    assert bool(kept) == (stage == "Fitting the basis")

    run()
    assert plan(labelled) == []
    assert labelled.served.read() == tiny.undisturbed().served.read()
    assert kept.items() <= {file: file.read_bytes() for file in kept}.items()


def test_work_that_comes_to_no_photo_is_left_behind_and_cancelled(labelled: Store, monkeypatch):
    monkeypatch.setattr("tiefvision_assets.orchestration.stopping.WITHIN_S", 0.01)
    instance = dg.DagsterInstance.ephemeral()
    progress = Waiting("Finding objects", lambda: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.setattr(progress, "stop", lambda: None)
    with pytest.raises(Interrupted), signals_interrupt():
        Runner(labelled.settings, progress, lambda _: None, instance).run_plan()
    assert DagsterRunStatus.CANCELED in {run.status for run in instance.get_runs()}
    Waiting.stop(progress)
    for left in [thread for thread in threading.enumerate() if thread.name == "dagster-run"]:
        left.join()


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("stage", "signum", "start"),
    [
        ("Scanning photos", signal.SIGTERM, []),
        ("Training foreground_classifier", signal.SIGINT, []),
        ("Fitting the basis", signal.SIGTERM, IGNORING_SIGINT),
    ],
)
def test_a_signal_ends_the_command_with_a_sentence(store: Store, boxes, tmp_path, stage, signum, start):
    if stage != "Scanning photos":
        tiny.label_everything(store, boxes)
    command = [*start, sys.executable, "-m", "tests.orchestration.waiting_run", str(tmp_path), stage]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        if process.stdout.readline() != "waiting\n":
            pytest.fail(process.stderr.read()[-2000:])
        process.send_signal(signum)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signum
    assert said.strip().splitlines()[-1].startswith(f"Stopped by {signum.name}; what was made is kept")
    assert "Traceback" not in said
    with dg.DagsterInstance.from_config(dagster_home(store.settings)) as instance:
        assert_nothing_failed(store, instance.get_runs())
