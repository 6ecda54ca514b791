"""Tours: offered once, taken from page to page, ended at any time, and to be had again from Help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import tiefvision_ui
from tiefvision_assets.store.store import Store
from tiefvision_ui.start.tours import FOR, STEPS, TITLES

Run = Callable[..., AppTest]
HELP = "views/help.py"


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def says(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown)


def test_a_tour_leads_from_page_to_page_and_is_not_offered_again(store: Store, app: Run) -> None:
    page = app()
    assert "tour-take" in keys(page)
    page = press(app(HELP), "begin-searcher")
    assert "Search and collect, 1 of 5: All photos" in says(page) and page.title[0].value == "Gallery"
    assert {"tour-take", "tour-back"}.isdisjoint(keys(page))
    page = press(page, "tour-next")
    assert page.title[0].value == "Search by photo"
    page = press(page, "tour-back")
    assert page.title[0].value == "Gallery"
    for _ in range(4):
        page = press(page, "tour-next")
    assert "5 of 5" in says(page) and "tour-next" not in keys(page)
    page = press(page, "tour-end")
    assert not page.exception and "5 of 5" not in says(page)
    assert "tour-take" not in keys(page)


def test_an_offer_can_be_declined(store: Store, app: Run) -> None:
    page = press(app(), "tour-decline")
    assert not keys(page) & {"tour-take", "tour-end"}


@pytest.mark.parametrize(("role", "number"), [("viewer", 1), ("annotator", 2), (None, 3)])
def test_everybody_is_offered_what_they_can_do(
    store: Store, app: Run, monkeypatch: pytest.MonkeyPatch, role: str | None, number: int
) -> None:
    if role:
        monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", role)
        st.cache_resource.clear()
    assert len([key for key in keys(app(HELP)) if key.startswith("begin-")]) == number


def test_the_steps_are_about_pages_that_there_are() -> None:
    folder = Path(tiefvision_ui.__file__).parent
    assert set(STEPS) == set(TITLES) == set(FOR)
    assert all((folder / step.view).is_file() for steps in STEPS.values() for step in steps)
