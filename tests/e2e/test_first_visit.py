"""The first visit, in a browser: a named folder becomes a gallery, and the demo is begun, followed and stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import serving
from tests.e2e.test_accessibility_in_browser import objections
from tests.ui.small_catalogue import encoded, picture
from tiefvision_assets.settings import Settings
from tiefvision_ui.start.background import STOPPED, Background

pytestmark = serving.in_a_browser
PHOTOS = 6


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The app over a data folder in which nothing is, and whose path is longer than a page is wide."""
    data = tmp_path / "a folder whose name its owner made as long as such a name may well become" / "and its data"
    with serving.served(data, tmp_path / "server.log") as (url, _):
        yield url
        Background(Settings(data=data)).stop()


def test_a_folder_that_is_named_becomes_a_gallery(page: Page, address: str, tmp_path: Path) -> None:
    folder = tmp_path / "my photos"
    folder.mkdir()
    for number in range(PHOTOS):
        (folder / f"{number}.jpg").write_bytes(encoded(picture(number / PHOTOS, (240, 320))))
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        expect(page.get_by_role("heading", name="Try it with a demo")).to_be_visible()
        assert objections(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        hidden = "[...document.querySelectorAll('.stCode pre')].filter(one => one.scrollWidth > one.clientWidth).length"
        assert page.evaluate(hidden) == 0, "the whole path can be read"
    page.get_by_label("Folder of photos on this machine").fill(str(folder))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{PHOTOS} photos")).to_be_visible()
    page.get_by_role("button", name="Add these photos").click()
    expect(page.get_by_role("heading", name="Your photos are being added")).to_be_visible()
    page.reload()
    expect(page.locator(".grid a")).to_have_count(PHOTOS)
    assert len(list(folder.iterdir())) == PHOTOS


def test_the_demo_is_begun_followed_over_a_reload_and_stopped(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Make the demo").click()
    expect(page.get_by_text("Generating photos")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="The demo is being made")).to_be_visible()
    assert objections(page) == []
    page.locator(".st-key-start-stop button").first.click()  # Streamlit has a button of that name, too
    expect(page.get_by_text(STOPPED)).to_be_visible()
