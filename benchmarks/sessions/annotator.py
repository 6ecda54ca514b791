"""An annotator's session: 50 boxes, by the model's proposals or all drawn, and 50 triplets, in a grid and by quick
questions."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from benchmarks.sessions.hand import Hand
from benchmarks.sessions.truth import Truth
from tiefvision_assets.box import Box

LABELS = 50
GOOD_ENOUGH_IOU = 0.9
"""From which IoU with the true box on the annotator accepts the model's: two careful people have about as much."""
NEXT = """
async ([selector, before]) => {
  const root = () => [...document.querySelectorAll("*")].find((it) => it.shadowRoot?.querySelector(selector));
  const shown = () => {
    const image = root()?.shadowRoot.querySelector(selector);
    if (!image || !image.complete || !image.naturalWidth) return null;
    const source = image.currentSrc || image.src;
    return source === before ? null : source;
  };
  const start = performance.now();
  while (!shown()) {
    if (performance.now() - start > 600000) throw new Error("the next photo does not come");
    await new Promise(requestAnimationFrame);
  }
  return shown();
}
"""


def boxes(hand: Hand, address: str, truth: Truth, *, all_drawn: bool) -> int:
    """Label 50 photos; returns how many boxes were drawn."""
    page = hand.page
    source, drawn = "", 0
    page.goto(f"{address}/boxes")
    with hand.task("50 boxes, all drawn" if all_drawn else "50 boxes, the model's accepted where good", LABELS):
        for _ in range(LABELS):
            with hand.waiting():
                source = str(page.evaluate(NEXT, [".stage img", source]))
            sha256 = _content(source)
            proposed, wanted = _proposed(page), truth.boxes[sha256]
            if all_drawn or proposed is None or proposed.iou(wanted) < GOOD_ENOUGH_IOU:
                draw(hand, page, wanted, truth.sizes[sha256])
                drawn += 1
                made = _proposed(page)
                assert made and made.iou(wanted) > GOOD_ENOUGH_IOU, (truth.paths[sha256], made, wanted)
            hand.press("Enter")
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    return drawn


def draw(hand: Hand, page: Page, box: Box, size: tuple[int, int]) -> None:
    """Drag a box from its upper left corner to the lower right one, with Shift, which ignores the proposed box."""
    place = page.locator(".stage img").bounding_box()
    assert place
    across, down = place["width"] / size[0], place["height"] / size[1]
    hand.press("Shift")
    page.keyboard.down("Shift")
    hand.drag(
        (place["x"] + box.left * across, place["y"] + box.top * down),
        (place["x"] + box.right * across, place["y"] + box.bottom * down),
    )
    page.keyboard.up("Shift")


def grids(hand: Hand, address: str, truth: Truth) -> None:
    """Choose the photo that shares most with the reference, and one that shares least, among the first nine."""
    page = hand.page
    page.goto(f"{address}/triplets?way=grid")
    source = ""
    with hand.task("50 triplets in the grid", LABELS):
        for _ in range(LABELS):
            with hand.waiting():
                source = str(page.evaluate(NEXT, [".reference img", source]))
            shares = _shares(page, source, truth)[:9]
            closest, farthest = shares.index(max(shares)), shares.index(min(shares))
            if closest == farthest:
                hand.press("t")
            else:
                hand.press(str(closest + 1), str(farthest + 1), "Enter")
        expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")


def quick_questions(hand: Hand, address: str, truth: Truth) -> None:
    """Answer which of two photos shares more with the reference."""
    page = hand.page
    page.goto(f"{address}/triplets?way=quick")
    source = ""
    with hand.task("50 quick questions", LABELS):
        for _ in range(LABELS):
            with hand.waiting():
                source = str(page.evaluate(NEXT, [".reference img", source]))
            first, second = _shares(page, source, truth)
            hand.press("t" if first == second else "1" if first > second else "2")
        expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")


def _shares(page: Page, source: str, truth: Truth) -> list[int]:
    tiles = page.locator(".tile").evaluate_all("(tiles) => tiles.map((tile) => tile.dataset.id)")
    return [truth.closeness(_content(source), tile) for tile in tiles]


def _proposed(page: Page) -> Box | None:
    """The box that the editor shows, as its numbers say it."""
    found = [int(number) for number in re.findall(r"-?\d+", page.locator(".numbers").inner_text())]
    return Box(*found[:4]) if len(found) >= 4 else None


def _content(source: str) -> str:
    return source.partition("?")[0].rpartition("/")[2]
