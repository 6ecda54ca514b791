"""A team in a real browser: an annotator answers a gold question without knowing it, and hears what review decided."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.e2e import annotating, serving
from tests.e2e.annotating import Site, open_boxes, somebody
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel

pytestmark = serving.in_a_browser

filled, site = annotating.filled, annotating.site
KNOWN = Box(100, 150, 700, 1100)
"""What the model proposes, and a reviewer decided: whoever accepts it is right."""


def test_gold_comments_and_what_came_back(browser: Browser, site: Site) -> None:
    store = site.store
    live = store.catalogue.live().set_index("path")["sha256"]
    first, second = live["dress-00.jpg"], live["dress-01.jpg"]
    label = BoxLabel(first, Box(0, 0, 300, 300))
    store.annotation.commit(Decision.box("a", label, "drawn"), annotator="Ann", seconds=3.0)
    for commit, photo, box in (("r", first, Box(0, 0, 600, 600)), ("s", second, KNOWN)):
        store.annotation.commit(Decision.box(commit, BoxLabel(photo, box), "drawn"), annotator="Rita", role="reviewer")
    (gold,) = [event for event in store.history.reviews() if event.sha256 == second]
    store.team.gold.add([gold], "Rita")
    with somebody(browser, site, "Ann") as page:
        open_boxes(page, f"{site.url}/boxes")
        page.get_by_text("Comment on this photo").click()
        page.get_by_label("Your comment").fill("Is the sleeve part of it?")
        page.get_by_role("button", name="Add the comment").click()
        expect(page.get_by_text("Ann, ", exact=False).first).to_contain_text("Is the sleeve part of it?")
        page.get_by_role("link", name="1 label of yours came back").click()
        expect(page.get_by_text("IoU 0.25")).to_be_visible()
        page.get_by_role("button", name="I have seen these").click()
        expect(page.get_by_text("Nothing new came back")).to_be_visible()
        open_boxes(page, site.photo("dress-01.jpg"))
        page.keyboard.press("Enter")
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
        page.goto(f"{site.url}/team")
        expect(page.get_by_role("heading", name="Board")).to_be_visible()
    answers = [event for event in store.history.standing("box", second) if event.source == "gold"]
    assert [event.annotator for event in answers] == ["Ann"]
    live_box = store.history.live_box(second)
    assert live_box and live_box.annotator == "Rita"
