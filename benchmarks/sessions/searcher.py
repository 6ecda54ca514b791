"""A searcher's session: a look is found by a photo, by words and a condition, and by an upload; hits are collected and
taken along."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.sessions.hand import Hand

COLLECTED = 3
IN_VIEW = """
() => {
  const hosts = [...document.querySelectorAll('*')].map((element) => element.shadowRoot ?? element);
  const images = hosts.flatMap((host) => [...(host.querySelectorAll?.('.frame img') ?? [])]);
  const seen = images.filter((image) => image.getBoundingClientRect().top < innerHeight);
  return seen.length >= 2 && seen.every((image) => image.complete && image.naturalWidth > 0);
}
"""
"""Whether all thumbnails that can be seen without scrolling are there."""


def session(hand: Hand, address: str, upload: Path) -> None:
    """From an empty browser to a zip archive of photos."""
    page = hand.page
    with hand.task("open the gallery"):
        page.goto(address)
        _seen(page)
    with hand.task("find a look by a photo of the gallery"):
        hand.click(page.locator(".grid a").nth(4))
        expect(page.get_by_role("heading", name="Most similar")).to_be_visible()
        expect(page.locator(".grid .score")).to_have_count(24)
        _seen(page)
    with hand.task("go on to a hit of it"):
        before = page.url
        hand.click(page.locator(".grid a").nth(2))
        expect(page).not_to_have_url(before)
        _seen(page)
    with hand.task("back to all photos"):
        hand.click(page.get_by_role("button", name="All photos"))
        expect(page.get_by_placeholder("Words of the path")).to_be_visible()
        _seen(page)
    _by_filter(hand)
    _by_upload(hand, upload)
    _collect(hand)
    _take_along(hand, upload.stem)


def _by_filter(hand: Hand) -> None:
    page = hand.page
    with hand.task("narrow the gallery by a word"):
        hand.click(page.get_by_placeholder("Words of the path"))
        hand.type("tartan")
        hand.press("Enter")
        expect(page).to_have_url(re.compile("tartan"))
        expect(page.locator(".grid .name").first).to_contain_text("tartan")
        _seen(page)
    with hand.task("and by a condition, completed by keys"):
        hand.click(page.get_by_role("combobox", name="Condition"))
        hand.type("conf")
        hand.press("ArrowDown", "Enter")
        hand.type("> 0.5")
        hand.press("Escape", "Enter")
        expect(page.locator("#outcome")).to_have_text(re.compile(r"^\d+ photos? of \d+$"))
        _seen(page)


def _by_upload(hand: Hand, upload: Path) -> None:
    page = hand.page
    with hand.task("search by an upload (choosing the file not counted)"):
        hand.click(page.get_by_role("link", name="Search by photo"))
        with page.expect_file_chooser() as chooser:
            hand.click(page.get_by_test_id("stFileUploaderDropzone").get_by_role("button", name="Upload", exact=True))
        chooser.value.set_files(upload)
        expect(page.locator(".grid .score")).to_have_count(12)
        _seen(page)
    with hand.task("move an edge of its box, and see other hits"):
        grip = page.locator('.grip[data-grip="s"]').bounding_box()
        assert grip
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        before = page.locator(".grid .score").all_inner_texts()
        hand.drag((x, y), (x, y - 90))
        expect(page.get_by_text("Box adjusted by you")).to_be_visible()
        expect(page.locator(".grid .score")).not_to_have_text(before)
        _seen(page)


def _collect(hand: Hand) -> None:
    page = hand.page
    with hand.task(f"star {COLLECTED} hits", COLLECTED):
        for place in range(COLLECTED):
            tile = page.locator(".grid li").nth(place)
            hand.point(tile)
            hand.click(tile.locator('button[data-action="collect"]'))
            dialog = page.get_by_role("dialog")
            starred = dialog.get_by_text("Starred", exact=True)
            expect(starred).to_have_count(1)  # until the dialog of before is gone
            hand.click(starred)
            hand.click(dialog.get_by_role("button", name="Save"))
            expect(dialog).to_have_count(0)
            expect(page.locator(".grid .name").nth(place)).to_contain_text("★")


def _take_along(hand: Hand, name: str) -> None:
    page = hand.page
    with hand.task("export the hits as a table and as photos", 2):
        hand.click(page.get_by_role("button", name="Export"))
        for kind in ("Table (CSV)", "Photos (zip"):
            with page.expect_download() as download:
                hand.click(page.get_by_role("button", name=kind))
            assert download.value.path().stat().st_size
        hand.press("Escape")
    with hand.task("save the search and open it again"):
        hand.click(page.get_by_role("button", name="Save"))
        hand.click(page.get_by_role("button", name="Save this search"))
        expect(page.get_by_text("see Collections")).to_be_visible()
        hand.click(page.get_by_role("link", name="Collections"))
        expect(page.locator(".grid a")).to_have_count(COLLECTED)
        hand.click(page.get_by_role("button", name=re.compile(name)))
        expect(page.locator(".grid .score")).to_have_count(12)
        _seen(page)


def _seen(page: Page) -> None:
    page.wait_for_function(IN_VIEW, polling="raf")
