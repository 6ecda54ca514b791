"""Searchers in a real browser: tools of the search page, keys alone, phones, themes, and a network that is shut."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.places import places
from tests.e2e.serving import CHROMIUM, OFFLINE, WAIT_MS, in_a_browser, photos, tile_ids, watched_page
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser

PAGES = ("/", "/search", "/collections", "/boxes", "/triplets", "/review", "/operations")
WIDEST = """
() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('[data-testid="stMain"]')]
  .map((main) => main.scrollWidth))
"""


def upload(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/search")
    photo = store.catalogue.file(photos(store).query("not human")["path"].iloc[0])
    page.locator('input[type="file"]').set_input_files(photo)
    expect(page.locator(".grid a")).to_have_count(12, timeout=WAIT_MS)


def press(page: Page, place: int, action: str) -> None:
    tile = page.locator(".grid li").nth(place)
    tile.hover()
    tile.locator(f'button[data-action="{action}"]').click()


def test_a_box_is_adjusted_and_searched_with(page: Page, address: str, store: Store) -> None:
    upload(page, address, store)
    before = page.locator(".grid .score").all_inner_texts()
    page.locator('.grip[data-grip="se"]').focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_text("Box adjusted by you")).to_be_visible()
    expect(page.locator(".grid .score")).not_to_have_text(before)
    expect(page.locator('.grip[data-grip="se"]')).to_be_focused()

    drawn = page.locator("rect.box")
    left, top, width, height = (float(drawn.get_attribute(name) or 0) for name in ("x", "y", "width", "height"))
    stage, grip = places(page.locator(".stage.loaded"), page.locator('.grip[data-grip="nw"]'))
    scale = stage.width / float((page.locator(".stage svg").get_attribute("viewBox") or "").split()[2])
    start = grip.middle
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 0.2 * width * scale, start[1] + 0.2 * height * scale, steps=5)
    page.mouse.up()
    # Half a pixel of the screen is lost on the way, and whole pixels of the photo are searched with.
    assert float(drawn.get_attribute("x") or 0) == pytest.approx(left + 0.2 * width, abs=1 / scale + 1)
    assert float(drawn.get_attribute("y") or 0) == pytest.approx(top + 0.2 * height, abs=1 / scale + 1)

    page.get_by_role("button", name="Use the found box").click()
    expect(page.get_by_text("Box adjusted by you")).to_have_count(0)
    expect(page.locator(".grid .score")).to_have_text(before)


def test_a_photo_from_the_camera_is_searched_with(browser: Browser, address: str) -> None:
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    filming = browser.browser_type.launch(executable_path=CHROMIUM, args=[*OFFLINE, *camera])
    with watched_page(filming.new_context(permissions=["camera"])) as page:
        page.goto(f"{address}/search?source=camera")
        page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
        page.get_by_role("button", name="Take Photo").click()
        expect(page.locator(".stage.loaded img")).to_be_visible(timeout=WAIT_MS)
        expect(page.locator(".grid a")).to_have_count(12)

        page.get_by_role("button", name="Clear photo").click()
        expect(page.locator(".grid a")).to_have_count(0)
    filming.close()


def test_rankings_side_by_side_reasons_and_examples(page: Page, address: str, store: Store) -> None:
    upload(page, address, store)
    page.get_by_text("Side by side").click()
    expect(page.locator(".grid")).to_have_count(2)
    expect(page.locator(".grid .move")).to_have_count(12)

    press(page, 2, "why")
    expect(page.get_by_text("Bright parts look alike")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("dialog").locator("img")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_text("One ranking").click()
    expect(page.locator(".grid")).to_have_count(1)
    example = page.locator(".grid li").nth(3).get_attribute("data-id")
    press(page, 3, "more")
    expect(page.get_by_role("button", name="Clear")).to_be_visible()
    expect(page.locator(f'.grid li[data-id="{example}"]')).to_have_count(0)


def test_a_triplet_in_one_click(page: Page, address: str, store: Store) -> None:
    known = len(store.labels.live_triplets())
    image = photos(store).iloc[5]
    page.goto(f"{address}/search?like={image.image_id}")
    expect(page.locator(".grid a")).to_have_count(12, timeout=WAIT_MS)
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your name").press("Enter")
    expect(page.locator('.grid button[data-action="closer"]')).to_have_count(11)
    press(page, 4, "closer")
    expect(page.get_by_text("Triplet saved")).to_be_visible()
    live = store.labels.live_triplets()
    assert len(live) == known + 1
    assert "Ann" in set(live["annotator"])
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Ann")


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(80):
        if wanted.evaluate("(element) => element.getRootNode().activeElement === element"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} cannot be reached by Tab")


def test_by_keys_alone(page: Page, address: str) -> None:
    page.goto(address)
    tiles = page.locator(".grid a")
    expect(tiles.first).to_be_visible(timeout=WAIT_MS)
    tab_to(page, page.get_by_placeholder("Words of the path"))
    tab_to(page, tiles.nth(1))
    wanted = tile_ids(page)[1]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"photo={wanted}"))
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Adjust this search"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/search.*like={wanted}"))
    expect(tiles).to_have_count(12)
    before = page.locator(".grid .score").all_inner_texts()
    tab_to(page, page.locator('.grip[data-grip="e"]'))
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_text("Box adjusted by you")).to_be_visible()
    expect(page.locator(".grid .score")).not_to_have_text(before)
    more = page.locator('.grid li button[data-action="more"]').first
    tab_to(page, more)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Clear")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_follows_the_theme(
    browser: Browser, address: str, store: Store, scheme: Literal["light", "dark"], width: int
) -> None:
    image = photos(store).iloc[0]
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    with watched_page(context) as page:
        for path in (*PAGES, f"/?photo={image.image_id}", f"/search?like={image.image_id}&compare=yes"):
            page.goto(f"{address}{path}")
            expect(page.locator("h1, h2").first).to_be_visible(timeout=WAIT_MS)
            expect(page.locator('[data-testid="stSkeleton"], [data-testid="stSpinner"]')).to_have_count(0)
            assert page.evaluate(WIDEST) <= width, path
            background = page.locator('[data-testid="stApp"]').evaluate(
                "(app) => getComputedStyle(app).backgroundColor"
            )
            brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
            assert (brightness > 128) == (scheme == "light"), (path, background)


def test_the_server_reaches_out_to_nobody(address: str) -> None:
    """After all of the above: the app's process holds no connection to another machine."""
    port = int(address.rsplit(":", 1)[1])
    local = {"0100007F", "00000000", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    server = {row[9] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}
    owner = next(
        process
        for process in Path("/proc").glob("[0-9]*")
        if any(f"socket:[{inode}]" in _links(process) for inode in server)
    )
    own = _links(owner)
    remote = {row[2].split(":")[0] for row in rows if f"socket:[{row[9]}]" in own}
    assert remote <= local


def _links(process: Path) -> set[str]:
    found = set()
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
