"""The server is killed (SIGKILL) between the drawing of a box and the answer: it arrives all the same, and once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.commands import free_port
from tests.e2e import annotating, serving
from tests.e2e.annotating import Site, at, drag, open_boxes, served, somebody
from tests.e2e.logging_in import provider
from tiefvision_assets.box import Box
from tiefvision_ui.values import photo_url

pytestmark = serving.in_a_browser

filled = annotating.filled
DRAWN = Box(30, 40, 430, 640)
Start = Callable[[], Site]


@pytest.fixture
def start(filled: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the app, each time over the same data and on the same port."""
    data, port = shutil.copytree(filled, tmp_path / "data"), free_port()
    with ExitStack() as running:
        yield lambda: running.enter_context(served(data, tmp_path / "server.log", port=port))


def kill(site: Site) -> None:
    site.server.kill()
    site.server.wait()


def killed_before_the_answer(site: Site, route: Route) -> None:
    route.fetch()
    kill(site)
    route.abort()


def killed_after_the_answer(site: Site, route: Route) -> None:
    answer = route.fetch()
    kill(site)
    route.fulfill(response=answer)


def draw(page: Page, address: str) -> None:
    open_boxes(page, address)
    drag(page, at(page, DRAWN.left, DRAWN.top), at(page, DRAWN.right, DRAWN.bottom))
    expect(page.locator(".tag")).to_have_text("Drawn")


def goes_on(page: Page, site: Site, photo: str, name: str = "Ann") -> None:
    """The box was saved once, and the next one is, without a reload of the page."""
    editor, image = page.locator(".editor"), page.locator(".stage img")
    expect(editor).to_have_attribute("data-state", "saved")
    expect(image).not_to_have_attribute("src", photo)
    expect(editor).to_have_attribute("data-task", "ready")
    following = str(image.get_attribute("src"))
    page.keyboard.press("Enter")
    expect(image).not_to_have_attribute("src", following)
    expect(editor).to_have_attribute("data-state", "saved")
    expect(page.get_by_text("2 of 62 photos done")).to_be_visible()
    second, first = site.store.history.page()
    assert (first.label, photo_url(first.sha256), photo_url(second.sha256)) == (DRAWN, photo, following)
    assert first.annotator == second.annotator == name
    site.store.labels.close()


@pytest.mark.parametrize("killed", [killed_before_the_answer, killed_after_the_answer])
def test_while_a_box_is_on_its_way(browser: Browser, start: Start, killed: Callable[[Site, Route], None]) -> None:
    site = start()
    with somebody(browser, site, "Ann") as page:
        draw(page, f"{site.url}/boxes")
        photo = str(page.locator(".stage img").get_attribute("src"))
        page.route("**/commits/box", lambda route: killed(site, route), times=1)
        with page.expect_event("requestfinished" if killed is killed_after_the_answer else "requestfailed"):
            page.keyboard.press("Enter")
        goes_on(page, start(), photo)


def test_before_the_request_arrives_with_another_decision_behind_it(browser: Browser, start: Start) -> None:
    site = start()
    with somebody(browser, site, "Ann") as page:
        draw(page, f"{site.url}/boxes")
        photo = str(page.locator(".stage img").get_attribute("src"))
        kill(site)
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 not saved yet, kept in this browser; trying again…")).to_be_visible()
        page.keyboard.press("x")
        expect(page.get_by_text("2 not saved yet, kept in this browser")).to_be_visible()
        started = start()
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
        assert [event.action for event in started.store.history.page()] == ["absent", "label"]
        assert photo_url(started.store.history.page()[1].sha256) == photo
        started.store.labels.close()


def test_another_data_folder_at_the_same_address_gets_none_of_it(
    browser: Browser, start: Start, filled: Path, tmp_path: Path
) -> None:
    site = start()
    with ExitStack() as running:
        page = running.enter_context(somebody(browser, site, "Ann"))
        draw(page, f"{site.url}/boxes")
        kill(site)
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 not saved yet, kept in this browser; trying again…")).to_be_visible()
        other = shutil.copytree(filled, tmp_path / "other")
        log, port = tmp_path / "other.log", urlsplit(site.url).port
        elsewhere = running.enter_context(served(other, log, port=port))
        page.reload()
        page.locator(".stage.loaded").wait_for()
        page.keyboard.press("x")
        expect(page.get_by_text("1 of 62 photos done")).to_be_visible()
        assert [event.action for event in elsewhere.store.history.page()] == ["absent"]
        elsewhere.store.labels.close()
        kill(elsewhere)
        again = start()
        page.reload()
        page.locator(".stage.loaded").wait_for()
        expect(page.locator(".editor")).to_have_attribute("data-state", "saved")
        assert [event.label for event in again.store.history.page()] == [DRAWN]
        again.store.labels.close()


def test_with_a_log_in_and_a_reload(browser: Browser, filled: Path, tmp_path: Path) -> None:
    data, port = shutil.copytree(filled, tmp_path / "data"), free_port()
    with ExitStack() as running:
        environment = running.enter_context(provider(tmp_path, port))

        def start() -> Site:
            options = {"cwd": tmp_path, "environment": environment, "port": port}
            return running.enter_context(served(data, tmp_path / "server.log", **options))

        site = start()
        page = running.enter_context(serving.watched_page(browser.new_context(viewport={"width": 1440, "height": 900})))
        page.goto(f"{site.url}/boxes")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("ann@example.org · annotator")).to_be_visible()
        draw(page, f"{site.url}/boxes")
        photo = str(page.locator(".stage img").get_attribute("src"))
        page.route("**/commits/box", lambda route: killed_before_the_answer(site, route), times=1)
        with page.expect_event("requestfailed", lambda request: urlsplit(request.url).path == "/commits/box"):
            page.keyboard.press("Enter")
        started = start()
        page.reload()
        page.locator(".stage.loaded").wait_for()
        goes_on(page, started, photo, "ann@example.org")
