"""Takes the pictures that are named, or all of them."""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.pictures.furnishing import furnished
from benchmarks.sessions.truth import unlabelled
from tests.commands import TIEFVISION, environment_of
from tests.e2e.daemon import Servers, ending
from tests.e2e.serving import CHROMIUM, OFFLINE, served
from tiefvision_assets.store.store import Store

WAIT_MS = 300_000
WIDTH, HEIGHT = 1360, 880
BY_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SETTINGS = {"RETRAIN_AFTER": "10000", "OVERLAP": "0", "GOLD": "0"}
QUALITY = 82
"""Of WebP: below 100 kB for a page of photos, and letters stay sharp."""
IDLE = '[data-test-script-state="notRunning"]'
Take = Callable[[Page, str, Store], None]


def main() -> None:
    """Write a WebP file for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures")
    parser.add_argument("data", type=Path, help="a data folder that `tiefvision demo` filled")
    parser.add_argument("to", type=Path)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}")
    chosen = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        store = furnished(chosen.data, copy)
        environment = environment_of(copy, **SETTINGS)
        servers = Servers(Path(folder), store.settings, [*TIEFVISION, "dagster", "--port"], environment)
        dagster = f"http://127.0.0.1:{servers.port}"
        with (
            ending(servers),
            served(copy, Path(folder) / "log", DAGSTER_URL=dagster, **SETTINGS) as (address, _),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OFFLINE, *BY_SOFTWARE])
            for name in chosen.names or PICTURES:
                if name == "app-operations":
                    servers.start()
                    servers.scan()
                _picture(browser, address, store, name, chosen.to)
            browser.close()


def _picture(browser: Browser, address: str, store: Store, name: str, to: Path) -> None:
    scheme = "dark" if name.endswith("-dark") else "light"
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)  # type: ignore[arg-type]
    cookies = {"tiefvision-name": "Rita" if name == "app-team" else "Ann", "tiefvision-tour": "seen"}
    context.add_cookies([{"name": key, "value": value, "url": address} for key, value in cookies.items()])
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    PICTURES[name](page, address, store)
    page.locator(IDLE).first.wait_for(state="attached")
    page.mouse.move(WIDTH - 1, HEIGHT - 1)
    page.wait_for_timeout(2_000)  # for pictures that fade in
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        taken.convert("RGB").save(to / f"{name}.webp", quality=QUALITY, method=6)
    sys.stderr.write(f"{name}: {(to / f'{name}.webp').stat().st_size / 1000:.0f} kB\n")
    context.close()


def _gallery(page: Page, address: str, store: Store) -> None:
    page.goto(address)
    page.locator(".frame.loaded").nth(10).wait_for()


def _photo(page: Page, address: str, store: Store) -> None:
    photo = store.catalogue.live().query("path.str.contains('floral')").iloc[0]
    page.goto(f"{address}/?photo={photo.image_id}")
    page.locator(".stage.loaded").wait_for()
    page.locator(".frame.loaded").nth(6).wait_for()


def _search(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/search?compare=yes")
    page.locator('input[type="file"]').set_input_files(store.catalogue.file(unlabelled(store)["path"].iloc[7]))
    page.locator(".stage.loaded").wait_for()
    page.locator(".grid .move").nth(5).wait_for()


def _boxes(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/boxes")
    page.locator(".stage.loaded").wait_for()


def _triplets(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/triplets?way=grid")
    page.locator(".tile").nth(8).wait_for()
    page.keyboard.press("1")
    page.keyboard.press("6")


def _review(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/review")
    page.get_by_role("button", name="Take the model's").first.wait_for()


def _map(page: Page, address: str, store: Store) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 1000})
    page.goto(f"{address}/map?ranking=both&colour=column:category")
    page.locator(".photo-map[data-drawn]").wait_for()
    page.locator(".photo-map .pictures img").first.wait_for()


def _team(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/team")
    page.locator('[data-testid="stDataFrame"] canvas').first.wait_for()


def _duplicates(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/duplicates")
    page.locator("[data-testid='stMain'] img").first.wait_for()


def _moves(page: Page, address: str, store: Store) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 1300})
    page.goto(f"{address}/moves")
    page.locator(".move").first.wait_for()


def _operations(page: Page, address: str, store: Store) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 1370})
    page.goto(f"{address}/operations")
    page.locator('[data-testid="stMain"]').get_by_text("Done").first.wait_for()


PICTURES: dict[str, Take] = {
    "app-gallery": _gallery,
    "app-photo": _photo,
    "app-photo-dark": _photo,
    "app-search": _search,
    "app-boxes": _boxes,
    "app-triplets": _triplets,
    "app-review": _review,
    "app-team": _team,
    "app-map": _map,
    "app-duplicates": _duplicates,
    "app-moves": _moves,
    "app-operations": _operations,
}


if __name__ == "__main__":
    main()
