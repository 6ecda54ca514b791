"""The search page's tools: the adjusted box, both rankings, examples, near-duplicates, reasons, triplets, additions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import FakeSearcher, component, encoded, picture, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.search.explanation import Explanation
from tiefvision_assets.search.request import ByExamples, ById, ByPhoto
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import NAME
from tiefvision_ui.components.image_grid import Chosen
from tiefvision_ui.search import results as search_results
from tiefvision_ui.search.results import move

Run = Callable[..., AppTest]
SEARCH = "views/search.py"
PHOTO = image_id("blue/dress-002.jpg")


class Spy(FakeSearcher):
    """Records what it was asked."""

    def __init__(self, settings) -> None:
        super().__init__(settings)
        self.asked: list[tuple[str, object]] = []

    def search(self, request):
        match request:
            case ByPhoto():
                self.asked.append(("photo", request.box))
                found = super().search(request)
                return replace(found, box=request.box, confidence=1.0) if request.box else found
            case ByExamples():
                self.asked.append(("examples", (list(request.positives), list(request.negatives))))
                ids = [example for example in request.positives if isinstance(example, str)]
                return super().search(replace(request, positives=ids))
        return super().search(request)

    def explain(self, query, hit, box=None):
        self.asked.append(("explain", (query, hit.image_id, box)))
        dot = Image.new("RGB", (20, 20))
        return Explanation(dot, dot, dot, dot, np.full((2, 2), 0.5), mirrored=True)


@pytest.fixture
def spy(store: Store, monkeypatch: pytest.MonkeyPatch) -> Spy:
    spy = Spy(store.settings)
    monkeypatch.setattr(search_results.services, "searcher", lambda: spy)
    return spy


def uploaded(app: Run) -> AppTest:
    page = app(SEARCH)
    page.file_uploader[0].set_value(("dress.jpg", encoded(picture()), "image/jpeg"))
    return page.run()


def address_of(page: AppTest, name: str) -> list[str]:
    value = page.query_params.get(name, [])
    return value if isinstance(value, list) else [value]


def act(monkeypatch: pytest.MonkeyPatch, page: AppTest, key: str, name: str, rank: int) -> AppTest:
    """The user presses a button of a tile, once: what the browser's part would send."""
    image = component(page, key)["tiles"][rank]["id"]
    draw = search_results.action_grid
    pressed = [Chosen(acted=(name, image))]

    def once(tiles, *, subject, key):
        drawn = draw(tiles, subject=subject, key=key)
        return pressed.pop() if pressed else drawn

    monkeypatch.setattr(search_results, "action_grid", once)
    return page.run()


def test_a_box_that_was_adjusted_is_searched_with_and_can_be_given_up(spy: Spy, app: Run) -> None:
    page = uploaded(app)
    assert component(page, "uploaded-photo")["adjusted"] is False
    page.query_params["box"] = "5,6,70,80"
    page.run()
    photo = component(page, "uploaded-photo")
    assert spy.asked[-1] == ("photo", Box(5, 6, 70, 80))
    assert (photo["box"], photo["adjusted"], photo["words"]) == ([5, 6, 70, 80], True, "Box adjusted by you")
    del page.query_params["box"]
    page.run()
    assert component(page, "uploaded-photo")["box"] == [10, 20, 110, 140]
    assert len(spy.asked) == 2, "what was found before is not looked up again"


def test_another_photo_starts_anew(spy: Spy, app: Run) -> None:
    page = uploaded(app)
    page.query_params["box"] = "5,6,70,80"
    page.query_params["more"] = PHOTO
    page.run()
    page.file_uploader[0].set_value(("other.jpg", encoded(picture(0.9)), "image/jpeg")).run()
    assert not {"box", "more"} & set(page.query_params)
    assert spy.asked[-1] == ("photo", None)


def test_both_rankings_stand_side_by_side_with_moves(spy: Spy, app: Run) -> None:
    page = uploaded(app)
    page.segmented_control(key="compare").set_value("yes").run()
    assert not page.exception
    assert page.query_params["compare"] == "yes"
    before, after = (component(page, f"hits-{name}")["tiles"] for name in ("unsupervised", "supervised"))
    assert [tile["move"] for tile in before] == [None] * 12
    ranks = {tile["id"]: rank for rank, tile in enumerate(before)}
    for rank, tile in enumerate(after):
        if tile["id"] in ranks:
            assert tile["move"] == move(tile["id"], rank, ranks)
    assert {tile["move"][0] for tile in after} <= set("▲▼=n")


def test_moves_in_words() -> None:
    before = {"a": 0, "b": 5}
    assert [move("a", 0, before), move("a", 2, before), move("b", 1, before), move("c", 1, before)] == [
        "=",
        "▼2",
        "▲4",
        "new",
    ]


