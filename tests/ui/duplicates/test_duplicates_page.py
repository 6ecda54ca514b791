"""The page Duplicates: groups with their differences, decisions and what they hide, and the rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.same_shots import OTHERS, folder_of, serve
from tests.ui.small_catalogue import component, drawn, sentences
from tests.without_photos import content_of
from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_ui.components.image_grid import Chosen
from tiefvision_ui.duplicates import cards

Run = Callable[..., AppTest]
DUPLICATES = "views/duplicates.py"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TIEFVISION_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("TIEFVISION_RAW", raising=False)
    st.cache_resource.clear()
    return folder_of(tmp_path, "a.jpg", "b.jpg", "twins/other3.jpg")


def press(page: AppTest, label: str, at: int = 0) -> AppTest:
    return [button for button in page.button if button.label == label][at].click().run()


def captions(page: AppTest) -> list[list[str]]:
    grids = [key for key in drawn(page) if key.startswith("duplicates-")]
    return [[tile["caption"] for tile in component(page, key)["tiles"]] for key in grids]


def gallery(app: Run) -> set[str]:
    return {tile["caption"] for tile in component(app(), "gallery-grid")["tiles"]}


def hidden(store: Store) -> set[str]:
    return {path for path in (*OTHERS, "a.jpg", "b.jpg") if image_id(path) in DuplicateGroups(store).now().hidden}


def test_groups_are_shown_with_their_differences(store: Store, app: Run) -> None:
    page = app(DUPLICATES)
    assert not page.exception and not page.error
    assert captions(page) == [["1. b", "2. a"], ["1. other3", "2. other3"]]
    said = " ".join(element.value for element in page.markdown)
    assert "twins/other3.jpg · 300 × 400 pixels · 1.0 kB" in said and content_of("a.jpg")[:8] in said


def test_the_largest_is_kept_and_the_gallery_shows_the_others_no_more(store: Store, app: Run) -> None:
    page = press(app(DUPLICATES), "Keep the largest")
    assert captions(page) == [["1. other3", "2. other3"]]
    assert "a" not in gallery(app) and "b" in gallery(app)
    assert "Hidden as a duplicate" in " ".join(each.value for each in app(photo=image_id("a.jpg")).caption)
    page = app(DUPLICATES, show="decided")
    assert captions(page) == [["1. b", "2. Hidden: a"]]
    press(page, "Decide again")
    assert hidden(store) == set()


def test_the_one_whose_button_is_pressed_is_kept(store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, pressed = cards.action_grid, [Chosen(acted=("keep", image_id("a.jpg")))]
    group = DuplicateGroups(store).now().named("a.jpg")

    def once(tiles, *, subject, key):
        shown = draw(tiles, subject=subject, key=key)
        return pressed.pop() if pressed and key.endswith(group.id) else shown

    monkeypatch.setattr(cards, "action_grid", once)
    app(DUPLICATES)
    assert hidden(store) == {"b.jpg"}


def test_what_is_not_the_same_can_be_taken_back(store: Store, app: Run) -> None:
    page = press(app(DUPLICATES), "Not the same")
    assert captions(page) == [["1. other3", "2. other3"]]
    page = app(DUPLICATES, show="apart")
    assert captions(page) == [["1. b", "2. a"]]
    page = press(page, "Decide again")
    assert "Nobody said of photos" in sentences(page)
    assert len(DuplicateGroups(store).now().shown("open")) == 2


def test_the_rule_is_set_and_undone(store: Store, app: Run) -> None:
    page = app(DUPLICATES)
    page.checkbox(key="rule-existing").set_value(True)
    page = press(page, "Set the rule")
    assert "no duplicates to decide about" in sentences(page)
    assert hidden(store) == {"a.jpg"}
    press(page, "Undo what it hid")
    assert hidden(store) == set()


def test_viewers_look_and_admins_rule(store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "viewer")
    st.cache_resource.clear()
    page = app(DUPLICATES)
    assert len(captions(page)) == 2
    assert {button.label for button in page.button}.isdisjoint({"Keep all", "Not the same", "Set the rule"})
    assert component(page, drawn(page)[-1])["tiles"][0]["actions"] == []


def test_many_groups_come_page_by_page(store: Store, app: Run) -> None:
    serve(store, *(f"twins/{name}" for name in OTHERS), "a.jpg", "x/a.jpg")
    assert len(captions(app(DUPLICATES, page="2"))) == 1
