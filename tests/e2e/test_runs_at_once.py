"""Two runs on one data folder at the same time: together they make what one makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.killing import labelled_folder
from benchmarks.kills import LONGEST_S, run, run_to_its_end, stored

pytestmark = pytest.mark.acceptance


def test_two_runs_at_once_make_what_one_makes(tmp_path: Path) -> None:
    folders = [tmp_path / "alone", tmp_path / "together"]
    for folder in folders:
        folder.mkdir()
    alone, together = map(labelled_folder, folders)
    run_to_its_end(alone)
    both = [run(together, subprocess.PIPE) for _ in range(2)]
    for one in both:
        one.process.communicate(timeout=LONGEST_S)
    assert [one.process.returncode for one in both] == [0, 0]
    assert stored(together) == stored(alone)
    assert run_to_its_end(together)["materialised"] == 0