def test_a_shot_is_folded_under_its_best_photo(spy: Spy, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = spy.search(ById(PHOTO, k=20)).hits
    copies = [replace(hit, duplicate=True, level="same") for hit in found[:3]]
    twin = replace(found[7], repeats=found[5].image_id)
    result = SearchResult("x", "supervised", Box(0, 0, 1, 1), 1.0, (*copies, *found[3:7], twin, *found[8:]))
    monkeypatch.setattr(spy, "search", lambda *_, **__: result)
    page = uploaded(app)
    tiles = component(page, "hits")["tiles"]
    assert [tile["id"] for tile in tiles[:6]] == [found[place].image_id for place in (0, 3, 4, 5, 6, 8)]
    assert [tile["folded"] for tile in tiles[:6]] == [2, 0, 0, 1, 0, 0]
    page = act(monkeypatch, page, "hits", "twins", 3)
    assert [tile["id"] for tile in component(page, "twins")["tiles"]] == [twin.image_id]
    assert any("1 photo of the same shot as" in text.value for text in page.markdown)


def test_more_and_less_like_lead_the_search(spy: Spy, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = act(monkeypatch, app(SEARCH, source="catalogue", like=PHOTO), "hits", "more", 2)
    (more,) = address_of(page, "more")
    assert spy.asked[-1] == ("examples", ([PHOTO, more], []))
    assert more not in [tile["id"] for tile in component(page, "hits")["tiles"]]
    assert any("nearest single one" in text.value for text in page.caption)
    page.button(key="clear-examples").click().run()
    page = act(monkeypatch, page, "hits", "less", 0)
    (less,) = address_of(page, "less")
    assert spy.asked[-1] == ("examples", ([PHOTO], [less]))
    page.button(key=f"less-{less}").click().run()
    assert address_of(page, "less") == []


def test_why_shows_both_objects(spy: Spy, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = act(monkeypatch, app(SEARCH, source="catalogue", like=PHOTO), "hits", "why", 1)
    assert not page.exception
    kind, (query, hit, box) = spy.asked[-1]
    assert (kind, query, box) == ("explain", PHOTO, None)
    assert hit == component(page, "hits")["tiles"][1]["id"]
    assert any("0.50 on average. The photo was compared as its mirror image" in text.value for text in page.markdown)


def test_a_triplet_in_one_click(spy: Spy, store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page = app(SEARCH, source="catalogue", like=PHOTO)
    assert "closer" not in [action["name"] for action in component(page, "hits")["tiles"][1]["actions"]]
    page.sidebar.text_input(key=NAME).set_value("Ann").run()
    tiles = component(page, "hits")["tiles"]
    assert "closer" not in [action["name"] for action in tiles[0]["actions"]]
    page = act(monkeypatch, page, "hits", "closer", 3)
    (row,) = store.labels.live_triplets().to_dict("records")
    contents = store.catalogue.live().set_index("image_id")["sha256"]
    wanted = [contents[PHOTO], contents[tiles[3]["id"]], contents[tiles[2]["id"]]]
    assert [row["reference"], row["positive"], row["negative"], row["annotator"]] == [*wanted, "Ann"]
    assert "dress-002 is closer to" in page.toast[0].value
    page = act(monkeypatch, page, "hits", "closer", 3)
    assert len(store.labels.live_triplets()) == 1


def test_an_upload_makes_no_triplet(spy: Spy, app: Run) -> None:
    page = uploaded(app)
    page.sidebar.text_input(key=NAME).set_value("Ann").run()
    names = {action["name"] for tile in component(page, "hits")["tiles"] for action in tile["actions"]}
    assert names == {"more", "less", "part", "why", "collect"}


def test_an_upload_joins_the_catalogue_when_asked_to(spy: Spy, store: Store, app: Run) -> None:
    page = uploaded(app)
    (button,) = [button for button in page.button if button.label == "Add to the catalogue"]
    button.click().run()
    (added,) = (store.settings.raw_dir / "uploads").iterdir()
    assert added.read_bytes() == encoded(picture())
    assert f"Added as uploads/{added.stem}" in page.toast[0].value.replace("\\", "")


def test_viewers_add_nothing(spy: Spy, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "viewer")
    st.cache_resource.clear()
    assert "Add to the catalogue" not in [button.label for button in uploaded(app).button]


def test_a_catalogue_photo_is_found_by_its_path_and_linked_to(spy: Spy, app: Run) -> None:
    page = app(SEARCH, source="catalogue")
    assert len(component(page, "pick-grid")["tiles"]) == 12
    page.text_input(key="find").set_value("dress-02").run()
    tiles = component(page, "pick-grid")["tiles"]
    assert {tile["caption"] for tile in tiles} == {f"dress-02{number}" for number in range(10)}
    assert tiles[0]["href"] == f"/search?source=catalogue&like={tiles[0]['id']}"
    page = app(SEARCH, like=PHOTO)
    photo = component(page, "uploaded-photo")
    assert photo["src"].startswith("/photos/")
    assert len(component(page, "hits")["tiles"]) == 12


@pytest.mark.parametrize("like", ["gone", "../../etc/passwd", "![x](http://example.org)"])
def test_an_unknown_photo_is_a_sentence(spy: Spy, app: Run, like: str) -> None:
    page = app(SEARCH, source="catalogue", like=like)
    assert not page.exception
    assert "not in the catalogue any more" in sentences(page)


def test_the_camera_can_be_used(spy: Spy, app: Run) -> None:
    page = app(SEARCH, source="camera")
    assert not page.exception
    assert len(page.get("camera_input")) == 1
