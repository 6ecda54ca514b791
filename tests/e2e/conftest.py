"""A browser, and the app over the generated catalogue with the models that were trained on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.commands import answer, environment_of
from tests.e2e.serving import CHROMIUM, DEMO_PHOTOS, OFFLINE, WAIT_MS, served, watched_page
from tests.shared_folder import made_once
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

expect.set_options(timeout=WAIT_MS)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What is done in a browser has a second try, of which the summary tells.

    A browser, a server and a page hurry side by side on a machine that may be busy; a fault of the app fails twice.
    """
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module; Playwright's event loop must not outlive it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """A data folder that `tiefvision demo` has filled, to be copied."""

    def fill(folder: Path) -> None:
        # with AlexNet, whose ranking so few triplets change a lot; on so few photos its report sees no gain
        environment = environment_of(folder / "data")
        environment |= {"TIEFVISION_ENCODER": "alexnet", "TIEFVISION_STARTER_HEADS": "off"}
        answer(environment, "demo", "--images", str(DEMO_PHOTOS))
        answer(environment, "served", "promote", "candidate")
        answer(environment, "run")

    return made_once("demo", fill) / "data"


@pytest.fixture(scope="module")
def store(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A copy of the demo's data folder for the tests of a module."""
    return Store(Settings(data=shutil.copytree(demo_folder, tmp_path_factory.mktemp("app") / "data")))


@pytest.fixture(scope="module")
def address(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app is served over the store."""
    with served(store.settings.data_dir, tmp_path_factory.mktemp("ui") / "server.log") as (url, _):
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may reach this machine alone."""
    with watched_page(browser.new_context(viewport={"width": 1440, "height": 900})) as page:
        yield page
