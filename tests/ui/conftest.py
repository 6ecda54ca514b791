"""Data folders for the app, empty and filled, and the app over them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import tiefvision_ui
from tests.shared_folder import made_once
from tests.ui.small_catalogue import FakeSearcher, fill, serve
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui import services
from tiefvision_ui.access.login import login_wanted

APP = Path(tiefvision_ui.__file__).with_name("app.py")

# Each AppTest looks through all installed packages for components, a third of a second; they stay the same.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def undecided() -> Iterator[None]:
    """Each test is a start of the app, at which is decided whether a log-in is wanted."""
    login_wanted.cache_clear()
    yield
    login_wanted.cache_clear()


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A data folder in which nothing has run yet."""
    monkeypatch.setenv("TIEFVISION_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("TIEFVISION_RAW", raising=False)
    st.cache_resource.clear()
    return Store(Settings())


@pytest.fixture(scope="session")
def served_folder() -> Path:
    """A data folder with a served index, to be copied."""

    def make(folder: Path) -> None:
        store = Store(Settings(data=folder / "data"))
        fill(store.settings.raw_dir)
        serve(store)
        store.labels.counts()
        store.labels.close()

    return made_once("served for the app", make) / "data"


@pytest.fixture
def store(empty_store: Store, served_folder: Path) -> Store:
    """A data folder with a served index."""
    shutil.copytree(served_folder, empty_store.settings.data_dir, dirs_exist_ok=True)
    return empty_store


@pytest.fixture
def fake_searcher(store: Store, monkeypatch: pytest.MonkeyPatch) -> FakeSearcher:
    """Searches by photo need no weights."""
    searcher = FakeSearcher(store.settings)
    monkeypatch.setattr(services, "searcher", lambda: searcher)
    return searcher


@pytest.fixture
def app() -> Callable[..., AppTest]:
    """Run the app at an address: the page's script unless it is the gallery's, and query parameters."""

    def run(script: str | None = None, /, **parameters: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30)
        if script:
            app.run()
            app.switch_page(script)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return run
