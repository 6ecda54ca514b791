"""A run whose writing fails again and again ends, taken up each time, where an undisturbed run ends."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from tests import tiny
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.store import Store

labelled = tiny.labelled


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder: Path) -> Settings:
    """Heads wait for a decision: where their training fails they are there later, and boxes come from others."""
    return tiny.settings_in(tmp_path).model_copy(update={"promotion": "ask"})


def run_undisturbed(settings: Settings, folder: Path) -> Store:
    """The same photos and labels in another folder, run to the end at once."""
    store = Store(settings.model_copy(update={"data": folder}))
    tiny.label_everything(store, tiny.write_photos(store))
    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    return store


class FailingDisk:
    """Lets every ``nth`` file or folder fail when it is to get its final name, each name once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nth: int, first: int) -> None:
        self.failed: list[str] = []
        self._real = {"replace": Path.replace, "rename": Path.rename}
        self._count, self._nth, self._first = 0, nth, first
        for name in self._real:
            monkeypatch.setattr(Path, name, self._method(name))

    def _method(self, name: str):
        real = self._real[name]

        def rename(path: Path, target: Path) -> Path:
            if path.name.startswith(TEMPORARY):
                self._count += 1
                if self._count % self._nth == self._first and Path(target).name not in self.failed:
                    self.failed.append(Path(target).name)
                    raise OSError("no space left on device")
            return real(path, target)

        return rename


def tables(store: Store, folder: str) -> dict[str, pd.DataFrame]:
    """Path → rows in the order of their photos, of all Parquet files below a folder of the data folder."""
    return {
        str(file.relative_to(store.layout.root)): pd.read_parquet(file).sort_values("sha256").reset_index(drop=True)
        for file in sorted((store.layout.root / folder).rglob("*.parquet"))
    }


@pytest.mark.acceptance
@pytest.mark.parametrize("first", [0, 3])
def test_a_run_that_is_interrupted_while_writing_ends_like_an_undisturbed_one(
    labelled, run, monkeypatch, first, tmp_path
):
    with monkeypatch.context() as disturbed:
        disk = FailingDisk(disturbed, nth=7, first=first)
        for _ in range(40):
            try:
                run()
                break
            except (RunFailed, OSError):
                continue
    assert len(disk.failed) >= 4
    assert plan(labelled) == []

    undisturbed = run_undisturbed(labelled.settings, tmp_path / "undisturbed")
    assert labelled.served.read() == undisturbed.served.read()
    for folder in ("boxes", "encodings"):
        expected = tables(undisturbed, folder)
        found = tables(labelled, folder)
        assert found.keys() == expected.keys() and expected
        for path, rows in expected.items():
            pd.testing.assert_frame_equal(found[path], rows)
    for ranking, version in undisturbed.served.read().index.items():
        found, expected = (store.indexes.open(ranking, version) for store in (labelled, undisturbed))
        np.testing.assert_array_equal(found.vectors, expected.vectors)
        np.testing.assert_array_equal(found.graph[0], expected.graph[0])
        pd.testing.assert_frame_equal(found.entries.drop(columns="mtime_ns"), expected.entries.drop(columns="mtime_ns"))
    assert list(labelled.layout.root.rglob(f"{TEMPORARY}*")) == []
