"""Once a page is drawn, using it reads no table from disk again, so that large catalogues stay fast."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import FakeSearcher
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store

Run = Callable[..., AppTest]
PHOTO = image_id("blue/dress-002.jpg")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are read from now on."""
    tables: list[str] = []
    read_table = pq.read_table

    def note(path, *arguments, **options):
        tables.append(str(path))
        return read_table(path, *arguments, **options)

    monkeypatch.setattr(pq, "read_table", note)
    return tables


def test_the_gallery(store: Store, app: Run, read: list[str]) -> None:
    page = app(photo=PHOTO)
    assert read
    del page.query_params["photo"]
    page.run()
    read.clear()
    page.pagination[0].select(2).run()
    page.text_input(key="filter").set_value("red").run()
    page.selectbox(key="sort").select("newest").run()
    page.query_params["photo"] = PHOTO
    page.run()
    assert not page.exception
    assert read == []


def test_the_search(fake_searcher: FakeSearcher, app: Run, read: list[str]) -> None:
    page = app("views/search.py", source="catalogue", like=PHOTO)
    read.clear()
    page.segmented_control(key="compare").set_value("yes").run()
    page.segmented_control(key="number").set_value(48).run()
    page.segmented_control(key="compare").set_value("").run()
    assert not page.exception
    assert read == []


def test_operations(store: Store, app: Run, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DAGSTER_URL", "http://127.0.0.1:9")
    page = app("views/operations.py").run()  # the first visit has made the database of labels
    read.clear()
    page.selectbox(key="label-format").select("csv").run()
    page.run()
    assert not page.exception
    assert read == []
