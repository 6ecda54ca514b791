"""The gallery, and a photo's own view."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import PHOTOS, component, drawn, fill, sentences, serve
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.schemas import QUALITY
from tiefvision_assets.store.store import Store
from tiefvision_ui.search import indexed_photos

Run = Callable[..., AppTest]
HUMAN, UNSURE, BOXLESS = (image_id(f"blue/dress-{number:03d}.jpg") for number in (0, 2, 20))


def test_without_an_index_it_says_what_to_do_next(empty_store: Store, app: Run) -> None:
    page = app()
    commands = " ".join(code.value for code in page.code)
    assert not page.exception
    assert "tiefvision demo" in commands
    assert "tiefvision run" in commands
    assert str(empty_store.settings.raw_dir) in commands


def test_an_index_of_no_photos_counts_as_none(empty_store: Store, app: Run) -> None:
    empty_store.settings.raw_dir.mkdir(parents=True)
    serve(empty_store)
    assert any("tiefvision demo" in code.value for code in app().code)


def test_the_first_page_shows_sixty_photos_by_path(store: Store, app: Run) -> None:
    page = app()
    tiles = component(page, "gallery-grid")["tiles"]
    assert not page.exception
    assert page.caption[0].value == f"{PHOTOS} photos"
    assert len(tiles) == 60
    assert tiles[0]["caption"] == "dress-000"
    assert tiles[0]["id"] == HUMAN
    assert tiles[0]["href"] == f"/?photo={HUMAN}"
    assert tiles[0]["src"].startswith("/thumbs/320/")


def test_the_address_names_the_page(store: Store, app: Run) -> None:
    assert len(component(app(page="2"), "gallery-grid")["tiles"]) == PHOTOS - 60
    assert len(component(app(page="99"), "gallery-grid")["tiles"]) == 60


def test_turning_the_page_changes_the_address(store: Store, app: Run) -> None:
    page = app()
    page.pagination[0].select(2).run()
    assert page.query_params["page"] == "2"
    assert len(component(page, "gallery-grid")["tiles"]) == PHOTOS - 60


def test_the_filter_matches_paths_and_goes_back_to_the_first_page(store: Store, app: Run) -> None:
    page = app(page="2")
    page.text_input[0].set_value("RED -01").run()
    captions = [tile["caption"] for tile in component(page, "gallery-grid")["tiles"]]
    assert captions == [f"dress-01{number}" for number in (1, 3, 5, 7, 9)]
    assert "page" not in page.query_params
    assert page.query_params["filter"] == "RED -01"


def test_a_filter_without_matches_says_so(store: Store, app: Run) -> None:
    page = app(filter="![x](http://example.org/x.png)")
    assert "No path contains" in sentences(page)
    assert "![x](" not in sentences(page)
    assert "gallery-grid" not in drawn(page)


def test_newest_first(store: Store, app: Run) -> None:
    newest = store.catalogue.file("red/dress-033.jpg")
    newest.write_bytes(newest.read_bytes())
    serve(store, "v2")
    assert component(app(sort="newest"), "gallery-grid")["tiles"][0]["caption"] == "dress-033"


def test_a_new_index_is_noticed(store: Store, app: Run) -> None:
    assert app().caption[0].value == f"{PHOTOS} photos"
    store.catalogue.file("red/dress-001.jpg").unlink()
    serve(store, "v2")
    assert app().caption[0].value == f"{PHOTOS - 1} photos"


def test_a_photo_is_shown_with_its_box_and_neighbours(store: Store, app: Run) -> None:
    page = app(photo=HUMAN)
    photo = component(page, "photo")
    assert not page.exception
    assert photo["words"] == "Box drawn by a person"
    assert photo["box"] == [24, 24, 96, 136]
    assert photo["src"].startswith("/photos/")
    neighbours = component(page, "neighbours")["tiles"]
    assert len(neighbours) == 24
    assert HUMAN not in [tile["id"] for tile in neighbours]
    assert all(tile["score"] and tile["level"] for tile in neighbours)
    scores = [float(tile["score"]) for tile in neighbours]
    assert scores == sorted(scores, reverse=True)


def test_an_extracted_box_tells_its_confidence(store: Store, app: Run) -> None:
    assert component(app(photo=UNSURE), "photo")["words"] == "Box found automatically, fairly sure (75%)"


def test_without_a_box_none_is_drawn(store: Store, app: Run) -> None:
    photo = component(app(photo=BOXLESS), "photo")
    assert photo["box"] is None
    assert "whole photo" in photo["words"]


def test_switching_the_ranking_changes_neighbours_and_address(store: Store, app: Run) -> None:
    page = app(photo=HUMAN)
    supervised = component(page, "neighbours")["tiles"]
    page.segmented_control[0].set_value("unsupervised").run()
    unsupervised = component(page, "neighbours")["tiles"]
    assert page.query_params["ranking"] == "unsupervised"
    assert [tile["id"] for tile in supervised] != [tile["id"] for tile in unsupervised]
    assert component(app(photo=HUMAN, ranking="unsupervised"), "neighbours")["tiles"] == unsupervised


def test_the_way_back_leads_to_where_the_gallery_stood(store: Store, app: Run) -> None:
    page = app(photo=HUMAN, page="2")
    page.button[0].click().run()
    assert "photo" not in page.query_params
    assert len(component(page, "gallery-grid")["tiles"]) == PHOTOS - 60


@pytest.mark.parametrize("unknown", ["nope", "../../etc/passwd", "![x](http://example.org/x.png)", ""])
def test_an_unknown_photo_is_a_sentence(store: Store, app: Run, unknown: str) -> None:
    page = app(photo=unknown)
    assert not page.exception
    assert "no photo with this address" in sentences(page)


def test_a_lone_photo_has_no_neighbours(empty_store: Store, app: Run) -> None:
    fill(empty_store.settings.raw_dir)
    for file in sorted(empty_store.settings.raw_dir.rglob("*.jpg"))[1:]:
        file.unlink()
    serve(empty_store)
    assert "only photo" in sentences(app(photo=HUMAN))


def test_a_missing_index_folder_is_a_sentence(store: Store, app: Run) -> None:
    store.served.switch({"unsupervised": "v1", "supervised": "gone"})
    page = app(photo=HUMAN)
    assert not page.exception
    assert any("tiefvision run" in code.value for code in page.code)


def test_an_unforeseen_error_keeps_its_details_to_itself(
    store: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(version: str) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(indexed_photos, "photos", fail)
    page = app()
    assert not page.exception
    assert "Something went wrong" in sentences(page)
    assert "secret" not in sentences(page)


def test_photos_are_filtered_by_their_flaws_once_they_are_measured(store: Store, app: Run) -> None:
    assert [box.label for box in app().main.selectbox] == ["Sort"]
    contents = store.catalogue.contents()["sha256"]
    rows = pd.DataFrame({"sha256": contents, "decoding": 1})
    rows = rows.assign(**{name: 0.5 for name in QUALITY.names if name not in ("sha256", "decoding", *FLAWS)})
    dark = contents.iloc[:2].tolist()
    store.quality.write(rows.assign(**{flaw: contents.isin(dark) if flaw == "dark" else False for flaw in FLAWS}))
    page = app(quality="dark")
    assert not page.exception
    assert {tile["id"] for tile in component(page, "gallery-grid")["tiles"]} == {
        entry.image_id for entry in store.catalogue.live().itertuples() if entry.sha256 in dark
    }
    assert f"of {PHOTOS}" in page.caption[0].value
    page.selectbox(key="quality").select("blurred").run()
    assert page.query_params["quality"] == "blurred"
    assert "No photo has this flaw" in sentences(page)
