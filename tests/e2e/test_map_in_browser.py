"""The page Map in a real browser: a lasso around photos, a tag, and both rankings with one choice."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.places import place
from tests.e2e.serving import CHROMIUM, OFFLINE, in_a_browser, watched_page
from tests.e2e.test_accessibility_in_browser import objections
from tiefvision_assets.lineage.photo_map import make_maps
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser
DRAWN = ".photo-map[data-drawn]"
BY_SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that draws WebGL without a graphics card."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OFFLINE, *BY_SOFTWARE])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def mapped(store: Store) -> Store:
    """The demo, with maps of both rankings."""
    make_maps(store, lambda name: lambda done, total: None)
    return store


def lasso(page: Page, through: tuple[float, float] | None = None) -> None:
    """Draw a circle around the middle of the first map, that begins and ends at a point of the screen."""
    canvas = place(page.locator(".photo-map canvas"))
    middle = canvas.middle
    first = through or (middle[0] + 0.35 * min(canvas.width, canvas.height), middle[1])
    radius = math.dist(middle, first)
    beginning = math.atan2(first[1] - middle[1], first[0] - middle[0])
    for step in range(41):
        turn = beginning + step * math.tau / 40
        page.mouse.move(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn))
        if step == 0:
            page.mouse.down()
        page.wait_for_timeout(20)  # the library takes a point of the lasso every few milliseconds
    page.mouse.up()


def test_a_lasso_chooses_photos_on_both_maps_and_they_are_tagged(page: Page, address: str, mapped: Store) -> None:
    page.context.add_cookies([{"name": "tiefvision-name", "value": "Ann", "url": address}])
    page.goto(f"{address}/map?ranking=both&colour=tag")
    page.locator(DRAWN).wait_for()
    expect(page.locator(".photo-map canvas")).to_have_count(2)
    expect(page.locator(".photo-map .pictures img").first).to_be_visible()

    page.get_by_role("button", name="Lasso").click()
    lasso(page)
    expect(page.locator(".photo-map .status")).to_contain_text("chosen")
    number = int(page.locator(".photo-map .status").inner_text().split()[0])
    assert number > 1
    page.get_by_label("Tag", exact=True).fill("circled")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add tag").click()
    expect(page.locator(".photo-map .legend label", has_text="circled")).to_contain_text(str(number))
    assert len(mapped.marks.tagged("circled")) == number

    canvas = page.locator(".photo-map canvas").first
    canvas.focus()
    for key in ("Escape", "+", "+", "ArrowLeft", "s"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    expect(page.locator(".photo-map .status")).to_contain_text("chosen")
    view = page.evaluate("new URL(location.href).searchParams.get('view')").split(",")
    assert float(view[0]) < 0 and float(view[2]) < 1

    page.get_by_role("button", name="Move").click()
    page.locator("[data-testid='stMain'] .grid a").first.click()
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()


def test_a_lasso_that_closes_on_a_photo_does_not_open_it(page: Page, address: str, mapped: Store) -> None:
    page.goto(f"{address}/map")
    page.locator(DRAWN).wait_for()
    pictures = page.locator(".photo-map .pictures img")
    expect(pictures.first).to_be_visible()
    canvas = place(page.locator(".photo-map canvas"))
    # one that a circle around the middle passes without leaving the map, and within which others lie
    wanted = 0.35 * min(canvas.width, canvas.height)
    spots = [place(pictures.nth(number)).middle for number in range(pictures.count())]
    spot = min(spots, key=lambda spot: abs(math.dist(spot, canvas.middle) - wanted))
    page.get_by_role("button", name="Lasso").click()
    lasso(page, through=spot)
    expect(page.locator(".photo-map .status")).to_contain_text("chosen")
    page.get_by_role("button", name="Choose nothing").click()
    expect(page.locator(".photo-map .status")).not_to_contain_text("chosen")
    assert "photo=" not in page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_no_objection_and_nothing_overflows(browser: Browser, address: str, mapped: Store, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    with watched_page(context) as page:
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{address}/map?ranking=both&colour=confidence")
            page.locator(DRAWN).wait_for()
            expect(page.locator("[data-test-script-state]")).to_have_attribute("data-test-script-state", "notRunning")
            assert objections(page) == [], f"{width} px"
            assert page.evaluate("document.documentElement.scrollWidth") <= width
