"""The page Map over a million photos, in a real browser: `python -m benchmarks.map_of_a_million FOLDER [--photos N]`.

The data folder is written as TiefVision would, without what the page does not look at: the catalogue, both indexes
with a k-NN graph of random rows, and maps of random heaps. No photo is there as a file. The folder is kept,
and used the next time. Chromium draws WebGL in software. Prints seconds, and MiB
of the server and of the page's JavaScript.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.real_app import memory_of, served
from tests.e2e.serving import CHROMIUM, OFFLINE
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.photo_map import Anchors
from tiefvision_assets.store.schemas import CATALOGUE
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

WAIT_MS = 600_000
BY_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
HEAPS, DIMENSIONS, NEIGHBOURS = 24, 16, 4


def main() -> None:
    """Fill the folder if it is empty, open the page twice, draw a lasso, and say what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.map_of_a_million")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=1_000_000)
    chosen = parser.parse_args()
    store = Store(Settings(data=chosen.folder))
    if not store.catalogue.live().shape[0]:
        fill(store, chosen.photos)
    expect.set_options(timeout=WAIT_MS)
    os.environ["TIEFVISION_CACHE"] = str(chosen.folder / "cache")
    with served(chosen.folder) as (address, server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OFFLINE, *BY_SOFTWARE])
        for words in ("first visit since the server started", "another browser"):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            cookies = ("tiefvision-name", "tiefvision-tour")
            context.add_cookies([{"name": name, "value": "Ann", "url": address} for name in cookies])
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            start = time.monotonic()
            page.goto(f"{address}/map")
            page.locator(".photo-map[data-drawn]").wait_for()
            _told(f"{words}: drawn after", start, page, server)
            start = time.monotonic()
            expect(page.locator("[data-testid='stMain'] .grid a")).to_have_count(24)
            _told(f"{words}: its list, after that", start, page, server)
            if words == "another browser":
                _used(page, server)
            context.close()
        browser.close()


def _used(page: Page, server: int) -> None:
    page.get_by_role("button", name="Lasso").click()
    box = page.locator(".photo-map canvas").first.bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    radius = 0.2 * min(box["width"], box["height"])
    for step in range(41):
        turn = step * math.tau / 40
        page.mouse.move(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn))
        if step == 0:
            page.mouse.down()
        page.wait_for_timeout(20)
    start = time.monotonic()
    page.mouse.up()
    expect(page.locator(".photo-map .status")).to_contain_text("chosen")
    expect(page.get_by_role("heading", name="Chosen photos")).to_be_visible()
    _told(f"lasso: {page.locator('.photo-map .status').inner_text()}, listed after", start, page, server)
    start = time.monotonic()
    page.get_by_label("Tag", exact=True).fill("circled")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("got the tag")).to_be_visible()
    _told("tagged after", start, page, server)
    start = time.monotonic()
    page.reload()
    page.locator(".photo-map[data-drawn]").wait_for()
    _told("a reload: drawn after", start, page, server)


def _told(what: str, start: float, page: Page, server: int) -> None:
    seconds = time.monotonic() - start
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    now, peak = memory_of(server)
    sys.stdout.write(f"{what} {seconds:.1f} s; server {now:,.0f} MiB (at most {peak:,.0f}); page {heap:,.0f} MiB\n")
    sys.stdout.flush()


def fill(store: Store, photos: int) -> None:
    """Write a catalogue of so many contents that are no files, both indexes, and both maps."""
    rng = np.random.default_rng(0)
    numbers = np.arange(photos)
    paths = [f"rail-{number % HEAPS:02d}/dress-{number:07d}.jpg" for number in range(photos)]
    table = pd.DataFrame(
        {
            "image_id": [image_id(path) for path in paths],
            "path": paths,
            "sha256": [hashlib.sha256(path.encode()).hexdigest() for path in paths],
            "width": 900,
            "height": 1200,
            "bytes": 1,
            "mtime_ns": numbers,
            "batch": [f"b{number // 4096:06d}-00000000" for number in range(photos)],
            "status": "live",
            "reason": "",
            "profile": "",
            "note": "",
        }
    )[CATALOGUE.names]
    store.settings.raw_dir.mkdir(parents=True, exist_ok=True)
    write_parquet(store.layout.catalogue, table)
    entries = table[["image_id", "path", "sha256", "width", "height", "batch"]].assign(
        left=90.0, top=120.0, right=810.0, bottom=1080.0, human=False, confidence=rng.random(photos)
    )
    vectors = rng.normal(size=(photos, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = np.sort(rng.random((photos, NEIGHBOURS)).astype(np.float32))[:, ::-1]
    graph = Graph(rng.integers(0, photos, (photos, NEIGHBOURS), dtype=np.int32), np.ascontiguousarray(scores))
    order = np.argsort(table["sha256"].to_numpy(dtype=object))
    contents = table["sha256"].iloc[order].reset_index(drop=True)
    for ranking in RANKINGS:
        with patch("tiefvision_assets.store.index.made_graph", return_value=(graph, True)):
            store.indexes.build(
                ranking, "v1", entries, vectors, "exact", {"levels": {"same": 0.97, "very similar": 0.8}}
            )
        heaps = rng.normal(size=(HEAPS, 2))[order % HEAPS] + rng.normal(scale=0.2, size=(photos, 2))
        points = pd.DataFrame({"sha256": contents, "x": heaps[:, 0], "y": heaps[:, 1], "vector": "made up"})
        anchors = Anchors(tuple(contents.head(2)), vectors[:2], heaps[:2].astype(np.float32))
        store.maps.write(ranking, points, "layout", anchors)
    store.served.promote(ModelSet(encoder="encoder", basis="basis"))
    store.served.switch(dict.fromkeys(RANKINGS, "v1"))


if __name__ == "__main__":
    main()
