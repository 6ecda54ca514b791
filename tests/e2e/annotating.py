"""The app served over a small catalogue, and a browser in which people label it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.e2e import serving
from tests.e2e.places import place
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.rows import ExtractedBoxes
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

PHOTOS = 60
ROTATED, LARGE = "rotated.jpg", "large.jpg"


def fill(store: Store) -> None:
    """Photos of 900 x 1350 pixels; one that EXIF turns upright, one of 3000 x 2000; an index and a model's boxes."""
    raw = store.settings.raw_dir
    raw.mkdir(parents=True)
    for number in range(PHOTOS):
        picture(number, (900, 1350)).save(raw / f"dress-{number:02d}.jpg", quality=80)
    exif = Image.Exif()
    exif[274] = 6
    picture(70, (1200, 1600)).rotate(90, expand=True).save(raw / ROTATED, exif=exif)
    picture(71, (3000, 2000)).save(raw / LARGE, quality=80)
    store.catalogue.scan()
    live = store.catalogue.live()
    entries = live[["image_id", "path", "sha256", "width", "height"]].assign(
        left=0.0, top=0.0, right=live["width"].astype(float), bottom=live["height"].astype(float)
    )
    entries = entries.assign(human=False, confidence=0.5)
    draw = np.random.default_rng(0)
    for ranking in RANKINGS:
        vectors = draw.normal(size=(len(entries), 8))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        levels = {"levels": {"same": 0.97, "very similar": 0.8}}
        store.indexes.build(ranking, "v1", entries, vectors, "exact", levels)
    rows = pd.DataFrame({"sha256": live["sha256"], "left": 100.0, "top": 150.0, "right": 700.0, "bottom": 1100.0})
    rows["confidence"] = np.linspace(0.3, 0.95, len(rows))
    rows["error"] = ""
    ExtractedBoxes(store.layout).write("heads", store.catalogue.batch_keys()[0], rows)
    store.served.promote(ModelSet(encoder="encoder", heads="heads", basis="basis"))
    store.served.switch(dict.fromkeys(RANKINGS, "v1"))


def picture(number: int, size: tuple[int, int]) -> Image.Image:
    width, height = size
    photo = Image.new("RGB", size, "#e8e4dc")
    colour = (60 + 37 * number % 190, 60 + 71 * number % 190, 60 + 113 * number % 190)
    ImageDraw.Draw(photo).ellipse((width // 6, height // 8, width * 5 // 6, height * 7 // 8), fill=colour)
    return photo


@dataclass(frozen=True)
class Site:
    """Where the app is served, by which process, over which store."""

    url: str
    server: subprocess.Popen[bytes]
    store: Store

    def photo(self, path: str) -> str:
        """The address at which that photo's box is edited."""
        return f"{self.url}/boxes?photo={image_id(path)}"


@contextmanager
def served(data: Path, log: Path, **options: Any) -> Iterator[Site]:
    """The app over that data folder; nobody is asked about a photo that another labelled."""
    with serving.served(data, log, **({"OVERLAP": "0"} | options)) as (url, server):
        yield Site(url, server, Store(Settings(data=data)))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder without labels, to be copied."""
    data = tmp_path_factory.mktemp("filled") / "data"
    fill(Store(Settings(data=data)))
    return data


@pytest.fixture
def site(filled: Path, tmp_path: Path) -> Iterator[Site]:
    """The app over a catalogue without labels."""
    data = shutil.copytree(filled, tmp_path / "data")
    with served(data, tmp_path / "server.log") as site:
        yield site
        site.store.labels.close()


@contextmanager
def somebody(browser: Browser, site: Site, name: str, **options: object) -> Iterator[Page]:
    """A browser of one's own, in which that person's name is known; no request may leave this machine."""
    context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))  # type: ignore[arg-type]
    context.add_cookies([{"name": "tiefvision-name", "value": name, "url": site.url}])
    with serving.watched_page(context) as page:
        yield page


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """Ann's browser."""
    with somebody(browser, site, "Ann") as page:
        yield page


def open_boxes(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".stage.loaded").wait_for()


def until_ready(page: Page) -> None:
    """Until what is shown may be decided about; before, a key does nothing."""
    expect(page.locator(".editor, .triplets")).to_have_attribute("data-task", "ready")


def at(page: Page, x: float, y: float, size: tuple[int, int] = (900, 1350)) -> tuple[float, float]:
    """Where the pixel (x, y) of the original photo is on the screen."""
    photo = place(page.locator(".stage img"))
    return photo.x + x * photo.width / size[0], photo.y + y * photo.height / size[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()
