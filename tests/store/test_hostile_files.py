"""The raw folder may hold anything: each oddity is quarantined with its reason, and the scan goes on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tiefvision_assets.store import regular
from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_assets.store.regular import MAX_BYTES, NotARegularFile, open_regular
from tiefvision_assets.store.store import Store


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def itself(path: Path) -> None:
    path.symlink_to(path.name)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(6 * 2**30)


def listening(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket has to be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def folder_elsewhere(path: Path) -> None:
    path.symlink_to("/usr")


def photo_elsewhere(path: Path) -> None:
    other = path.parents[2] / "secret.jpg"
    Image.new("RGB", (64, 48), "red").save(other)
    path.symlink_to(other)


ODDITIES = {
    named_pipe: "it is a named pipe, not a file",
    endless_device: "a link out of the raw folder",
    itself: "cannot be read",
    sparse: "6,144 MiB, the limit is 512",
    listening: "it is a socket, not a file",
    photo_elsewhere: "a link out of the raw folder",
}


@pytest.mark.parametrize("make", ODDITIES, ids=lambda make: make.__name__)
def test_what_is_no_photo_file_is_quarantined_and_the_scan_goes_on(store: Store, save_photo, make):
    first, last = save_photo("a.jpg", "red"), save_photo("z.jpg", "blue")
    make(first.with_name("odd.jpg"))
    report = store.catalogue.scan()
    assert (report.new, report.quarantined) == (2, 1)
    (reason,) = store.catalogue.quarantined()["reason"]
    assert ODDITIES[make] in reason
    assert store.catalogue.scan().unchanged == 2
    assert last.exists()


def test_a_link_to_a_photo_of_the_raw_folder_is_its_twin(store: Store, save_photo):
    save_photo("a.jpg").with_name("b.jpg").symlink_to("a.jpg")
    assert (store.catalogue.scan().new, store.catalogue.live()["sha256"].nunique()) == (2, 1)


def test_a_folder_behind_a_link_is_not_entered(store: Store, save_photo):
    folder_elsewhere(save_photo("a.jpg").with_name("other"))
    assert (store.catalogue.scan().new, store.catalogue.scan().quarantined) == (1, 0)


@pytest.mark.parametrize("length", [255, 244])
def test_names_as_long_as_the_file_system_allows_are_read(store: Store, save_photo, length):
    save_photo("x" * (length - 4) + ".jpg")
    assert store.catalogue.scan().new == 1


def test_a_pipe_that_takes_the_place_of_a_known_photo_holds_nobody_up(store: Store, save_photo):
    file = save_photo("a.jpg")
    store.catalogue.scan()
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(BadPhoto, match=r"a\.jpg: .*a named pipe"):
        store.catalogue.open("a.jpg")
    with pytest.raises(NotARegularFile):
        store.catalogue.read("a.jpg")


def test_a_name_that_changes_hands_before_it_is_opened_is_noticed(tmp_path, monkeypatch):
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_bytes(b"x")
    honest = file.stat()
    monkeypatch.setattr(Path, "stat", lambda path: honest)
    with pytest.raises(NotARegularFile, match="a named pipe"):
        open_regular(pipe)


def test_a_file_that_grows_without_end_is_read_to_the_limit(tmp_path, monkeypatch):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x" * 100)
    monkeypatch.setattr(regular, "MAX_BYTES", 50)
    with pytest.raises(BadPhoto, match="the limit is"):
        open_photo(file)
    assert MAX_BYTES > 10_000_000


def test_a_photo_that_would_take_most_of_the_memory_is_told_with_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("tiefvision_assets.store.photos.memory_limit", lambda: 14 * 2**20)
    file = tmp_path / "large.png"
    Image.new("RGB", (1000, 1000)).save(file)
    with pytest.raises(BadPhoto, match=r"1 megapixels take up to 11 MiB, the limit of this process is 14 MiB"):
        open_photo(file)


SCAN_UNDER_A_LIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[2]), int(sys.argv[2])))
from pathlib import Path
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
report = Store(Settings(data=Path(sys.argv[1]))).catalogue.scan()
print(report.new, report.quarantined)
"""
LIMIT = 2 * 2**30
BOMB_SIDES = (8900, 8900)


@pytest.mark.acceptance
def test_bombs_are_scanned_in_two_gigabytes(store: Store):
    raw = store.settings.raw_dir
    raw.mkdir(parents=True)
    Image.new("I;16", BOMB_SIDES, 30_000).save(raw / "grey.png", compress_level=1)
    Image.new("RGBA", BOMB_SIDES, (200, 30, 30, 128)).save(raw / "bomb-00.png", compress_level=1)
    data = (raw / "bomb-00.png").read_bytes()
    for number in range(1, 24):
        (raw / f"bomb-{number:02d}.png").write_bytes(data + bytes([number]))
    arguments = [str(store.settings.data_dir), str(LIMIT)]
    done = subprocess.run(
        [sys.executable, "-c", SCAN_UNDER_A_LIMIT, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["25", "0"]), done.stderr[-2000:]
