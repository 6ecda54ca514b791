"""Duplicates in a browser: decided by keyboard, gone from the gallery, and nothing that axe objects to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import serving
from tests.e2e.test_accessibility_in_browser import objections
from tests.ui.small_catalogue import fill, serve
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

pytestmark = serving.in_a_browser
PHOTO = "blue/dress-002.jpg"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a small catalogue, in which a dozen photos lie twice."""
    store = Store(Settings(data=tmp_path_factory.mktemp("twins") / "data"))
    raw = store.settings.raw_dir
    fill(raw)
    for number in range(12):
        file = f"{'red' if number % 2 else 'blue'}/dress-{number:03d}.jpg"
        (raw / "copies" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(raw / file, raw / "copies" / file)
    serve(store)
    with serving.served(store.settings.data_dir, tmp_path_factory.mktemp("ui") / "server.log") as (url, _):
        yield url


def test_one_is_kept_by_keyboard_and_the_other_is_gone_from_the_gallery(page: Page, address: str) -> None:
    page.goto(f"{address}/?filter=dress-002")
    expect(page.locator(".grid a")).to_have_count(2)
    page.goto(f"{address}/duplicates")
    group = page.locator("[class*='st-key-group-']").filter(has_text=PHOTO)
    group.locator(".grid a").first.focus()
    page.keyboard.press("Tab")
    keep = group.get_by_role("button", name="Keep this one, hide the others").first
    expect(keep).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 photo hidden from the gallery")).to_be_visible()
    expect(group).to_have_count(0)
    page.goto(f"{address}/?filter=dress-002")
    expect(page.locator(".grid a")).to_have_count(1)
    page.goto(f"{address}/duplicates?show=decided")
    page.get_by_role("button", name="Decide again").click()
    expect(page.get_by_text("Nothing was decided yet.")).to_be_visible()


def test_groups_come_page_by_page_with_an_address(page: Page, address: str) -> None:
    page.goto(f"{address}/duplicates?page=2")
    expect(page.locator("[class*='st-key-group-']")).to_have_count(2)
    page.reload()
    expect(page.locator("[class*='st-key-group-']")).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_no_objection_and_nothing_is_too_wide(browser: Browser, address: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    with serving.watched_page(context) as page:
        for path in ("duplicates", "help"):
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{address}/{path}")
                page.locator(".frame.loaded, .st-key-tour-searcher h2").first.wait_for()
                expect(page.locator("[data-test-script-state]")).to_have_attribute(
                    "data-test-script-state", "notRunning"
                )
                assert objections(page) == [], f"/{path} at {width} px, {theme}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_tour_leads_through_the_pages_and_is_not_offered_again(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Take a tour").click()
    page.get_by_role("button", name="Start: Search and collect").click()
    expect(page.get_by_text("1 of 5: All photos")).to_be_visible()
    page.get_by_role("button", name="Next step").click()
    expect(page.get_by_role("heading", name="Search by photo")).to_be_visible()
    expect(page.get_by_text("2 of 5: Search by your own photo")).to_be_visible()
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_text("2 of 5")).to_have_count(0)
    page.goto(address)
    expect(page.locator(".grid a").first).to_be_visible()
    expect(page.get_by_role("button", name="Take a tour")).to_have_count(0)
