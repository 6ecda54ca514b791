"""The gallery over 50,000 photos: how long people wait, in a real browser."""

from __future__ import annotations

import hashlib
import io
import statistics
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.serving import in_a_browser, served, tile_ids, watched_page
from tests.e2e.waiting import timed, until_there
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.schemas import CATALOGUE
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

PHOTOS, CONTENTS = 50_000, 500
LIMIT_S = 10.0
"""Loosely: a busy machine takes several times as long as an idle one, where half a second to two are wanted."""
LOADED = """
() => {
  const hosts = [...document.querySelectorAll('*')].map((element) => element.shadowRoot ?? element);
  const images = hosts.flatMap((host) => [...(host.querySelectorAll?.('.frame img') ?? [])]);
  const seen = images.filter((image) => image.getBoundingClientRect().top < innerHeight);
  return seen.length >= LEAST && seen.every((image) => image.complete && image.naturalWidth > 0);
}
"""
IN_VIEW, SEEN = (LOADED.replace("LEAST", least) for least in ("8", "1"))
"""Whether the gallery's viewport is filled; and whether whatever photos there are can be seen, and so be clicked at."""

pytestmark = [*in_a_browser, pytest.mark.timed]


def fill(store: Store) -> None:
    """A catalogue of many entries of few contents, whose first ones are there as files; and both indexes."""
    rng = np.random.default_rng(0)
    raw = store.settings.raw_dir
    raw.mkdir(parents=True)
    paths = [f"dress-{number:05d}.jpg" for number in range(PHOTOS)]
    contents = []
    for number in range(CONTENTS):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (16, 12, 3), dtype=np.uint8)).resize((900, 1200)).save(buffer, "JPEG")
        (raw / paths[number]).write_bytes(buffer.getvalue())
        contents.append(hashlib.sha256(buffer.getvalue()).hexdigest())
    numbers = np.arange(PHOTOS)
    table = pd.DataFrame(
        {
            "image_id": [image_id(path) for path in paths],
            "path": paths,
            "sha256": [contents[number % CONTENTS] for number in numbers],
            "width": 900,
            "height": 1200,
            "bytes": 1,
            "mtime_ns": numbers,
            "batch": "b000000-00000000",
            "status": "live",
            "reason": "",
            "profile": "",
            "note": "",
        }
    )[CATALOGUE.names]
    write_parquet(store.layout.catalogue, table)
    entries = table[["image_id", "path", "sha256", "width", "height"]].assign(
        left=90.0, top=120.0, right=810.0, bottom=1080.0, human=False, confidence=0.9
    )
    vectors = rng.normal(size=(PHOTOS, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for ranking in RANKINGS:
        store.indexes.build(ranking, "v1", entries, vectors, "exact", {"levels": {"same": 0.97, "very similar": 0.8}})
    store.served.promote(ModelSet(encoder="encoder", basis="basis"))
    store.served.switch(dict.fromkeys(RANKINGS, "v1"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("large")
    fill(Store(Settings(data=folder / "data", raw=folder / "data" / "raw")))
    with served(folder / "data", folder / "log") as (url, _):
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a server that somebody has visited before, in a browser that has seen nothing."""
    with watched_page(browser.new_context()) as first:
        first.goto(address)
        first.wait_for_function(IN_VIEW)
    with watched_page(browser.new_context(viewport={"width": 1440, "height": 900})) as page:
        yield page


def test_the_viewport_fills_soon(page: Page, address: str) -> None:
    times = []
    for number in (300, 500, 700):
        start = time.monotonic()
        page.goto(f"{address}/?page={number}")
        page.wait_for_function(IN_VIEW, polling="raf")
        times.append(time.monotonic() - start)
    print(f"gallery of {PHOTOS:,}: viewport filled after {[round(t, 2) for t in times]} s")
    assert statistics.median(times) < LIMIT_S, times


def test_turning_pages_filtering_and_opening_take_as_little(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(IN_VIEW)
    times: dict[str, float] = {}
    with timed(times, "page"):
        page.get_by_label("Next page").or_(page.get_by_role("button", name="2", exact=True)).first.click()
        until_there(page, {}, {".grid .name": "dress-00060"})
    with timed(times, "filter"):
        page.get_by_placeholder("Words of the path").fill("4999")
        until_there(page, {}, {".grid .name": "dress-04999"})
    page.wait_for_function(SEEN)
    with timed(times, "first photo"):
        page.locator(".grid a").first.click()
        until_there(page, {".grid .name": 24})
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
    page.wait_for_function(SEEN)
    hit = tile_ids(page)[0]
    with timed(times, "photo"):
        page.locator(f'.grid a[data-id="{hit}"]').click()
        # no photo is among those that are similar to it
        until_there(page, {f'.grid a[data-id="{hit}"]': 0, ".grid .name": 24})
    print(f"gallery of {PHOTOS:,}: { {name: round(seconds, 2) for name, seconds in times.items()} }")
    assert max(times.values()) < LIMIT_S, times
