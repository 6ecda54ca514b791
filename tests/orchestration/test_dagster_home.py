"""A Dagster of one's own: its settings are written when it is new, with the number of runs; edited ones stay.

Processes that open a new one at the same moment all get it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from tiefvision_assets.orchestration.dagster_home import BadDagsterHome, dagster_home
from tiefvision_assets.orchestration.opening import LOCK, open_instance
from tiefvision_assets.settings import Settings


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def runs_at_once(settings: Settings) -> int:
    with dg.DagsterInstance.from_config(dagster_home(settings)) as instance:
        concurrency = instance.get_concurrency_config()
    return int(concurrency.run_queue_config.max_concurrent_runs)


def test_as_many_runs_go_at_once_as_the_setting_says_whenever_it_changes(tmp_path: Path) -> None:
    for runs in (1, 3, 1):
        assert runs_at_once(Settings(data=tmp_path, parallel_runs=runs)) == runs


def test_settings_that_somebody_has_edited_stay(tmp_path: Path) -> None:
    config = Path(dagster_home(Settings(data=tmp_path))) / "dagster.yaml"
    edited = config.read_text() + "retention:\n  sensor:\n    purge_after_days: 7\n"
    config.write_text(edited)
    dagster_home(Settings(data=tmp_path, parallel_runs=3))
    assert config.read_text() == edited


OPEN = """
import sys
from tiefvision_assets.orchestration.opening import open_instance
print("ready", flush=True)
sys.stdin.readline()
with open_instance(sys.argv[1]) as instance:
    instance.get_runs()
"""


def test_processes_that_open_a_new_home_together_all_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    together = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for one in together:
        one.stdout.readline()
    for one in together:
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.communicate()[1] * bool(one.returncode) for one in together] == [""] * 3
    with open_instance(str(tmp_path)) as instance:
        assert instance.get_runs() == []


def test_a_home_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()
    with pytest.raises(BadDagsterHome, match=f"Nothing can be written to {tmp_path}"):
        open_instance(str(tmp_path))
