"""An owner's session: a run is started and watched, what the new ranking moves is looked at, it is promoted, and
Operations is read."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from benchmarks.sessions.hand import Hand
from tiefvision_assets.store.store import Store

WITHIN_MS = 900_000
SETTINGS = {"PROMOTION": "ask", "RETRAIN_AFTER": "10000"}
"""Nothing is trained unless the owner asks, nor served before the owner decides."""


def session(hand: Hand, address: str, store: Store) -> None:
    """From labels that arrived to a new ranking that is served."""
    page = hand.page
    runs = page.locator('[data-testid="stMain"]')
    with hand.task("open Operations: what is out of date, served, running"):
        page.goto(f"{address}/operations")
        expect(page.get_by_role("heading", name="Quality")).to_be_visible()
        expect(page.get_by_role("button", name="Retrain")).to_be_enabled()
    with hand.task("start training on all labels"):
        hand.click(page.get_by_role("button", name="Retrain"))
        expect(runs.get_by_text("Running").first).to_be_visible(timeout=WITHIN_MS)
    with hand.task("watch it to its end (the training itself)"):
        expect(page.get_by_role("button", name="Retrain")).to_be_enabled(timeout=WITHIN_MS)
        expect(runs.get_by_text("Done").first).to_be_visible()
    with hand.task("see what the candidate moves"):
        hand.click(page.get_by_role("link", name="What moves").first)
        expect(page.locator(".move").first).to_be_visible()
        expect(page.get_by_role("heading", name="On held-out labels")).to_be_visible()
    with hand.task("look up a photo in both"):
        hand.click(page.get_by_label("Look a photo up in both"))
        hand.type("gingham")
        hand.press("Enter")
        expect(page.locator('[class*="st-key-look-"] .grid.small')).to_have_count(2)
    served = store.served.read().index
    with hand.task("promote it"):
        card = page.locator('[class*="st-key-side-"]', has_text="Candidate · ranking head")
        hand.click(card.first.get_by_role("button", name="Promote"))
        expect(card.filter(has_text="promoted").or_(page.get_by_text("is promoted")).first).to_be_visible()
    with hand.task("until searches use it (its index is made by itself)"):
        while store.served.read().index == served:
            time.sleep(0.1)
    with hand.task("read Operations again: the decision is in the chart of quality"):
        hand.click(page.get_by_role("link", name="Operations"))
        expect(page.get_by_role("heading", name="Quality")).to_be_visible()
        expect(page.get_by_text("Nothing is out of date")).to_be_visible(timeout=WITHIN_MS)
