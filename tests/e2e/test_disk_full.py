"""A disk that is full or read only: one sentence says so, nothing stored is harmed, and afterwards the work goes on."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import commands, tiny
from tests.commands import InProcess
from tests.tiny import write_photo, write_photos
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store

SIZE_MIB = 24
LEFT_KIB = (0, 40, 400)
"""Room that is left: for nothing, for Dagster's own notes, for some of what a run writes."""
INODES = 3000
LEFT_FILES = (0, 10)
"""Files that may still be made."""

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
in_process = commands.in_process

pytestmark = pytest.mark.acceptance


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,nr_inodes={INODES}", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def settings(tmp_path: Path, small_disk: Path) -> Settings:
    return tiny.settings_in(tmp_path).model_copy(update={"data": small_disk / "data", "raw": tmp_path / "raw"})


def stored(store: Store) -> dict[Path, str]:
    """What is referred to at that moment: every file of made things, by its content."""
    files = [file for folder in store.layout.made for file in folder.rglob("*") if file.is_file()]
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if TEMPORARY not in str(file)}


def fill_bytes(folder: Path, left_kib: int) -> None:
    """Leave that much room on the folder's disk."""
    room = os.statvfs(folder)
    (folder / "zeros").write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - left_kib * 1024)))


def fill_inodes(folder: Path, left_files: int) -> None:
    """Let that many files and folders be made on the folder's disk, however much room there is."""
    for number in range(os.statvfs(folder).f_favail - left_files):
        (folder / f"{number}").touch()


@pytest.mark.parametrize(
    ("fill", "left"), [*((fill_bytes, kib) for kib in LEFT_KIB), *((fill_inodes, files) for files in LEFT_FILES)]
)
def test_a_full_disk_gives_one_sentence_and_harms_nothing(
    in_process: InProcess,
    settings: Settings,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    fill: Callable[[Path, int], None],
    left: int,
) -> None:
    monkeypatch.setenv("TIEFVISION_RAW", str(settings.raw_dir))
    store = Store(settings)
    write_photos(store)
    assert in_process("run", "--json").json["computed"] == tiny.PHOTOS
    before, served = stored(store), store.served.read()

    for number in range(20):
        write_photo(store, f"new{number:02d}.png", 100 + number)
    filler = small_disk / "filler"
    filler.mkdir()
    fill(filler, left)
    failed = in_process("run")
    assert failed.code == 1 and "Traceback" not in failed.err, failed.err
    error = failed.err.strip().splitlines()[-1].lower()
    assert "no space left" in error or "full" in error, failed.err

    now = stored(store)
    assert {file: now.get(file) for file in before if file.suffix != ".json" and "catalogue" not in file.parts} == {
        file: digest for file, digest in before.items() if file.suffix != ".json" and "catalogue" not in file.parts
    }
    assert store.served.read() == served
    assert len(Searcher(settings).search(ById(image_id("00.png"), k=5)).hits) == 5

    shutil.rmtree(filler)
    assert in_process("run", "--json").json["reused"] >= tiny.PHOTOS
    assert plan(store) == []
    assert len(store.indexes.open("supervised", store.served.read().index["supervised"]).entries) == tiny.PHOTOS + 20


@pytest.fixture
def read_only(small_disk: Path, tmp_path: Path) -> Iterator[Path]:
    """Another view of the small disk, through which nothing can be written."""
    view = tmp_path / "view"
    view.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(view)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
    yield view
    subprocess.run(["umount", "--lazy", str(view)], check=True)


def test_a_folder_that_is_read_only_gives_one_sentence_and_can_be_searched(
    in_process: InProcess, settings: Settings, read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_RAW", str(settings.raw_dir))
    store = Store(settings)
    write_photos(store)
    assert in_process("run", "--json").json["computed"] == tiny.PHOTOS
    before = stored(store)
    write_photo(store, "new.png", 100)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TIEFVISION_DATA", str(read_only / "data"))
        failed = in_process("run")
        assert failed.code == 1 and "Traceback" not in failed.err, failed.err
        assert "read-only" in failed.err.strip().splitlines()[-1].lower(), failed.err
        hits = in_process("search", image_id("00.png"), "-k", "5", "--json").json["hits"]
    assert len(hits) == 5
    assert stored(store) == before
    assert in_process("run", "--json").json["computed"] == 1
    assert plan(store) == []
