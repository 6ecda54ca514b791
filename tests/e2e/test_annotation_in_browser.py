"""People who draw boxes and choose triplets in a real browser: what they do arrives, exactly and once."""

from __future__ import annotations

import signal
import statistics

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import annotating, serving
from tests.e2e.annotating import LARGE, PHOTOS, ROTATED, Site, at, drag, open_boxes, somebody, until_ready
from tests.e2e.places import place
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.values import photo_url

pytestmark = serving.in_a_browser

filled, site, page = annotating.filled, annotating.site, annotating.page
MEDIAN_MS = 250
STAGE_WIDTH = """
() => [...document.querySelectorAll("*")].map((it) => it.shadowRoot?.querySelector(".stage")).find(Boolean).clientWidth
"""


def newest(site: Site) -> Event:
    return site.store.history.page(limit=1)[0]


def save(page: Page) -> None:
    until_ready(page)
    page.keyboard.press("Enter")
    expect(page.locator(".editor, .triplets")).to_have_attribute("data-state", "saved")


@pytest.mark.parametrize(
    ("path", "size"), [("dress-00.jpg", (900, 1350)), (ROTATED, (1200, 1600)), (LARGE, (3000, 2000))]
)
@pytest.mark.parametrize("zoom", [0, 2])
@pytest.mark.parametrize("height", [900, 620])
def test_a_drawn_box_arrives_in_original_pixels(
    page: Page, site: Site, path: str, size: tuple[int, int], zoom: int, height: int
) -> None:
    page.set_viewport_size({"width": 1440, "height": height})
    open_boxes(page, site.photo(path))
    page.keyboard.press("Escape")
    for _ in range(zoom):
        page.keyboard.press("+")
    # Inside what is visible at twice the size, around the middle of the model's box, which zooming centres.
    left, top, right, bottom = 301, 503, 521, 757
    page.keyboard.down("Shift")
    drag(page, at(page, left, top, size), at(page, right, bottom, size))
    page.keyboard.up("Shift")
    expect(page.locator(".tag")).to_have_text("Drawn")
    save(page)
    assert newest(site).label == Box(left, top, right, bottom)
    assert newest(site).method == "drawn"


def test_a_box_is_moved_stretched_nudged_undone_and_redone(page: Page, site: Site) -> None:
    open_boxes(page, site.photo("dress-00.jpg"))
    numbers = page.locator(".numbers")
    expect(numbers).to_contain_text("100, 150, 700, 1100")
    drag(page, at(page, 400, 600), at(page, 450, 640))
    expect(numbers).to_contain_text("150, 190, 750, 1140")
    drag(page, at(page, 750, 1140), at(page, 800, 1200))
    expect(numbers).to_contain_text("150, 190, 800, 1200")
    drag(page, at(page, 150, 695), at(page, 200, 695))
    expect(numbers).to_contain_text("200, 190, 800, 1200")
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+ArrowUp")
    expect(numbers).to_contain_text("201, 180, 801, 1190")
    for _ in range(3):
        page.keyboard.press("z")
    expect(numbers).to_contain_text("150, 190, 800, 1200")
    page.keyboard.press("y")
    expect(numbers).to_contain_text("200, 190, 800, 1200")
    page.get_by_role("button", name="Bottom edge").focus()
    page.keyboard.press("Shift+ArrowUp")
    save(page)
    assert (newest(site).label, newest(site).method) == (Box(200, 190, 800, 1190), "adjusted")


def test_four_clicks_make_a_box_and_the_mode_is_kept(page: Page, site: Site) -> None:
    open_boxes(page, site.photo("dress-00.jpg"))
    page.keyboard.press("e")
    for point in ((450, 200), (120, 900), (800, 920), (430, 1100)):
        page.mouse.click(*at(page, *point))
    save(page)
    assert (newest(site).label, newest(site).method) == (Box(120, 200, 800, 1100), "extreme")
    expect(page.locator(".tag")).to_have_text("Click the outermost points: 0 of 4")


