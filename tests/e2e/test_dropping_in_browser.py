"""Photos and labels dropped in a real browser: an archive on the empty gallery, a folder on Operations."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.commands import wait_for
from tests.e2e.serving import in_a_browser, served
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.staging import Staging
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser
NO_DAGSTER = "http://127.0.0.1:9"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty data folder."""
    return Store(Settings(data=tmp_path / "data"))


@pytest.fixture
def left(store: Store) -> Path:
    """What an app that was killed has left."""
    stage = Staging(store.layout.arrivals).new()
    (stage.files / "a.jpg").write_bytes(b"half a photo")
    return stage.folder


@pytest.fixture
def address(store: Store, left: Path, tmp_path: Path) -> Iterator[str]:
    with served(store.settings.data_dir, tmp_path / "server.log", DAGSTER_URL=NO_DAGSTER) as (url, _):
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve photos in two folders, one file that is none, and the boxes of ten of the photos."""
    folder = tmp_path / "shop"
    images, boxes = [], []
    for number in range(12):
        path = f"{'gowns' if number % 2 else 'coats'}/photo-{number:02d}.jpg"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (240, 320), (20 * number, 90, 120)).save(folder / path)
        images.append({"id": number, "file_name": path if number < 10 else f"gone-{number}.jpg"})
        boxes.append({"image_id": number, "bbox": [20, 30, 150, 200]})
    (folder / "gowns/broken.jpg").write_bytes(b"no photo")
    (folder / "boxes.json").write_text(json.dumps({"images": images, "annotations": boxes}))
    return folder


MANY = 600


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """An archive of so many photos, and a box on each."""
    buffer = io.BytesIO()
    images, boxes = [], []
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as target:
        for number in range(MANY):
            buffer.seek(0)
            Image.new("RGB", (60, 80), (number % 256, number // 256, 90)).save(buffer, "PNG")
            target.writestr(f"{number}.png", buffer.getvalue())
            images.append({"id": number, "file_name": f"{number}.png"})
            boxes.append({"image_id": number, "bbox": [5, 5, 40, 60]})
        target.writestr("boxes.json", json.dumps({"images": images, "annotations": boxes}))
    return tmp_path / "many.zip"


def photos_in(store: Store) -> list[str]:
    return sorted(file.name for file in store.settings.raw_dir.rglob("*.jpg"))


def test_an_archive_on_the_empty_gallery(page: Page, address: str, store: Store, folder: Path, left: Path) -> None:
    assert not left.exists()
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(folder.rglob("*.*")):
            target.write(file, file.relative_to(folder))
    page.goto(address)
    page.locator('input[type="file"]').set_input_files(archive)
    expect(page.get_by_role("button", name="Add 13 files and 10 labels")).to_be_visible()
    expect(page.get_by_text("2 problems in the labels")).to_be_visible()
    assert photos_in(store) == []

    page.reload()
    page.get_by_role("button", name="Add 13 files and 10 labels").click()
    expect(page.get_by_text("13 files copied into the raw folder; 10 labels imported")).to_be_visible()
    assert len(photos_in(store)) == 13
    assert store.labels.counts()["boxes"] == 10
    page.reload()
    expect(page.get_by_text("13 files copied into the raw folder; 10 labels imported")).to_be_visible()
    page.get_by_role("button", name="Add more").click()
    expect(page.locator('input[type="file"]')).to_be_attached()


def test_a_folder_on_operations_and_a_change_of_mind(page: Page, address: str, store: Store, folder: Path) -> None:
    page.goto(f"{address}/operations")
    page.get_by_text("A folder", exact=True).click()
    uploader = page.locator('input[type="file"][webkitdirectory]')
    uploader.set_input_files(folder)
    expect(page.get_by_role("button", name="Add 13 files and 10 labels")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page).not_to_have_url(re.compile("dropped="))
    expect(page.locator('input[type="file"]')).to_be_attached()
    assert photos_in(store) == [] and list(store.layout.arrivals.iterdir()) == []

    page.get_by_text("A folder", exact=True).click()
    uploader.set_input_files(folder)
    page.get_by_role("button", name="Add 13 files and 10 labels").click()
    expect(page.get_by_text("13 files copied into the raw folder; 10 labels imported")).to_be_visible()
    raw = store.settings.raw_dir
    assert (raw / "coats/photo-00.jpg").read_bytes() == (folder / "coats/photo-00.jpg").read_bytes()
    expect(page.get_by_text("Dagster does not answer")).not_to_have_count(0)


def test_an_app_that_is_killed_while_it_takes_photos_leaves_whole_ones(
    page: Page, store: Store, tmp_path: Path, many: Path
) -> None:
    raw, button = store.settings.raw_dir, f"Add {MANY} files and {MANY} labels"
    with served(store.settings.data_dir, tmp_path / "killed.log", DAGSTER_URL=NO_DAGSTER) as (url, server):
        page.goto(url)
        page.locator('input[type="file"]').set_input_files(many)
        page.get_by_role("button", name=button).click()
        wait_for("the first photo", lambda: list(raw.glob("[0-9]*.png")), 60, 0.01)
        server.kill()
        server.wait()
    with zipfile.ZipFile(many) as archive:
        taken = {file.name: file.read_bytes() for file in raw.glob("[0-9]*.png")}
        assert 0 < len(taken) <= MANY
        assert all(content == archive.read(name) for name, content in taken.items())
    assert store.labels.counts()["boxes"] in (0, MANY)
    with served(store.settings.data_dir, tmp_path / "again.log", DAGSTER_URL=NO_DAGSTER) as (url, _):
        assert list(store.layout.arrivals.iterdir()) == []
        page.goto(url)
        page.locator('input[type="file"]').set_input_files(many)
        page.get_by_role("button", name=re.compile(r"^Add \d+ files")).click()
        expect(page.get_by_text("copied into the raw folder")).to_be_visible()
    assert len(list(raw.iterdir())) == MANY
    assert store.labels.counts()["boxes"] == MANY
