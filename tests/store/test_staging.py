"""Folders for what has arrived: found again by their ids, and removed when nobody needs them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tiefvision_assets.store.staging import KEPT_S, Staging


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "arrivals")


def test_one_is_found_by_its_id_and_keeps_notes(staging: Staging) -> None:
    stage = staging.new()
    stage.note("report", {"photos": 3})
    found = staging.get(stage.id)
    assert found == stage
    assert (stage.noted("report"), stage.noted("outcome")) == ({"photos": 3}, None)
    stage.remove()
    assert staging.get(stage.id) is None


@pytest.mark.parametrize("id", ["", ".", "..", "../x", "/etc", "0" * 31, "G" * 32])
def test_an_id_is_no_path(staging: Staging, id: str) -> None:
    staging.new()
    assert staging.get(id) is None


def test_one_that_nobody_looked_at_is_removed_and_others_are_not(staging: Staging) -> None:
    old, looked_at, new = staging.new(), staging.new(), staging.new()
    for stage in (old, looked_at):
        os.utime(stage.folder, (0, time.time() - KEPT_S - 1))
    staging.get(looked_at.id)
    staging.remove_left()
    assert [staging.get(stage.id) is not None for stage in (old, looked_at, new)] == [False, True, True]
    staging.remove_left(0)
    assert staging.get(new.id) is None


def test_one_that_somebody_works_with_is_not_removed(staging: Staging) -> None:
    with staging.temporary() as stage:
        staging.remove_left(0)
        assert stage.files.is_dir()
        with stage.held() as mine:
            assert not mine
    assert staging.get(stage.id) is None