def test_other_decisions_by_key(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    for key, action in (("x", "absent"), ("s", "skip"), ("a", "label")):
        until_ready(page)
        page.keyboard.press(key)
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
        assert newest(site).action == action
    assert newest(site).method == "accepted"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert site.store.history.count() == 3


def test_keys_typed_into_a_field_are_not_decisions(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    page.get_by_label("Your name").click()
    page.keyboard.type("sxua")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_have_value("Annsxua")
    assert site.store.history.count() == 0


@pytest.mark.timed
def test_twenty_boxes_by_keyboard(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    seen, milliseconds = [], []
    for number in range(20):
        photo = page.locator(".stage img").get_attribute("src")
        seen.append(photo)
        if number % 4 == 0:
            page.keyboard.press("ArrowDown")
        milliseconds.append(time_until_saved_and_painted(page, ".stage img"))
    events = site.store.history.page()
    assert [photo_url(event.sha256) for event in reversed(events)] == seen
    assert len(set(seen)) == 20
    assert {event.label for event in events} == {Box(100, 150, 700, 1100), Box(100, 151, 700, 1101)}
    expect(page.get_by_text(f"20 of {PHOTOS + 2} photos done")).to_be_visible()
    report("boxes", milliseconds)


@pytest.mark.timed
def test_twenty_triplets_by_keyboard(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/triplets")
    page.locator(".tile").nth(23).wait_for()
    chosen, milliseconds = [], []
    for _ in range(20):
        reference = page.locator(".reference img").get_attribute("src")
        assert reference
        tiles = [page.locator(".tile").nth(place).get_attribute("data-id") for place in (0, 4)]
        chosen.append(TripletLabel(reference.partition("?")[0].rpartition("/")[2], str(tiles[0]), str(tiles[1])))
        page.keyboard.press("1")
        page.keyboard.press("5")
        milliseconds.append(time_until_saved_and_painted(page, ".reference img"))
    assert [event.label for event in reversed(site.store.history.page())] == chosen
    assert len({label.reference for label in chosen}) == 20
    report("triplets", milliseconds)


def time_until_saved_and_painted(page: Page, photo: str) -> float:
    """Milliseconds from Enter to the next photo on the screen with this one in the database."""
    return float(
        page.evaluate(
            """async (selector) => {
                const all = [...document.querySelectorAll("*")];
                const root = all.find((it) => it.shadowRoot?.querySelector(selector)).shadowRoot;
                const image = root.querySelector(selector), before = image.currentSrc || image.src;
                const state = root.querySelector("[data-state]"), start = performance.now();
                const key = { key: "Enter", bubbles: true, composed: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
                const painted = () => {
                    const now = root.querySelector(selector);
                    const source = now.currentSrc || now.src;
                    return source !== before && now.complete && now.naturalWidth > 0 && state.dataset.state === "saved";
                };
                while (!painted()) await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
                return performance.now() - start;
            }""",
            photo,
        )
    )


def report(what: str, milliseconds: list[float]) -> None:
    median = statistics.median(milliseconds)
    print(f"\n{what}: Enter, saved, next photo painted: median {median:.0f} ms, at most {max(milliseconds):.0f} ms")
    # Loosely: other work on the machine slows it down; the wanted median is MEDIAN_MS.
    assert median < 4 * MEDIAN_MS


def test_triplets_are_swapped_called_ties_removed_and_undone(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/triplets")
    tiles = page.locator(".tile")
    tiles.nth(23).wait_for()
    first, fifth = (tiles.nth(place).get_attribute("data-id") for place in (0, 4))
    reference = page.locator(".reference img").get_attribute("src")
    tiles.nth(0).click()
    tiles.nth(4).click()
    expect(tiles.nth(0)).to_contain_text("H+")
    page.keyboard.press("x")
    expect(tiles.nth(0)).to_contain_text("H−")
    save(page)
    label = newest(site).label
    assert isinstance(label, TripletLabel)
    assert (label.positive, label.negative) == (fifth, first)
    page.keyboard.press("u")
    expect(page.locator(".reference img")).to_have_attribute("src", str(reference))
    assert site.store.labels.counts()["triplets"] == 0
    until_ready(page)
    page.keyboard.press("t")
    expect(page.locator(".reference img")).not_to_have_attribute("src", str(reference))
    expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")
    assert newest(site).action == "tie"

    site.store.labels.add_triplets([TripletLabel(label.reference, str(first), str(fifth))], annotator="Bob")
    path = next(row.image_id for row in site.store.catalogue.live().itertuples() if row.sha256 == label.reference)
    page.goto(f"{site.url}/triplets?photo={path}")
    page.locator(".remove").click()
    expect(page.get_by_text("No triplet of this photo yet")).to_be_visible()
    assert site.store.labels.counts()["triplets"] == 0


def test_candidates_are_walked_through_by_arrows(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/triplets")
    tiles = page.locator(".tile")
    tiles.nth(23).wait_for()
    for key in ("ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    expect(tiles.nth(1)).to_contain_text("H+")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".tile.neg")).to_have_count(1)
    save(page)
    assert site.store.labels.counts()["triplets"] == 1


def test_letters_choose_the_candidates_after_the_ninth(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/triplets")
    tiles = page.locator(".tile")
    tiles.nth(23).wait_for()
    expect(tiles.nth(9).locator(".number")).to_have_text("A")
    page.keyboard.press("a")
    page.keyboard.press("o")
    expect(tiles.nth(9)).to_contain_text("H+")
    expect(tiles.nth(23)).to_contain_text("H−")
    chosen = [tiles.nth(place).get_attribute("data-id") for place in (9, 23)]
    save(page)
    label = newest(site).label
    assert isinstance(label, TripletLabel)
    assert [label.positive, label.negative] == chosen


def test_quick_questions_are_answered_by_one_key_each(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/triplets?way=quick")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(2)
    expect(page.locator(".prompt")).to_have_text("Which one is closer to the reference?")
    expect(page.locator(".action.save")).to_be_hidden()
    reference = str(page.locator(".reference img").get_attribute("src"))
    first, second = (tiles.nth(place).get_attribute("data-id") for place in (0, 1))
    page.keyboard.press("2")
    expect(page.locator(".reference img")).not_to_have_attribute("src", reference)
    expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")
    label = newest(site).label
    assert isinstance(label, TripletLabel)
    assert (label.positive, label.negative, newest(site).method) == (second, first, "quick")
    page.keyboard.press("u")
    expect(page.locator(".reference img")).to_have_attribute("src", reference)
    assert {tiles.nth(place).get_attribute("data-id") for place in (0, 1)} == {first, second}
    until_ready(page)
    page.keyboard.press("t")
    expect(page.locator(".reference img")).not_to_have_attribute("src", reference)
    expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")
    assert newest(site).action == "tie"
    for _ in range(3):
        until_ready(page)
        page.keyboard.press("1")
    expect(page.locator(".triplets")).to_have_attribute("data-state", "saved")
    assert site.store.labels.counts()["triplets"] == 3


def test_undo_goes_back_photo_by_photo(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    photos = []
    for _ in range(3):
        until_ready(page)
        photos.append(page.locator(".stage img").get_attribute("src"))
        save(page)
    for photo in reversed(photos):
        until_ready(page)
        page.keyboard.press("u")
        expect(page.locator(".stage img")).to_have_attribute("src", str(photo))
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    assert site.store.labels.counts()["boxes"] == 0
    assert [event.undone_by for event in site.store.history.page()] == ["Ann"] * 3


def test_two_browsers_never_get_the_same_photo(browser: Browser, site: Site) -> None:
    with somebody(browser, site, "Ann") as ann, somebody(browser, site, "Bob") as bob:
        for page in (ann, bob):
            open_boxes(page, f"{site.url}/boxes?order=path")
        seen: dict[str, list[str]] = {"Ann": [], "Bob": []}
        for _ in range(12):
            for name, page in (("Ann", ann), ("Bob", bob)):
                until_ready(page)
                seen[name].append(str(page.locator(".stage img").get_attribute("src")))
            for page in (ann, bob):
                page.keyboard.press("Enter")
            for page in (ann, bob):
                expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    assert set(seen["Ann"]).isdisjoint(seen["Bob"])
    assert len({event.sha256 for event in site.store.history.page()}) == site.store.history.count() == 24


def test_an_unsaved_box_survives_a_reload(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    photo = str(page.locator(".stage img").get_attribute("src"))
    drag(page, at(page, 30, 40), at(page, 430, 640))
    numbers = page.locator(".numbers").inner_text()
    page.reload()
    expect(page.locator(".stage img")).to_have_attribute("src", photo)
    expect(page.locator(".numbers")).to_have_text(numbers)
    save(page)
    assert newest(site).label == Box(30, 40, 430, 640)


def test_a_commit_that_gets_no_answer_is_sent_again_and_written_once(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    site.server.send_signal(signal.SIGSTOP)
    try:
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 not saved yet, kept in this browser; trying again…")).to_be_visible()
        expect(page.locator(".editor")).to_have_attribute("data-state", "saving")
    finally:
        site.server.send_signal(signal.SIGCONT)
    expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    save(page)
    assert site.store.history.count() == 2


def test_a_reload_before_the_answer_loses_nothing(page: Page, site: Site) -> None:
    open_boxes(page, f"{site.url}/boxes")
    photo = str(page.locator(".stage img").get_attribute("src"))
    page.evaluate("window.WebSocket.prototype.send = () => {}")
    page.keyboard.press("Enter")
    page.reload()
    page.locator(".stage.loaded").wait_for()
    expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
    assert [photo_url(event.sha256) for event in site.store.history.page()] == [photo]


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def touch(page: Page, *moments: list[tuple[float, float]]) -> None:
    """Put fingers down, move them from moment to moment, further ones among them, and lift them all."""
    session = page.context.new_cdp_session(page)
    before = 0
    for fingers in [*moments, []]:
        kind = "touchStart" if len(fingers) > before else "touchMove" if fingers else "touchEnd"
        before = len(fingers)
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_two_fingers_zoom_and_move_the_photo_and_draw_nothing(browser: Browser, site: Site) -> None:
    with somebody(browser, site, "Ann", **PHONE) as page:
        open_boxes(page, site.photo("dress-00.jpg"))
        numbers = page.locator(".numbers").inner_text()
        width = page.evaluate(STAGE_WIDTH)
        x, y = at(page, 450, 675)
        touch(page, [(x, y)], [(x, y - 30)], [(x, y - 30), (x, y + 10)], [(x, y - 38), (x, y + 18)])
        assert page.evaluate(STAGE_WIDTH) == pytest.approx(1.4 * width, rel=0.01)
        before = place(page.locator(".stage img"))
        touch(page, [(x, y), (x + 100, y)], [(x, y - 35), (x + 100, y - 35)])
        assert place(page.locator(".stage img")).y == pytest.approx(before.y - 35, abs=1)
        touch(page, [(x, y), (x + 100, y)], [(x, y), (x + 50, y)])
        assert page.evaluate(STAGE_WIDTH) == pytest.approx(width, rel=0.01)
        assert page.locator(".numbers").inner_text() == numbers
        page.get_by_role("button", name="Four clicks").click()
        touch(page, [at(page, 200, 300)], [at(page, 200, 300), at(page, 500, 700)])
        expect(page.locator(".tag")).to_have_text("Click the outermost points: 0 of 4")
        touch(page, [at(page, 200, 300)])
        expect(page.locator(".tag")).to_have_text("Click the outermost points: 1 of 4")


def test_a_finger_draws_a_box(browser: Browser, site: Site) -> None:
    with somebody(browser, site, "Ann", **PHONE) as page:
        open_boxes(page, site.photo("dress-00.jpg"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        start, end = at(page, 20, 30), at(page, 85, 700)
        touch(page, [start], [(end[0], start[1] + 20)], [end])
        expect(page.locator(".tag")).to_have_text("Drawn")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"1 of {PHOTOS + 2} photos done")).to_be_visible()
    label = newest(site).label
    assert isinstance(label, Box)
    assert label.iou(Box(20, 30, 85, 700)) > 0.95


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_overflows(browser: Browser, site: Site, theme: str) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": theme}
    with somebody(browser, site, "Ann", **options) as page:
        for path, ready in (("boxes", ".stage.loaded"), ("triplets", ".tile"), ("review?show=history", "h1")):
            page.goto(f"{site.url}/{path}")
            page.locator(ready).first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert (
                page.evaluate(
                    """() => Math.max(...[...document.querySelectorAll("*")]
                    .flatMap((it) => [...(it.shadowRoot?.querySelectorAll(".actions, .triplets, .viewport") ?? [])])
                    .map((it) => it.getBoundingClientRect().right), 0)"""
                )
                <= 390
            )


def test_a_reviewer_decides_and_undoes(browser: Browser, site: Site) -> None:
    with somebody(browser, site, "Ann") as ann:
        open_boxes(ann, site.photo("dress-00.jpg"))
        ann.keyboard.press("Escape")
        ann.keyboard.press("Control+ArrowRight")
        for _ in range(30):
            ann.keyboard.press("Control+ArrowDown")
        save(ann)
    with somebody(browser, site, "Rita") as rita:
        rita.goto(f"{site.url}/review")
        rita.get_by_role("button", name="Take the model's").click()
        expect(rita.get_by_text("People and the model agree")).to_be_visible()
        assert (newest(site).role, newest(site).label) == ("reviewer", Box(100, 150, 700, 1100))
        rita.goto(f"{site.url}/review?show=history")
        rita.get_by_role("button", name="Undo").first.click()
        expect(rita.get_by_text("undone by Rita")).to_be_visible()
    assert site.store.labels.live_boxes()["annotator"].tolist() == ["Ann"]
