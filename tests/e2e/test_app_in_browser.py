"""The app in a real browser, over a generated catalogue with the models trained on it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.places import places
from tests.e2e.serving import DEMO_PHOTOS, WAIT_MS, in_a_browser, photos, tile_ids
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser


def test_from_the_gallery_to_a_photo_and_its_neighbours(page: Page, address: str) -> None:
    page.goto(address)
    tiles = page.locator(".grid a")
    expect(tiles).to_have_count(DEMO_PHOTOS, timeout=WAIT_MS)
    expect(page.locator(".frame.loaded").first).to_be_visible()
    expect(page.locator(".frame.missing")).to_have_count(0)
    gallery = tile_ids(page)

    tiles.nth(3).click()
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
    expect(page).to_have_url(re.compile(f"photo={gallery[3]}"))
    expect(page.locator(".stage.loaded img")).to_be_visible()
    expect(tiles).to_have_count(24)
    assert gallery[3] not in tile_ids(page)

    neighbour = tile_ids(page)[0]
    tiles.first.press("Enter")
    expect(page).to_have_url(re.compile(f"photo={neighbour}"))

    page.go_back()
    expect(page).to_have_url(re.compile(f"photo={gallery[3]}"))
    expect(page.locator(f'.grid a[data-id="{neighbour}"]')).to_be_visible()

    page.get_by_role("button", name="All photos").click()
    expect(tiles).to_have_count(DEMO_PHOTOS)
    expect(page).not_to_have_url(re.compile("photo="))


def test_the_ranking_can_be_switched_and_linked_to(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".grid a").first.click()
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
    expect(page.locator(".grid .score")).to_have_count(24)

    page.get_by_text("Unsupervised", exact=True).click()
    expect(page).to_have_url(re.compile("ranking=unsupervised"))
    page.reload()
    expect(page.locator(".grid .score")).to_have_count(24)
    expect(page.get_by_role("radio", name="Unsupervised", exact=True)).to_be_checked()


def test_the_filter_narrows_the_gallery(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".grid a")).to_have_count(DEMO_PHOTOS, timeout=WAIT_MS)
    page.get_by_placeholder("Words of the path").fill("no such photo")
    expect(page.get_by_text("No path contains")).to_be_visible()
    expect(page.locator(".grid a")).to_have_count(0)


def test_a_box_is_drawn_over_its_photo(page: Page, address: str, store: Store) -> None:
    boxed = photos(store).query("human").iloc[0]
    page.goto(f"{address}/?photo={boxed.image_id}")
    expect(page.get_by_text("Box drawn by a person")).to_be_visible()
    drawn, photo = places(page.locator(".stage.loaded rect.box"), page.locator(".stage.loaded img"))
    scale = photo.width / boxed.width
    assert drawn.x - photo.x == pytest.approx(boxed.left * scale, abs=4)
    assert drawn.y - photo.y == pytest.approx(boxed.top * scale, abs=4)
    assert drawn.height == pytest.approx((boxed.bottom - boxed.top) * scale, abs=6)


def test_an_upload_shows_its_box_and_finds_itself(page: Page, address: str, store: Store) -> None:
    photo = store.catalogue.file(photos(store).query("not human")["path"].iloc[0])
    heads = store.served.read().models.heads
    page.goto(f"{address}/search")
    page.locator('input[type="file"]').set_input_files(photo)

    expect(page.locator(".stage.loaded img")).to_be_visible(timeout=WAIT_MS)
    words = "Box found" if heads else "the whole photo is compared"
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator("rect.box")).to_have_count(1 if heads else 0)
    expect(page.locator(".grid a")).to_have_count(12)
    expect(page.locator(".grid a .name").first).to_have_text(photo.stem)

    page.get_by_text("24", exact=True).click()
    expect(page.locator(".grid a")).to_have_count(24)

    page.locator(".grid a").nth(1).click()
    expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
    page.go_back()
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator(".grid a")).to_have_count(24)


def test_a_bad_upload_is_refused_in_words(page: Page, address: str) -> None:
    page.goto(f"{address}/search")
    page.locator('input[type="file"]').set_input_files(
        {"name": "dress.jpg", "mimeType": "image/jpeg", "buffer": b"this is no photo"}
    )
    expect(page.get_by_role("alert")).to_contain_text("cannot be searched with")


def test_on_a_phone_nothing_overflows(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/search"):
        page.goto(f"{address}{path}")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["", "search", "collections", "boxes", "triplets", "review", "operations"])
def test_no_page_asks_for_what_is_not_there(page: Page, address: str, path: str) -> None:
    complaints: list[str] = []
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/{path}")
    page.locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert complaints == []
