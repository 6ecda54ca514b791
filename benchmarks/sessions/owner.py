"""An owner's session: a run is started and watched, what a version moves is looked at, decided about, and Operations is
read."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import expect

from benchmarks.sessions.hand import Hand
from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.store.store import Store

SETTINGS = {"RETRAIN_AFTER": "10000"}
"""Nothing is trained unless the owner asks."""


def serve_twice(store: Store) -> None:
    """Serve the demo's index without its ranking head and then with it, so that there is a version before."""
    served = store.served.read().next
    for models in (replace(served, ranking_head=None), served):
        store.served.promote(models)
        build_and_serve(store, lambda: store.writing("a session"))


def session(hand: Hand, address: str, store: Store) -> None:
    """From Operations to another version that is served, and back."""
    page = hand.page
    main = page.locator('[data-testid="stMain"]')
    with hand.task("open Operations: what is out of date, served, running"):
        page.goto(f"{address}/operations")
        expect(page.get_by_role("heading", name="Quality over time")).to_be_visible()
        expect(page.get_by_role("button", name="Scan now")).to_be_enabled()
    with hand.task("start a run, and watch it to its end"):
        hand.click(page.get_by_role("button", name="Scan now"))
        expect(page.get_by_role("button", name="Scan now")).to_be_disabled()
        expect(page.get_by_role("button", name="Scan now")).to_be_enabled()
        expect(main.get_by_text("Done").first).to_be_visible()
    with hand.task("see what moved from the version before to the one that is served"):
        hand.click(page.get_by_test_id("stSidebar").get_by_role("link", name="What moves"))
        expect(page.locator(".move").first).to_be_visible()
        expect(page.get_by_role("heading", name="On held-out labels")).to_be_visible()
    with hand.task("look up a photo in both"):
        hand.click(page.get_by_label("Look a photo up in both"))
        hand.type("gingham")
        hand.press("Enter")
        expect(page.locator('[class*="st-key-look-"] .grid.small')).to_have_count(2)
    served = store.served.read().index
    with hand.task("go back to the version before, and search with it"):
        hand.click(page.get_by_role("button", name="Go back to it"))
        expect(page.get_by_text("is served again")).to_be_visible()
    assert store.served.read().index != served
    with hand.task("promote the other one again"):
        hand.click(page.get_by_role("button", name="Serve again"))
        expect(page.get_by_role("button", name="Go back to it")).to_be_visible()
    assert store.served.read().index == served
    with hand.task("read Operations again: both decisions are in the charts of quality"):
        hand.click(page.get_by_test_id("stSidebar").get_by_role("link", name="Operations"))
        expect(page.get_by_role("heading", name="Quality over time")).to_be_visible()
        expect(page.locator('[data-testid="stVegaLiteChart"] svg').first).to_be_visible()
