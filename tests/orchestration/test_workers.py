"""Several runs on one data folder encode different batches at the same time, and none encodes what another has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import dagster as dg
import pytest

from tests import tiny
from tests.store.labels.postgres import postgres_server
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.store.store import Store

pytestmark = pytest.mark.acceptance

BEFORE = ("box_labels", "triplet_labels", "encoder", "extracted_boxes", "embedding_basis")
PHOTOS_A_BATCH = 2

settings, store, boxes = tiny.settings, tiny.store, tiny.boxes
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps


@pytest.fixture
def ready(store: Store, boxes: dict[str, object], tmp_path: Path) -> Path:
    """A folder with six batches in which only the encodings are missing; nothing of them was made with the basis."""
    store.catalogue.scan(batch_size=PHOTOS_A_BATCH)
    runner = Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())
    for asset in BEFORE:
        runner.run_selection(asset)
    basis = store.served.read().next.basis
    assert basis
    store.layout.basis_sample(basis).unlink()
    store.labels.close()
    return tmp_path


@pytest.fixture(params=["files", "PostgreSQL"])
def database(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Where claims are: the URL of a database, or nothing for files."""
    if request.param == "files":
        yield []
        return
    with postgres_server() as server:
        yield [str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)]


def together(folder: Path, workers: int, tmp_path: Path, database: list[str]) -> list[list[str]]:
    """Let so many workers encode that folder; returns the lines of their log."""
    meeting = tmp_path / f"meeting of {workers}"
    meeting.mkdir()
    command = [sys.executable, "-m", "tests.orchestration.worker", str(folder), str(meeting), str(workers), *database]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(workers)]
    for worker in running:
        _, said = worker.communicate(timeout=120)
        assert worker.returncode == 0, said[-3000:]
    return [line.split() for line in (meeting / "log").read_text().splitlines()]


def encodings(folder: Path) -> dict[str, bytes]:
    root = folder / "data" / "encodings"
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("[!.]*")) if file.is_file()}


def test_two_workers_encode_different_batches_at_once_and_write_what_one_writes(
    ready: Path, database: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("together")
    shutil.copytree(ready, other, dirs_exist_ok=True)
    together(ready, 1, other, [])
    lines = together(other, 2, other, database)
    batches = Store(tiny.settings_in(other)).catalogue.batch_keys()
    made = Counter(dict.fromkeys(batches, 0))
    for batch, _, _, _, computed in lines:
        made[batch] += int(computed)
    assert made == dict.fromkeys(batches, PHOTOS_A_BATCH), "every photo was encoded once"
    worked = [(batch, pid, float(begun), float(ended)) for batch, pid, begun, ended, computed in lines if int(computed)]
    assert len({pid for _, pid, _, _ in worked}) == 2
    overlaps = [(one, two) for one, two in combinations(worked, 2) if one[2] < two[3] and two[2] < one[3]]
    assert any(one[0] != two[0] and one[1] != two[1] for one, two in overlaps), "different batches at the same time"
    expected = encodings(ready)
    assert len(expected) == len(batches)
    assert encodings(other) == expected
