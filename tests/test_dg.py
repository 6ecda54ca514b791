"""The clone as a project of Dagster's command line, `dg`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from tests.commands import environment_of
from tiefvision_assets.definitions import defs

ROOT = Path(__file__).parents[1]
DG = Path(sys.executable).with_name("dg")


def run_dg(folder: Path, *arguments: str) -> str:
    """The command's standard output, in the clone, with a data folder and a ``DAGSTER_HOME`` of its own."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    environment = environment_of(folder / "data") | {"DAGSTER_HOME": str(home), "HOME": str(folder)}
    environment["PATH"] = os.pathsep.join([str(DG.parent), environment["PATH"]])
    done = subprocess.run(
        [DG, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_clone_is_a_project(tmp_path: Path) -> None:
    assert run_dg(tmp_path, "list", "projects").split() == ["."]


def test_all_definitions_are_listed(tmp_path: Path) -> None:
    listed = json.loads(run_dg(tmp_path, "list", "defs", "--json"))
    assert {asset["asset_key"] for asset in listed["assets"]} == {
        key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()
    }
    sensors = {sensor["name"] for sensor in listed["sensors"]}
    assert sensors == {"out_of_date", "raw_folder_changed", "run_failed", "index_served"}
    assert not (tmp_path / "data").exists(), "looking at the definitions must not write to the data folder"


@pytest.mark.acceptance
def test_the_definitions_pass_the_check(tmp_path: Path) -> None:
    assert "All definitions loaded successfully" in run_dg(tmp_path, "check", "defs")


@pytest.mark.acceptance
def test_an_asset_is_launched(tmp_path: Path) -> None:
    run_dg(tmp_path, "launch", "--assets", "box_labels")
    with dg.DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        (run,) = instance.get_runs()
    assert run.is_success
