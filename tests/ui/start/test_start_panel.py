"""The first visit: three ways to begin, for those who may, and how far the work is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import encoded, picture, sentences
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store
from tiefvision_ui.start import panel
from tiefvision_ui.start.background import Background, Progress
from tiefvision_ui.start.panel import FOLDER

Run = Callable[..., AppTest]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is started in the background, which is not started."""
    begun: list[tuple[str, ...]] = []

    def start(self: Background, *work: str) -> bool:
        begun.append(work)
        return True

    monkeypatch.setattr(Background, "start", start)
    return begun


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(encoded(picture(number / 3)))
    (folder / "notes.txt").write_text("not a photo")
    return folder


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def headers(page: AppTest) -> list[str]:
    return [header.value for header in page.header]


def test_there_are_three_ways_to_begin(empty_store: Store, app: Run, started: list[tuple[str, ...]]) -> None:
    page = app()
    assert not page.exception
    assert headers(page)[:3] == ["Add photos or labels", "Name a folder", "Try it with a demo"]
    press(page, "start-demo-button")
    assert started == [("demo",)]


def test_a_folder_is_looked_at_before_it_is_taken(
    empty_store: Store, app: Run, started: list[tuple[str, ...]], photos: Path
) -> None:
    page = app()
    page.text_input(key=FOLDER).set_value("/no/such/folder").run()
    assert "/no/such/folder is not a folder" in sentences(page)
    page.text_input(key=FOLDER).set_value(str(photos.parent / "empty")).run()
    (photos.parent / "empty").mkdir()
    page.run()
    assert "There is no photo in" in sentences(page)
    page.text_input(key=FOLDER).set_value(str(photos)).run()
    assert any("3 photos" in each.value and "1 other file passed over" in each.value for each in page.markdown)
    press(page, "start-folder-button")
    assert started == [("folder", str(photos))]


def test_photos_that_lie_there_are_made_searchable_and_no_demo_is_offered(
    empty_store: Store, app: Run, started: list[tuple[str, ...]]
) -> None:
    raw = empty_store.settings.raw_dir
    raw.mkdir(parents=True)
    (raw / "a.jpg").write_bytes(encoded(picture()))
    page = app()
    assert "start-demo-button" not in [button.key for button in page.button]
    press(page, "start-run-button")
    assert started == [("run",)]
    page.text_input(key=FOLDER).set_value(str(raw)).run()
    assert "They lie in the raw folder already" in " ".join(each.value for each in page.caption)


def test_others_than_admins_begin_nothing(
    empty_store: Store, app: Run, started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "annotator")
    page = app()
    assert not page.exception and headers(page) == ["No photos yet"]
    assert not [button for button in page.button if str(button.key).startswith("start-")]


def test_where_others_reach_the_app_no_folder_is_named(
    empty_store: Store, app: Run, started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "reached_at", lambda settings: "0.0.0.0")
    page = app()
    assert FOLDER not in [field.key for field in page.text_input]
    assert any("tiefvision ingest FOLDER" in code.value for code in page.code)


def test_work_under_way_is_followed_by_everybody(empty_store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Progress("demo", 1, "Generating photos", 40, 100, "encoder: there is none")
    monkeypatch.setattr(Background, "progress", lambda self: told)
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "viewer")
    st.cache_resource.clear()
    page = app()
    assert not page.exception and headers(page) == ["The demo is being made"]
    assert "start-stop" not in [button.key for button in page.button]
    assert "encoder\\: there is none" in " ".join(each.value for each in page.caption)


def test_why_the_last_work_failed_is_said(empty_store: Store, app: Run) -> None:
    background = Background(empty_store.settings)
    (empty_store.layout.start).mkdir(parents=True)
    background.tell(Progress("demo", ended=True, problem="The weights cannot be fetched; set TIEFVISION_WEIGHTS."))
    assert "The weights cannot be fetched" in sentences(app())


@pytest.mark.parametrize(
    ("typed", "told"), [("~nobody-here/photos", "no user of that name"), (f"/{'a' * 300}", "cannot be looked into")]
)
def test_a_folder_that_cannot_be_looked_into_is_a_sentence(empty_store: Store, app: Run, typed: str, told: str) -> None:
    page = app()
    page.text_input(key=FOLDER).set_value(typed).run()
    assert not page.exception
    assert told in sentences(page) and "Errno" not in sentences(page)


def test_a_disk_that_takes_nothing_is_a_sentence(empty_store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Background, *work: str) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/.start")

    monkeypatch.setattr(Background, "start", start)
    page = press(app(), "start-demo-button")
    assert not page.exception
    assert "It cannot be started" in sentences(page) and "No space left on device" in sentences(page)


def test_damage_is_told_as_on_other_pages(empty_store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def live(*_: object) -> pd.DataFrame:
        raise DamagedFile(Path("/data/catalogue.parquet"), "it is cut off")

    monkeypatch.setattr(Catalogue, "live", live)
    page = app()
    assert not page.exception and "catalogue.parquet" in sentences(page)
