"""The box editor's tools in a real browser: at any zoom, what is drawn is what is stored."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import annotating, serving
from tests.e2e.annotating import LARGE, Site, at, drag, open_boxes
from tests.e2e.places import place
from tests.e2e.test_annotation_in_browser import newest, save
from tiefvision_assets.box import Box

pytestmark = serving.in_a_browser

filled, site, page = annotating.filled, annotating.site, annotating.page
SIZE, LARGE_SIZE = (900, 1350), (3000, 2000)


def scale(page: Page, size: tuple[int, int]) -> float:
    """Screen pixels per pixel of the photo."""
    return place(page.locator(".stage img")).width / size[0]


def under(page: Page, point: tuple[float, float]) -> tuple[float, float]:
    """The pixel of the photo of `SIZE` that is at that point of the screen."""
    photo = place(page.locator(".stage img"))
    share = (point[0] - photo.x) / photo.width, (point[1] - photo.y) / photo.height
    return share[0] * SIZE[0], share[1] * SIZE[1]


def wheel(page: Page, point: tuple[float, float], turns: int) -> None:
    """Turn the wheel there that often, and wait until the photo is as large as it then should be."""
    page.mouse.move(*point)
    for _ in range(turns):
        page.mouse.wheel(0, -200)
    zoom = min(16.0, 2 ** (turns * 2 / 3))
    expect(page.locator(".enlarged")).to_have_text(f"{zoom:.1f}×" if zoom < 10 else f"{zoom:.0f}×")


@pytest.mark.parametrize(("path", "size"), [("dress-00.jpg", SIZE), (LARGE, LARGE_SIZE)])
def test_at_any_zoom_what_is_drawn_is_stored_to_the_pixel(
    page: Page, site: Site, path: str, size: tuple[int, int]
) -> None:
    for turns, centre in ((0, (401, 633)), (1, (300, 1250)), (4, (777, 90)), (9, (401, 633))):
        open_boxes(page, site.photo(path))
        page.keyboard.press("Escape")
        whole = scale(page, size)
        wheel(page, at(page, *centre, size), turns)
        assert scale(page, size) / whole == pytest.approx(min(16, 2 ** (turns * 2 / 3)), rel=0.01)
        # A box of 80 screen pixels, around the place that was zoomed at.
        half = round(40 / scale(page, size))
        left, top, right, bottom = centre[0] - half, centre[1] - half, centre[0] + half + 1, centre[1] + half + 2
        page.keyboard.down("Shift")
        drag(page, at(page, left, top, size), at(page, right, bottom, size))
        page.keyboard.up("Shift")
        expect(page.locator(".tag")).to_have_text("Drawn")
        save(page)
        assert newest(site).label == Box(left, top, right, bottom)


def test_the_wheel_zooms_at_the_pointer_and_the_hand_moves_the_photo(page: Page, site: Site) -> None:
    open_boxes(page, site.photo("dress-00.jpg"))
    x, y = at(page, 300, 700)
    point = round(x), round(y)  # browsers know the pointer's place in whole pixels
    seen = under(page, point)
    wheel(page, point, 5)
    assert at(page, *seen) == pytest.approx(point, abs=1.5)
    expect(page.locator(".minimap")).to_be_visible()
    box = page.locator(".numbers").inner_text()

    page.keyboard.down(" ")
    drag(page, point, (point[0] + 60, point[1] - 40))
    page.keyboard.up(" ")
    assert at(page, *seen) == pytest.approx((point[0] + 60, point[1] - 40), abs=2)
    page.mouse.move(*point)
    page.mouse.down(button="middle")
    page.mouse.move(point[0] - 60, point[1] + 40)
    page.mouse.up(button="middle")
    assert at(page, *seen) == pytest.approx(point, abs=3)
    assert page.locator(".numbers").inner_text() == box
    assert site.store.history.count() == 0

    minimap = place(page.locator(".minimap"))
    page.mouse.click(minimap.x + minimap.width * 0.5, minimap.y + minimap.height * 0.75)
    # A pixel of the small map is many of the photo.
    assert at(page, 450, 1012) == pytest.approx(place(page.locator(".viewport")).middle, abs=50)
    page.keyboard.press("0")
    expect(page.locator(".minimap")).to_be_hidden()
    page.keyboard.press(" ")
    expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    assert newest(site).label == Box(100, 150, 700, 1100)


def test_keys_push_edges_snap_them_and_repeat_the_box_before(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes?order=path")
    numbers = page.locator(".numbers")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(numbers).to_contain_text("100, 149, 701, 1100")
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+ArrowUp")
    expect(numbers).to_contain_text("101, 149, 701, 1099")
    page.keyboard.press("Control+Shift+ArrowDown")
    expect(numbers).to_contain_text("101, 149, 701, 1109")
    page.mouse.move(*at(page, 400, 160))
    page.keyboard.press("m")
    expect(numbers).to_contain_text("101, 150, 701, 1109")
    page.get_by_role("button", name="Bottom right corner").focus()
    page.keyboard.press("m")
    expect(numbers).to_contain_text("101, 150, 700, 1100")
    page.keyboard.press("Control+z")
    expect(numbers).to_contain_text("101, 150, 701, 1109")
    photo = page.locator(".stage img").get_attribute("src")
    save(page)
    assert (newest(site).label, newest(site).method) == (Box(101, 150, 701, 1109), "adjusted")
    expect(page.locator(".stage img")).not_to_have_attribute("src", str(photo))
    expect(numbers).to_contain_text("100, 150, 700, 1100")
    page.keyboard.press("p")
    expect(numbers).to_contain_text("101, 150, 701, 1109")
    save(page)
    assert (newest(site).label, newest(site).method) == (Box(101, 150, 701, 1109), "drawn")


def test_the_crosshair_is_at_the_pointer_on_the_next_photo_at_once(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes?order=path")
    page.mouse.move(*at(page, 333, 444))
    across = page.locator(".across")
    expect(across).to_have_attribute("y1", re.compile("^44[34]"))
    photo = page.locator(".stage img").get_attribute("src")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    expect(page.locator(".stage img")).not_to_have_attribute("src", str(photo))
    expect(across).to_have_css("display", "inline")
    expect(across).to_have_attribute("y1", re.compile("^44[34]"))


def test_how_the_photo_is_shown_changes_no_label_and_moves_nothing_where_none_is_wanted(page: Page, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_boxes(page, site.photo("dress-00.jpg"))
    expect(page.locator(".action.skip")).to_have_css("transition-duration", "0s")
    image = page.locator(".stage img")
    for key in ("l", "c", "i"):
        page.keyboard.press(key)
    expect(image).to_have_css("filter", "brightness(1.2) contrast(1.2) invert(1)")
    page.keyboard.press("v")
    expect(page.get_by_label("Brightness")).to_have_value("120")
    page.get_by_label("Inverted").uncheck()
    expect(image).to_have_css("filter", "brightness(1.2) contrast(1.2) invert(0)")
    save(page)
    expect(image).to_have_css("filter", "brightness(1.2) contrast(1.2) invert(0)")
    page.locator(".stage").focus()
    page.keyboard.press("o")
    expect(image).to_have_css("filter", "none")
    assert newest(site).label == Box(100, 150, 700, 1100)
