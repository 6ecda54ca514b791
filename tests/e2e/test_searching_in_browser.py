"""What leads a search, in a real browser: conditions, photos that are dropped and pasted, parts, collections."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from playwright.sync_api import JSHandle, Page, expect

from tests.e2e.places import place
from tests.e2e.serving import in_a_browser, photos
from tiefvision_assets.store.store import Store

pytestmark = in_a_browser

FILES = """
(bytes) => {
  const transfer = new DataTransfer();
  const data = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  transfer.items.add(new File([data], "found.jpg", { type: "image/jpeg" }));
  return transfer;
}
"""
PASTE = """
(transfer) => document.body.dispatchEvent(
  new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))
"""


def files(page: Page, store: Store, place: int) -> JSHandle:
    content = store.catalogue.file(photos(store)["path"].iloc[place]).read_bytes()
    return page.evaluate_handle(FILES, base64.b64encode(content).decode())


def press(page: Page, place: int, action: str) -> None:
    tile = page.locator(".grid li").nth(place)
    tile.hover()
    tile.locator(f'button[data-action="{action}"]').click()


def test_a_condition_is_completed_by_keys_and_stays_in_the_address(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("combobox", name="Condition")
    box.click()
    expect(page.get_by_role("option")).not_to_have_count(0)
    page.keyboard.type("wid")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("> 5 AND pa")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("LIKE 'demo/%")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_text("it is no SQL condition")).to_be_visible()
    page.keyboard.type("'")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"where=width\+%3E\+5\+AND\+path\+LIKE\+%27demo%2F%25%27"))
    expect(page.locator("#outcome")).to_have_text(re.compile(r"^\d+ photos? of \d+$"))

    page.reload()
    expect(box).to_have_value("width > 5 AND path LIKE 'demo/%'")
    page.get_by_role("button", name="Clear the condition").click()
    expect(page).not_to_have_url(re.compile("where="))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_contain_text("width > 5 AND path LIKE 'demo/%'")


def test_a_photo_is_dropped_or_pasted_anywhere_and_its_search_survives_a_reload(
    page: Page, address: str, store: Store
) -> None:
    page.goto(address)
    expect(page.locator(".grid a").first).to_be_visible()
    expect(page.locator(".curtain")).to_be_attached()  # the page listens
    main = page.locator('[data-testid="stMain"]')
    main.dispatch_event("dragover", {"dataTransfer": files(page, store, 3)})
    expect(page.get_by_text("Drop the photo to search by it")).to_be_visible()
    main.dispatch_event("drop", {"dataTransfer": files(page, store, 3)})
    expect(page).to_have_url(re.compile("/search.upload=[0-9a-f]{64}"))
    expect(page.locator(".grid .score")).to_have_count(12)
    expect(page.locator(".curtain")).to_be_hidden()
    found = page.locator(".grid .name").all_inner_texts()

    page.reload()
    expect(page.locator(".grid .name")).to_have_text(found)
    before = page.url
    page.evaluate(PASTE, files(page, store, 9))
    expect(page).not_to_have_url(before)
    expect(page.locator(".grid .name")).not_to_have_text(found)


def test_parts_of_a_photo_and_of_a_hit_are_searched_by(page: Page, address: str, store: Store) -> None:
    page.goto(f"{address}/search?like={photos(store)['image_id'].iloc[0]}")
    expect(page.locator(".grid .score")).to_have_count(12)
    whole = page.locator(".grid .score").all_inner_texts()
    page.locator('.grip[data-grip="se"]').focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_text("Box adjusted by you")).to_be_visible()
    expect(page.locator(".grid .score")).not_to_have_text(whole)
    first = page.locator(".grid .score").all_inner_texts()
    page.get_by_role("button", name="Another part").click()
    expect(page.get_by_text("Draw a box around another part")).to_be_visible()
    stage = place(page.locator(".stage.loaded"))
    page.mouse.move(stage.x + 0.3 * stage.width, stage.y + 0.4 * stage.height)
    page.mouse.down()
    page.mouse.move(stage.x + 0.6 * stage.width, stage.y + 0.7 * stage.height, steps=4)
    page.mouse.up()
    expect(page.get_by_text("Part 2, drawn by you")).to_be_visible()
    expect(page.locator(".grid .score")).not_to_have_text(first)
    page.get_by_text("Part 1", exact=True).click()
    expect(page.locator(".grid .score")).to_have_text(first)

    hit = page.locator(".grid li").nth(2).get_attribute("data-id")
    press(page, 2, "part")
    dialog = page.get_by_role("dialog")
    dialog.locator('.grip[data-grip="n"]').focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(dialog.get_by_role("button", name="Use the found box")).to_be_visible()
    dialog.get_by_role("button", name="Search by this part").click()
    expect(page).to_have_url(re.compile(f"like={hit}&box="))
    expect(page.get_by_text("Box adjusted by you")).to_be_visible()


def test_photos_and_searches_are_collected_and_taken_along(
    page: Page, address: str, store: Store, tmp_path: Path
) -> None:
    page.goto(f"{address}/search?like={photos(store)['image_id'].iloc[0]}")
    expect(page.locator(".grid .score")).to_have_count(12)
    press(page, 1, "collect")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Starred", exact=True).click()
    dialog.get_by_role("textbox", name="Note").fill("hem too short")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".grid .name").nth(1)).to_contain_text("★")

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    download.value.save_as(tmp_path / "hits.csv")
    assert len((tmp_path / "hits.csv").read_text("utf-8-sig").splitlines()) == 13
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("like the first")
    page.get_by_role("button", name="Save this search").click()
    expect(page.get_by_text("see Collections")).to_be_visible()

    page.goto(f"{address}/collections")
    expect(page.locator(".grid a")).to_have_count(1)
    page.get_by_role("button", name="like the first").click()
    expect(page).to_have_url(re.compile("/search.*like="))
    expect(page.locator(".grid .score")).to_have_count(12)
