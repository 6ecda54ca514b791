"""axe finds nothing to object to on any page, in both themes, on a wide and on a narrow screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e import serving

pytestmark = serving.in_a_browser

PAGES = {
    "": ".grid a",
    "search": "h1",
    "collections": "h1",
    "duplicates": "h1",
    "boxes": ".stage.loaded",
    "triplets": ".tile",
    "triplets?way=quick": ".tile",
    "review": "h1",
    "review?show=errors": "h1",
    "review?show=history": "h1",
    "review?show=agreement": "h1",
    "team": "h1",
    "team?show=queues": "h1",
    "team?show=gold": "h1",
    "team?show=returned": "h1",
    "moves": "h1",
    "operations": "h1",
    "help": "h1",
}
"""Address → what is on the page once it is drawn."""
RULES = {
    # Who says aloud what is written on a button has to be understood; axe calls this rule experimental.
    "label-content-name-mismatch": {"enabled": True},
    # Streamlit's place to drop files has a label and no focus; its button, which has both, does the same.
    "presentation-role-conflict": {"enabled": False},
}


def objections(page: Page) -> list[str]:
    """What axe objects to on a page that is drawn: half of one, or a fading one, is nothing that people read."""
    expect(page.locator("[data-test-script-state]")).to_have_attribute("data-test-script-state", "notRunning")
    found = Axe().run(page, options={"rules": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_no_objection(browser: Browser, address: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    context.add_cookies([{"name": "tiefvision-name", "value": "Ann", "url": address}])
    with serving.watched_page(context) as page:
        for path, ready in PAGES.items():
            for width, height in ((1440, 900), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"{address}/{path}")
                page.locator(ready).first.wait_for()
                assert objections(page) == [], f"/{path} at {width} px, {theme}"
