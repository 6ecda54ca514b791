"""The page What moves: two versions side by side, and what an admin decides about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests import shop
from tests.ui.small_catalogue import PHOTOS, component, drawn, sentences
from tiefvision_assets.lineage import moved_groups
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.records import BOX_HEADS, BoxHeadsRecord, CandidateInputs
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.served_history import decided
from tiefvision_assets.store.store import Store

Run = Callable[..., AppTest]
MOVES = "views/moves.py"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    st.cache_data.clear()
    yield
    st.cache_data.clear()


@pytest.fixture
def two(store: Store) -> Store:
    """A second version, which ranks otherwise."""
    entries = store.indexes.open("supervised", "v1").entries
    draw = np.random.default_rng(7)
    for ranking in RANKINGS:
        vectors = draw.normal(size=(len(entries), 8))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        store.indexes.build(ranking, "v2", entries, vectors, "exact", {"levels": {}})
    store.served.promote(ModelSet("encoder", None, "basis", "head"))
    store.served.switch(dict.fromkeys(RANKINGS, "v2"))
    return store


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption, *page.subheader])


def decided_by(page: AppTest) -> list[str]:
    """The buttons that decide something."""
    words = ("Promote-", "Reject-", "Go back to it-", "Serve again-")
    return [str(button.key) for button in page.button if str(button.key).startswith(words)]


def test_with_one_version_it_says_what_it_is_for(store: Store, app: Run) -> None:
    page = app(MOVES)
    assert not page.exception
    assert "one version so far" in sentences(page) and "Served · v1" in texts(page)


def test_before_the_first_index_it_says_how_to_make_one(empty_store: Store, app: Run) -> None:
    page = app(MOVES)
    assert not page.exception
    assert page.header and not page.main.selectbox and not decided_by(page)
    assert [title.value for title in page.title] == ["Welcome to TiefVision"]


def test_the_queries_that_changed_most_are_shown_side_by_side(two: Store, app: Run) -> None:
    page = app(MOVES)
    assert not page.exception and not page.error
    assert (page.selectbox(key="old").value, page.selectbox(key="new").value) == ("v1", "v2")
    assert {metric.label: metric.value for metric in page.metric}["Queries"] == str(PHOTOS)
    keys = [key for key in drawn(page) if key.startswith("moved-new-")]
    assert len(keys) == 5
    image_id = keys[0].removeprefix("moved-new-")
    old = [tile["id"] for tile in component(page, f"moved-old-{image_id}")["tiles"]]
    new = component(page, keys[0])["tiles"]
    rows = two.indexes.open("supervised", "v1").rows
    found, _ = two.indexes.open("supervised", "v1").neighbours(np.array([rows[image_id]]), 10)
    ids = two.indexes.open("supervised", "v1").entries["image_id"]
    assert old == ids.iloc[found[0]].tolist()
    assert {tile["move"] for tile in new if tile["id"] not in old} == {"new"}
    assert "| blue |" in texts(page) and "| red |" in texts(page), "and the folders are told apart"


@pytest.fixture
def box_heads(two: Store) -> str:
    """New box heads that are not better than what is served."""
    inputs = CandidateInputs("encoder", None, "recipe")
    two.models.save(BOX_HEADS, "new-heads", BoxHeadsRecord({}, inputs))
    judged = pd.DataFrame({"sha256": ["a", "b"], "iou": [0.4, 0.5], "mean_box_iou": [0.5, 0.5]})
    two.models.write_evaluation(BOX_HEADS, "new-heads", judged)
    two.models.judge(BOX_HEADS, "new-heads", promoted=False, reason="not better", inputs=inputs)
    return "new-heads"


def test_box_heads_are_not_compared_until_somebody_asks_and_are_no_error(box_heads: str, app: Run) -> None:
    page = app(MOVES)
    assert "box heads" in page.selectbox(key="new").options[1]
    assert (page.selectbox(key="old").value, page.selectbox(key="new").value) == ("v1", "v2")
    asked = app(MOVES, old="v2", new=box_heads)
    assert not asked.exception and not asked.error
    assert "are box heads" in asked.info[0].value
    assert "IoU of boxes" in texts(asked), "held-out labels tell all the same"


def test_only_columns_that_make_groups_are_offered(
    two: Store, app: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIEFVISION_PRODUCTS", str(tmp_path / "products.csv"))
    monkeypatch.setattr(moved_groups, "MOST_GROUPS", 5)
    st.cache_resource.clear()
    paths = two.catalogue.live()["path"][:12]
    sold = [{"product_id": f"P{at}", "name": f"Gown {at}", "brand": "AB"[at % 2]} for at in range(12)]
    shop.sell(Store(Settings()), [{**row, "paths": [path]} for row, path in zip(sold, paths, strict=True)])
    page = app(MOVES, by="name")
    assert not page.exception and not page.error
    assert page.selectbox(key="by").options == ["folder", "batch", "brand"]
    assert page.selectbox(key="by").value == "folder"
    page = page.selectbox(key="by").select("brand").run()
    assert "| A |" in texts(page) and not page.error
    with pytest.raises(moved_groups.NoGrouping, match="more than 5 values"):
        moved_groups.names_by(Store(Settings()), two.catalogue.live(), "name")


def test_groups_that_fail_leave_the_page(two: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise moved_groups.NoGrouping("The products are damaged.")

    monkeypatch.setattr(moved_groups, "names_by", fail)
    page = app(MOVES)
    assert "The products are damaged" in sentences(page)
    assert len([key for key in drawn(page) if key.startswith("moved-new-")]) == 5


def test_a_photo_is_looked_up_in_both(two: Store, app: Run) -> None:
    page = app(MOVES, look="dress-003")
    assert not page.exception
    assert "dress-003" in texts(page)
    assert any(key.startswith("look-old-") for key in drawn(page))
    page.text_input(key="look").set_value("no such photo").run()
    assert "No path contains" in sentences(page)


def test_the_choice_stands_in_the_address(two: Store, app: Run) -> None:
    page = app(MOVES, old="v2", new="v1", ranking="unsupervised")
    assert page.selectbox(key="old").value == "v2"
    page.selectbox(key="new").select("v2").run()
    assert "Choose two different ones" in sentences(page)
    assert page.query_params["old"] == "v2"


def test_an_admin_goes_back_and_forth(two: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiefvision_assets.planning.deciding.refusal", lambda store, version: None)
    page = app(MOVES)
    page.button(key="Go back to it-v1").click().run()
    assert not page.exception and not page.error
    served = two.served.read()
    assert served.version and served.version.name == "v1" and served.history.rejection("head")
    assert "v1 is served again" in page.toast[0].value
    assert "rejected by somebody" in texts(page)
    page.button(key="Serve again-v2").click().run()
    assert two.served.read().models.ranking_head == "head"


def test_a_version_that_cannot_be_served_again_says_why(two: Store, app: Run) -> None:
    page = app(MOVES)
    assert not decided_by(page)
    assert "has another encoder than" in texts(page) or "are not in the data folder" in texts(page)


@pytest.mark.parametrize("role", ["viewer", "annotator"])
def test_others_only_look(two: Store, app: Run, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", role)
    monkeypatch.setattr("tiefvision_assets.planning.deciding.refusal", lambda store, version: None)
    st.cache_resource.clear()
    page = app(MOVES)
    assert not page.exception and not decided_by(page)
    assert "Only an admin" in texts(page) and len(drawn(page)) > 5


def test_decisions_are_listed_newest_first(two: Store, app: Run) -> None:
    two.served.decide(two.served.read().next, decided("rejected", "*ann*", ["bad-head"]))
    page = app(MOVES)
    assert any("\\*ann\\* rejected bad-head" in caption.value for caption in page.caption)
