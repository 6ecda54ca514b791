"""A shop's pages in a real browser: facets by keys, cards, a product's page, phones, both themes, axe."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.serving import WAIT_MS, in_a_browser, photos, watched_page
from tests.e2e.test_accessibility_in_browser import objections
from tests.e2e.test_searchers_in_browser import WIDEST
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser


def test_products_are_narrowed_by_keys_opened_and_left_again(page: Page, address: str, store: Store) -> None:
    products = store.products.read()
    assert products is not None
    brands = products.table["brand"].to_pylist()
    page.goto(address)
    expect(page.locator(".grid .price").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_text("Products", exact=True).click()
    cards = page.locator(".grid a.product")
    expect(cards).to_have_count(len(brands))
    assert re.fullmatch(r"\d+\.\d\d", cards.first.locator(".price").inner_text())

    group = page.get_by_role("group", name="Brand")
    first = group.get_by_role("checkbox").first
    brand = first.evaluate("(box) => box.closest('label').querySelector('.words').textContent")
    first.focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(rf"where=brand\+%3D\+%27{brand}%27"))
    expect(cards).to_have_count(brands.count(brand))
    expect(page.get_by_role("combobox", name="Condition")).to_have_value(f"brand = '{brand}'")
    chosen = group.get_by_role("checkbox", checked=True)
    expect(chosen).to_have_count(1)
    expect(chosen).to_be_focused()

    page.reload()
    expect(cards).to_have_count(brands.count(brand), timeout=WAIT_MS)
    name = cards.first.locator(".name").inner_text()
    cards.first.click()
    expect(page).to_have_url(re.compile("product="))
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.locator(".product-facts")).to_contain_text(brand)
    similar = page.locator(".grid a.product")
    expect(similar).not_to_have_count(0)
    other = similar.first.get_attribute("href") or ""
    similar.first.click()
    expect(page).to_have_url(re.compile(re.escape(other.partition("?")[2])))
    expect(page.locator(f'.grid a.product[href="{other}"]')).to_have_count(0)

    page.locator(".grid").first.locator("a").first.click()
    page.get_by_role("button", name="Back to the product").click()
    page.get_by_role("button", name="All products").click()
    expect(cards).to_have_count(brands.count(brand))
    until_idle(page)
    group.get_by_role("checkbox", checked=True).click()
    expect(cards).to_have_count(len(brands))
    expect(page).not_to_have_url(re.compile("where="))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_shops_pages_fit_and_axe_has_no_objection(
    browser: Browser, address: str, store: Store, scheme: Literal["light", "dark"], width: int
) -> None:
    products = store.products.read()
    assert products is not None
    like = photos(store).iloc[0].image_id
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    with watched_page(context) as page:
        for path in ("?by=product&where=in_stock", f"?product={products.ids[0]}", f"search?by=product&like={like}"):
            page.goto(f"{address}/{path}")
            expect(page.locator(".grid a.product").first).to_be_visible(timeout=WAIT_MS)
            until_idle(page)
            if "by=" in path:
                unfold_facets(page, narrow=width < 640)
            assert page.evaluate(WIDEST) <= width, path
            assert objections(page) == [], path


def until_idle(page: Page) -> None:
    expect(page.locator("[data-test-script-state]")).to_have_attribute("data-test-script-state", "notRunning")


def unfold_facets(page: Page, *, narrow: bool) -> None:
    box, filters = page.get_by_role("group", name="Brand").get_by_role("checkbox").first, page.locator("summary")
    if narrow:
        expect(filters).to_be_visible()
        expect(box).to_be_hidden()
        filters.click()
    expect(box).to_be_visible()
    expect(filters).to_be_visible(visible=narrow)
