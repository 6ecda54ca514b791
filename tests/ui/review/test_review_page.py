"""The page Review."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store

Run = Callable[..., AppTest]
REVIEW = "views/review.py"


@pytest.fixture
def review(app: Run) -> Run:
    """The page at an address, as Rita."""

    def run(name: str = "Rita", **parameters: str) -> AppTest:
        page = app(REVIEW)
        for key, value in parameters.items():
            page.query_params[key] = value
        return page.text_input(key="person-name").set_value(name).run()

    return run


@pytest.fixture
def disputed(store: Store) -> Store:
    """Ann and Bob differ about a box and a triplet."""
    photos = store.catalogue.contents()["sha256"].tolist()
    for name, box in (("Ann", Box(0, 0, 100, 100)), ("Bob", Box(0, 0, 50, 50))):
        decision = Decision.box(f"box {name}", BoxLabel(photos[0], box), "extreme")
        store.annotation.commit(decision, annotator=name, seconds=3.0)
    for name, label in (("Ann", TripletLabel(*photos[:3])), ("Bob", TripletLabel(photos[0], photos[2], photos[1]))):
        store.annotation.commit(Decision.triplet(f"triplet {name}", label), annotator=name)
    return store


def test_without_photos_it_says_how_they_get_here(empty_store: Store, app: Run) -> None:
    assert any("tiefvision ingest" in code.value for code in app(REVIEW).code)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, "No model serves boxes yet"),
        ({"show": "history"}, "Nothing was labelled yet"),
        ({"show": "agreement"}, "Nobody has labelled"),
        ({"show": "errors"}, "Nobody has looked for wrong labels yet"),
    ],
)
def test_before_there_are_labels_each_part_says_what_to_do(
    store: Store, review: Run, parameters: dict[str, str], says: str
) -> None:
    page = review(**parameters)
    assert not page.exception
    assert says in sentences(page)


@pytest.mark.parametrize("against", ["people", "triplets"])
def test_where_nobody_differs_it_says_so(store: Store, review: Run, against: str) -> None:
    assert "7% of the" in review(against=against).success[0].value


def test_two_people_who_differ_are_shown_side_by_side(disputed: Store, review: Run) -> None:
    sent = component(review(against="people"), "disputes")
    [card] = sent["cards"]
    assert sent["deciding"]
    assert card["measure"] == "IoU 0.25"
    assert [side["words"] for side in card["sides"]] == ["Ann", "Bob"]
    assert len(card["photos"][0]["boxes"]) == 2
    assert card["href"].startswith("/boxes?photo=")


def test_whoever_may_not_decide_is_shown_no_buttons(disputed: Store, review: Run) -> None:
    page = review(name="", against="people")
    assert not component(page, "disputes")["deciding"]
    assert "an administrator decides" in page.caption[0].value


def test_triplets_that_contradict_each_other_are_shown(disputed: Store, review: Run) -> None:
    [card] = component(review(against="triplets"), "disputes")["cards"]
    assert {side["words"] for side in card["sides"]} in (
        {"Ann: the left is closer", "Bob: the right is closer"},
        {"Ann: the right is closer", "Bob: the left is closer"},
    )


def test_the_history_tells_who_what_when_and_how_fast(disputed: Store, review: Run) -> None:
    disputed.labels.undo(1, annotator="Carla")
    rows = component(review(show="history"), "history")["rows"]
    assert [row["who"] for row in rows] == ["Bob", "Ann", "Bob", "Ann"]
    assert [row["title"] for row in rows] == ["Triplet", "Triplet", "Box", "Box"]
    assert (rows[2]["seconds"], rows[3]["undone"]) == ("3.0 s", "undone by Carla")
    assert [row["undoable"] for row in rows] == [True, True, True, False]
    assert "four clicks" in rows[2]["detail"]
    assert len(rows[0]["photos"]) == 3


def test_the_history_is_filtered_and_paged(disputed: Store, review: Run) -> None:
    photos = disputed.catalogue.contents()["sha256"].tolist()
    for number in range(40):
        disputed.annotation.commit(Decision.skip(f"{number}", "box", photos[number]), annotator="Ann")
    assert len(component(review(show="history"), "history")["rows"]) == 30
    assert len(component(review(show="history", page="2"), "history")["rows"]) == 14
    rows = component(review(show="history", who="Bob", what="Boxes"), "history")["rows"]
    assert [(row["who"], row["title"]) for row in rows] == [("Bob", "Box")]


def test_disagreements_are_paged_the_worst_first(store: Store, review: Run) -> None:
    photos = store.catalogue.contents()["sha256"].tolist()[:30]
    for number, photo in enumerate(photos):
        for name, right in (("Ann", 100), ("Bob", 10 + number)):
            decision = Decision.box(f"{name} {number}", BoxLabel(photo, Box(0, 0, right, 100)), "drawn")
            store.annotation.commit(decision, annotator=name)
    first, second = (component(review(against="people", page=page), "disputes")["cards"] for page in "12")
    assert [card["id"] for card in [*first, *second]] == photos
    assert (len(first), first[0]["measure"], second[-1]["measure"]) == (24, "IoU 0.10", "IoU 0.39")


@pytest.mark.parametrize(("parameters", "key"), [({"show": "history"}, "history"), ({"against": "people"}, "disputes")])
def test_what_failed_can_be_tried_again(disputed: Store, review: Run, parameters: dict[str, str], key: str) -> None:
    page = review(**parameters)
    before = component(page, key)
    page.session_state["failures"] = 1
    assert component(page.run(), key) == before | {"failures": 1}


def test_failures_are_counted() -> None:
    def page() -> None:
        import streamlit as st

        from tiefvision_assets.errors import TiefVisionError
        from tiefvision_ui import notices

        def fail() -> str:
            raise TiefVisionError("It is full; make room.")

        notices.attempt(fail)
        notices.attempt(lambda: "Done.")
        st.text(notices.failures())

    assert AppTest.from_function(page).run().text[0].value == "1"


def test_agreement_in_figures(disputed: Store, review: Run) -> None:
    page = review(show="agreement")
    assert [(metric.label, metric.value) for metric in page.metric] == [
        ("Photos that two decided about", "1"),
        ("Mean overlap (IoU)", "0.25"),
        ("Triplets judged alike", "0%"),
        ("Alike with oneself", "–"),
    ]
    people, pairs = (table.value for table in page.dataframe)
    assert people["annotator"].tolist() == ["Ann", "Bob"]
    assert people["box_seconds"].tolist() == [3.0, 3.0]
    assert pairs[["first", "second"]].to_numpy().tolist() == [["Ann", "Bob"]]


def test_a_database_out_of_reach_is_a_sentence(store: Store, review: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise LabelDatabaseError("The label database cannot be used (it is full); make room.")

    monkeypatch.setattr(LabelHistory, "annotators", fail)
    page = review(show="history")
    assert not page.exception
    assert "it is full" in sentences(page)


def suspected(store: Store) -> list[str]:
    """Photos; a box and a triplet of Ann's are likely wrong, another box was changed since."""
    photos: list[str] = store.catalogue.contents()["sha256"].tolist()
    for number in (0, 1):
        decision = Decision.box(f"box {number}", BoxLabel(photos[number], Box(0, 0, 60, 60)), "drawn")
        store.annotation.commit(decision, annotator="Ann")
    store.annotation.commit(Decision.triplet("triplet", TripletLabel(*photos[:3])), annotator="Ann")
    box = {"kind": "box", "positive": "", "negative": "", "left": 0.0, "top": 0.0, "right": 60.0, "bottom": 60.0}
    found = {"found_left": 5.0, "found_top": 5.0, "found_right": 90.0, "found_bottom": 95.0, "confidence": 0.9}
    zeros = dict.fromkeys(box | found, 0.0)
    triplet = zeros | {"kind": "triplet", "positive": photos[1], "negative": photos[2], "confidence": 1.0}
    rows = [
        box | found | {"sha256": photos[0], "likelihood": 0.8},
        box | found | {"sha256": photos[1], "right": 61.0, "likelihood": 0.9},
        triplet | {"sha256": photos[0], "likelihood": 0.7},
        triplet | {"sha256": photos[1], "likelihood": 0.1},
    ]
    store.label_errors.write(pd.DataFrame(rows))
    return photos


def test_likely_wrong_labels_that_still_count_are_shown_the_likeliest_first(store: Store, review: Run) -> None:
    suspected(store)
    cards = component(review(show="errors"), "label-errors")["cards"]
    assert [card["measure"] for card in cards] == ["80% likely wrong", "70% likely wrong"]
    assert [side["words"] for side in cards[0]["sides"]] == ["Ann", "Model, 90% sure"]
    assert [side["action"] for side in cards[1]["sides"]] == ["The left is closer", "The right is closer"]
    assert [len(card["photos"]) for card in cards] == [1, 3]
