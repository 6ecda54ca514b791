"""The log-in in a real browser, against a small provider: pages and photos are for those who are logged in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.commands import free_port
from tests.e2e.logging_in import provider
from tests.e2e.serving import WAIT_MS, in_a_browser, served

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over an empty data folder, with a log-in at a provider beside it."""
    folder, port = tmp_path_factory.mktemp("login"), free_port()
    with (
        provider(folder, port) as environment,
        served(folder / "data", folder / "log", cwd=folder, environment=environment, port=port) as (address, _),
    ):
        yield address


def test_pages_and_photos_open_after_the_log_in_and_close_after_the_log_out(page: Page, app: str) -> None:
    photo = f"{app}/photos/{'0' * 64}"
    page.goto(app)
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
    assert page.request.get(photo).status == 401

    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("ann@example.org · annotator")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("No photos yet")).to_be_visible()
    assert page.request.get(photo).status == 404

    copied = page.context.cookies()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
    assert page.request.get(photo).status == 401

    page.context.add_cookies(copied)
    assert page.request.get(photo).status == 401
    page.reload()
    expect(page.get_by_text("Log in first.")).to_be_visible(timeout=WAIT_MS)
