"""The page Map: what it hands to the map, and what becomes of photos that are chosen there."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.photo_map.conftest import put_on_maps
from tests.ui.small_catalogue import PHOTOS, component, encoded, picture, sentences, serve
from tiefvision_assets.store.store import Store
from tiefvision_ui.annotation.queues import box_queue, triplet_queue
from tiefvision_ui.components.photo_map import chosen_rows
from tiefvision_ui.photo_map.choosing import CHOSEN
from tiefvision_ui.photo_map.points import map_points

Run = Callable[..., AppTest]
MAP = "views/map.py"


def choose(page: AppTest, store: Store, folder: str) -> list[str]:
    """Choose the photos of a folder, as a lasso does; returns them."""
    points = map_points()
    assert points is not None
    rows = np.flatnonzero(points.photos["path"].str.startswith(folder))
    page.session_state[CHOSEN] = points.key, rows
    page.session_state["person-name"] = "Ann"
    page.run()
    return list(points.photos["sha256"].iloc[rows])


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def test_before_there_is_a_map_the_page_says_how_to_make_one(store: Store, app: Run) -> None:
    page = app(MAP)
    assert not page.exception and "no map yet" in sentences(page)
    assert "tiefvision run --select photo_map" in [code.value for code in page.code]


def test_both_rankings_are_shown_side_by_side_in_the_same_order(mapped: Store, app: Run) -> None:
    page = app(MAP, ranking="both", colour="confidence")
    assert not page.exception and not page.error
    sent = component(page, "photo-map")
    assert [each["title"].split(":")[0] for each in sent["maps"]] == ["Unsupervised", "Supervised"]
    colours = sent["colours"]
    assert sum(colours["counts"]) == PHOTOS and "Drawn by a person" in colours["labels"]
    assert len(colours["labels"]) == len(colours["colours"])
    assert len(component(page, "map-grid")["tiles"]) == 24, "who sees no map has a list"
    first = component(app(MAP), "photo-map")
    assert len(first["maps"]) == 1 and first["colours"]["labels"] == ["blue", "red"]


def test_chosen_photos_are_tagged_left_out_and_labelled_next(mapped: Store, app: Run) -> None:
    mapped.marks.mark_all(["a photo that is gone"], "tag", "Ann", name="crimson")
    page = app(MAP)
    red = choose(page, mapped, "red")
    press(page.selectbox(key="map-tag").select("crimson").run(), "Add tag")
    assert {*mapped.marks.tagged("crimson")} == {*red, "a photo that is gone"}
    assert component(app(MAP, colour="tag"), "photo-map")["colours"]["labels"] == ["crimson", "–"]
    press(page, "Exclude from training")
    press(page, "Label next")
    assert set(mapped.marks.with_mark("excluded")) == set(mapped.marks.with_mark("next")) == set(red)
    press(page, "Include again")
    assert mapped.marks.with_mark("excluded") == []
    for queue in (box_queue("path"), box_queue("uncertain"), triplet_queue("random"), triplet_queue("telling")):
        assert set(queue.photos[: len(red)]) == set(red)


def test_photos_that_came_since_are_counted_and_a_choice_of_before_is_forgotten(mapped: Store, app: Run) -> None:
    page = app(MAP)
    choose(page, mapped, "red")
    (mapped.settings.raw_dir / "new.jpg").write_bytes(encoded(picture(0.99, (200, 100))))
    serve(mapped, "v2")
    st.cache_resource.clear()
    page = page.run()
    assert "1 photo came since" in " ".join(caption.value for caption in page.caption)
    assert [header.value for header in page.header] == ["All photos"]
    put_on_maps(mapped, "unsupervised", "supervised")
    assert "came since" not in " ".join(caption.value for caption in app(MAP).caption)


def test_viewers_choose_and_change_nothing(mapped: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_ROLES", "ann=viewer")
    st.cache_resource.clear()
    page = app(MAP)
    choose(page, mapped, "red")
    assert "Add tag" not in [button.label for button in page.button]


@pytest.mark.parametrize(
    "sent", [None, {"key": "other", "bits": "AA=="}, {"key": "k", "bits": "?"}, {"key": "k", "bits": "AAAA"}]
)
def test_messages_about_other_points_choose_nothing(sent: object) -> None:
    assert chosen_rows(sent, "k", 9) is None


def test_rows_are_told_by_their_bits() -> None:
    bits = base64.b64encode(bytes([0b101, 0b1])).decode()
    assert chosen_rows({"key": "k", "bits": bits}, "k", 9).tolist() == [0, 2, 8]
