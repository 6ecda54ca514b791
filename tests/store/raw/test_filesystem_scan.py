"""Photos that fsspec reads are scanned like those of a folder; what the listing shows as unchanged is not fetched."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from PIL import Image

from tests import ftp_server
from tests.ftp_server import Far, Server
from tests.store.raw.test_bucket_scan import png, table
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import NoRawFolder
from tiefvision_assets.store.store import Store

server, far = ftp_server.server, ftp_server.far
FILES = {
    "a.png": png("red"),
    "sub/b b.png": png("red"),
    "sub/deep/ü.png": png("blue"),
    "sub/c.jpg": b"no photo",
    "d.txt": b"text",
    ".hidden/e.png": png("blue"),
    "f[1]*.png": png("teal"),
}


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[tuple[Store, Callable[[str, bytes], None]]]:
    """A data folder whose photos lie in fsspec's memory, and how to put one there."""
    url = f"memory://{uuid.uuid4().hex}"
    files = fsspec.filesystem("memory")
    yield (
        Store(Settings(data=tmp_path / "data", cache=tmp_path / "cache", raw=url)),
        lambda path, content: files.pipe_file(f"{url}/{path}", content),
    )
    files.rm(url, recursive=True)


@pytest.fixture
def scanned(far: Far) -> Store:
    """Three photos that were scanned."""
    for path, colour in (("a.png", "red"), ("sub/b b.png", "green"), ("sub/deep/ü.png", "blue")):
        far.put(path, png(colour))
    store = Store(far.settings)
    assert store.catalogue.scan().new == 3
    far.server.lines.clear()
    return store


def local(tmp_path: Path) -> Store:
    for path, content in FILES.items():
        file = tmp_path / "raw" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return Store(Settings(data=tmp_path / "local", raw=tmp_path / "raw"))


def test_the_catalogue_is_that_of_a_folder_with_the_same_files(far: Far, tmp_path: Path):
    here, there = local(tmp_path), Store(far.settings)
    for path, content in FILES.items():
        far.put(path, content)
    assert there.catalogue.scan() == here.catalogue.scan()
    pd.testing.assert_frame_equal(table(there), table(here))
    assert there.catalogue.scan().batches == () and there.catalogue.scan().changed == 0


def test_so_is_that_of_any_file_system_of_fsspec(in_memory, tmp_path: Path):
    (there, put), here = in_memory, local(tmp_path)
    for path, content in FILES.items():
        put(path, content)
    assert there.catalogue.scan() == here.catalogue.scan()
    pd.testing.assert_frame_equal(table(there), table(here))
    put("a.png", png("black"))
    assert (there.catalogue.scan().changed, there.catalogue.read("a.png")) == (1, png("black"))


def test_a_quiet_scan_lists_and_fetches_nothing(scanned: Store, far: Far):
    assert scanned.catalogue.scan().unchanged == 3
    assert far.server.fetched() == [] and sum(line.startswith("MLSD") for line in far.server.lines) == 3


def test_new_changed_renamed_and_deleted_photos_are_found(scanned: Store, far: Far):
    far.put("new.png", png("yellow"))
    far.put("a.png", png("black"))
    (far.photos / "sub/b b.png").rename(far.photos / "moved.png")
    (far.photos / "sub/deep/ü.png").unlink()
    report = scanned.catalogue.scan()
    assert (report.photos, report.new, report.changed, report.renamed, report.deleted) == (3, 1, 1, 1, 1)
    assert far.server.fetched() == ["a.png", "moved.png", "new.png"]


def test_a_photo_that_is_replaced_within_the_second_by_one_of_the_same_size_is_noticed(scanned: Store, far: Far):
    for colour in ("red", "green"):
        content = io.BytesIO()
        Image.new("RGB", (40, 40), colour).save(content, "BMP")
        far.put("a.bmp", content.getvalue())
        os.utime(far.photos / "a.bmp", (1_700_000_000, 1_700_000_000))
        report = scanned.catalogue.scan()
    assert report.changed == 1 and scanned.catalogue.open("a.bmp").getpixel((0, 0)) == (0, 128, 0)


def test_a_server_of_few_words_is_read_as_well(far: Far, server: Server):
    server.unknown = ("MLSD", "MLST")
    for path in ("a.png", "sub/b b.png"):
        far.put(path, png("red"))
    store = Store(far.settings)
    assert store.catalogue.scan().new == 2
    assert store.catalogue.scan().unchanged == 2 and len(server.fetched()) == 2


def test_what_was_scanned_is_read_from_the_cache(scanned: Store, far: Far):
    assert scanned.catalogue.open("a.png").getpixel((0, 0)) == (255, 0, 0)
    assert scanned.catalogue.read("sub/deep/ü.png") == png("blue")
    assert far.server.lines == []


def test_a_folder_that_is_gone_does_not_empty_the_catalogue(scanned: Store, far: Far):
    elsewhere = far.but(raw=f"{far.settings.raw}/typo")
    with pytest.raises(NoRawFolder, match=r"no folder ftp://127\S+/typo any more, and the catalogue knows 3 files in"):
        elsewhere.catalogue.scan()
    assert len(elsewhere.catalogue.live()) == 3
