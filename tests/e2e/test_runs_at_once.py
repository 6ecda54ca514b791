"""Two runs on one data folder at the same time, or a run beside the daemon: together they make what one makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.killing import labelled_folder
from benchmarks.kills import LONGEST_S, run, run_to_its_end, stored
from benchmarks.tiny_encoder import register
from tests.e2e.daemon import BATCH, everything_was_made_once, servers_in, until_done, write_photos
from tiefvision_assets.vision import registry

pytestmark = pytest.mark.acceptance


def test_two_runs_at_once_make_what_one_makes(tmp_path: Path) -> None:
    folders = [tmp_path / "alone", tmp_path / "together"]
    for folder in folders:
        folder.mkdir()
    alone, together = map(labelled_folder, folders)
    run_to_its_end(alone)
    both = [run(together, subprocess.PIPE) for _ in range(2)]
    for one in both:
        _, errors = one.process.communicate(timeout=LONGEST_S)
        assert one.process.returncode == 0, errors[-3000:]
    assert stored(together) == stored(alone)
    assert run_to_its_end(together)["materialised"] == 0


BESIDE = "import tests.e2e.small_location; from tiefvision_assets import cli; cli.main()"


def test_a_run_beside_the_daemon_makes_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENCODERS", registry.ENCODERS)
    register()
    with servers_in(tmp_path) as servers:
        write_photos(servers.settings, *range(8 * BATCH))
        servers.start()
        servers.scan()
        command = [sys.executable, "-c", BESIDE, "run"]
        beside = subprocess.run(
            command, env=servers.environment, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        assert beside.returncode == 0, beside.stderr[-3000:]
        until_done(servers)
        everything_was_made_once(servers)
