"""`kill -9` in the middle of the demo: run again to the end, it gives what an undisturbed demo gives."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.commands import TIEFVISION, answer, environment_of
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.lock import writer_lock
from tiefvision_assets.store.store import Store

IMAGES = "24"
LONGEST_S = 600
MOMENTS = (
    ("Scanning photos", "demo"),
    ("crop_dataset", "run"),
    ("Training x_max_regressor", "run"),
    ("Finding objects", "run"),
    ("ranking_head", "run"),
)
"""Beginning of the line on stderr at which the process dies, and the command that takes up the work."""

pytestmark = pytest.mark.acceptance


def kill_at(line_start: str, environment: dict[str, str], *arguments: str) -> str:
    """Run the command until it says a line that begins so, then kill it and all its children; returns its output."""
    process = subprocess.Popen(
        [*TIEFVISION, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    giving_up = threading.Timer(LONGEST_S, os.killpg, (process.pid, signal.SIGKILL))
    giving_up.start()
    lines = []
    try:
        for line in process.stderr:
            lines.append(line)
            if line.startswith(line_start) or f", {line_start}" in line.partition(":")[0]:
                os.killpg(process.pid, signal.SIGKILL)
                break
        else:
            pytest.fail(f"never said {line_start!r}:\n{''.join(lines)[-2000:]}")
    finally:
        giving_up.cancel()
        process.stderr.close()
    assert process.wait(30) == -signal.SIGKILL
    return "".join(lines)


def demo(*extra: str) -> list[str]:
    return ["demo", "--images", IMAGES, "--seed", "3", *extra]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Store:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    answer(environment_of(data), *demo())
    return Store(Settings(data=data))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same demo, killed at each of the moments in turn, and run again to the end."""
    data = tmp_path_factory.mktemp("killed") / "data"
    environment = environment_of(data)
    command = demo()
    for moment, then in MOMENTS:
        kill_at(moment, environment, *command)
        command = demo() if then == "demo" else ["run"]
    answer(environment, *command)
    return Store(Settings(data=data))


def tables(store: Store, folder: str) -> dict[str, pd.DataFrame]:
    """Path → rows in the order of their photos, of all Parquet files below a folder of the data folder."""
    files = sorted((store.layout.root / folder).rglob("[!.]*.parquet"))
    return {
        str(file.relative_to(store.layout.root)): pd.read_parquet(file).sort_values("sha256").reset_index(drop=True)
        for file in files
    }


def test_the_same_models_and_indexes_are_served(undisturbed: Store, killed: Store) -> None:
    expected = undisturbed.served.read()
    assert expected.index
    assert killed.served.read() == expected


@pytest.mark.parametrize("folder", ["boxes", "encodings"])
def test_boxes_and_encodings_are_the_same(undisturbed: Store, killed: Store, folder: str) -> None:
    expected, found = tables(undisturbed, folder), tables(killed, folder)
    assert expected
    for path, rows in expected.items():
        pd.testing.assert_frame_equal(found[path], rows)


@pytest.mark.parametrize("ranking", ["unsupervised", "supervised"])
def test_searches_answer_the_same(undisturbed: Store, killed: Store, ranking: str) -> None:
    expected, found = (
        store.indexes.open(ranking, store.served.read().index[ranking]) for store in (undisturbed, killed)
    )
    assert list(found.entries["path"]) == list(expected.entries["path"])
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    for after, before in zip(found.graph, expected.graph, strict=True):
        np.testing.assert_array_equal(after, before)


def test_nothing_is_left_locked_or_to_do(killed: Store) -> None:
    with writer_lock(Path(killed.layout.lock), "test", wait_s=0):
        pass
    environment = environment_of(killed.layout.root)
    assert answer(environment, "run")["materialised"] == 0
