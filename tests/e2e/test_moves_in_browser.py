"""The page What moves in a real browser: hits side by side, and going back with one click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.serving import in_a_browser, served, watched_page
from tests.e2e.test_accessibility_in_browser import objections
from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def address(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app is served over the demo, once with its ranking head and then without."""
    assert store.served.read().next.ranking_head, "the demo's triplets teach a ranking of its own"
    store.served.promote(replace(store.served.read().next, ranking_head=None))
    build_and_serve(store, lambda: store.writing("a test"))
    with served(store.settings.data_dir, tmp_path_factory.mktemp("ui") / "server.log") as (url, _):
        yield url


def test_hits_are_compared_and_gone_back_to(page: Page, address: str, store: Store) -> None:
    first = store.served.read().history.kept[0]
    page.goto(f"{address}/moves")
    expect(page.get_by_role("heading", name="Queries that changed most")).to_be_visible()
    expect(page.locator(".grid.small").nth(1)).to_be_visible()
    expect(page.locator(".move").first).to_be_visible()

    page.get_by_label("Look a photo up in both").fill("gown")
    page.keyboard.press("Enter")
    expect(page.locator('[class*="st-key-look-"] .grid.small')).to_have_count(2)
    assert "look=gown" in page.url

    page.get_by_role("button", name="Go back to it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is served again")).to_be_visible()
    now = store.served.read()
    assert now.version and now.version.name == first.name and now.models == first.models


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_no_objection_and_nothing_overflows(browser, address: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)
    with watched_page(context) as page:
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{address}/moves")
            page.locator(".move").first.wait_for()
            expect(page.locator("[data-test-script-state]")).to_have_attribute("data-test-script-state", "notRunning")
            assert objections(page) == [], f"{width} px"
            assert page.evaluate("document.documentElement.scrollWidth") <= width
