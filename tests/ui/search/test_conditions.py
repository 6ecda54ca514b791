"""The box for a condition, on the gallery and on the search page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import PHOTOS, FakeSearcher, component, drawn, sentences
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter
from tiefvision_ui import services
from tiefvision_ui.search import conditions

Run = Callable[..., AppTest]
SEARCH = "views/search.py"
PHOTO = image_id("blue/dress-002.jpg")
WRONG = "hue > 3"


def captions(page: AppTest, key: str) -> list[str]:
    return [tile["caption"] for tile in component(page, key)["tiles"]]


def test_the_gallery_shows_what_fits_and_counts_it(store: Store, app: Run) -> None:
    page = app(where="path LIKE 'red/%' AND path LIKE '%1.jpg'")
    assert captions(page, "gallery-grid") == [f"dress-0{number}1" for number in range(7)]
    assert component(page, "condition")["note"] == f"7 photos of {PHOTOS}"
    assert component(page, "condition")["condition"] == "path LIKE 'red/%' AND path LIKE '%1.jpg'"


def test_a_condition_and_words_of_the_path_hold_together(store: Store, app: Run) -> None:
    page = app(where="path LIKE 'red/%'", filter="-01")
    assert captions(page, "gallery-grid") == [f"dress-01{number}" for number in (1, 3, 5, 7, 9)]
    assert "No photo fits all of this" in sentences(app(where="path LIKE 'blue/%'", filter="red"))


def test_hits_fulfil_the_condition(fake_searcher: FakeSearcher, app: Run) -> None:
    page = app(SEARCH, source="catalogue", like=PHOTO, where="path LIKE 'red/%'")
    contents = {row.image_id: row.path for row in fake_searcher.entries().itertuples()}
    found = [contents[tile["id"]] for tile in component(page, "hits")["tiles"]]
    assert len(found) == 12
    assert all(path.startswith("red/") for path in found)
    assert "No other photo fits" in sentences(app(SEARCH, like=PHOTO, where="width > 10000"))


@pytest.mark.parametrize("script", [None, SEARCH])
def test_what_is_wrong_stands_under_the_box_in_the_command_lines_words(store: Store, app: Run, script) -> None:
    page = app(script, where=WRONG, **({"like": PHOTO} if script else {}))
    with pytest.raises(BadFilter) as error:
        services.searcher().matching(WRONG)
    assert component(page, "condition")["problem"] == str(error.value)
    assert component(page, "condition")["condition"] == WRONG
    assert "Correct the condition" in sentences(page)
    assert not {"hits", "gallery-grid"} & set(drawn(page))


def test_what_is_written_comes_into_the_address_and_begins_at_the_first_page(
    store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "query_params", address := {"page": "2", "where": "human", "sort": "newest"})
    monkeypatch.setattr(st, "session_state", {conditions.KEY: {"condition": " width > 5 "}})
    conditions._written()
    assert address == {"where": "width > 5", "sort": "newest"}
    st.session_state[conditions.KEY]["condition"] = ""
    conditions._written()
    assert address == {"sort": "newest"}


def test_columns_are_offered_with_their_values(store: Store, app: Run) -> None:
    columns = {column["name"]: column for column in component(app(), "condition")["columns"]}
    assert set(columns) == set(services.searcher().columns().column_names)
    assert columns["path"] == {
        "name": "path",
        "type": "text",
        "values": [],
        "patterns": ["blue/%", "red/%"],
        "hint": "",
    }
    assert (columns["width"]["type"], columns["width"]["hint"]) == ("number", "120 to 120")
    assert (columns["human"]["type"], columns["human"]["hint"]) == ("yes or no", "24 of 70")


def test_columns_of_a_feed_are_offered_by_what_is_in_them() -> None:
    table = pa.table(
        {
            "since": pa.array([datetime(2026, 1, 31), None, datetime(2026, 3, 1)]),
            "colours": pa.array([["red"], None, []], pa.list_(pa.string())),
            "rating": pa.nulls(3),
            "price": [None, 79.5, 12.0],
        }
    )
    known = {name: conditions._known(name, table[name]) for name in table.column_names}
    assert {name: (column.type, column.hint) for name, column in known.items()} == {
        "since": ("text", "'2026-01-31' to '2026-03-01'"),
        "colours": ("text", "a list: 'x' IN colours"),
        "rating": ("text", "no value yet"),
        "price": ("number", "12 to 79.5"),
    }
