"""The page Team, and what of it stands on the labelling pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component, drawn, sentences
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store

Run = Callable[..., AppTest]
TEAM, BOXES = "views/team.py", "views/boxes.py"
SMALL, LARGE = Box(0, 0, 50, 50), Box(0, 0, 100, 100)


@pytest.fixture
def named(app: Run) -> Run:
    """A page at an address, as somebody; in a test that sets no roles they are an administrator."""

    def run(script: str, name: str = "Rita", **parameters: str) -> AppTest:
        page = app(script)
        for key, value in parameters.items():
            page.query_params[key] = value
        page = page.text_input(key="person-name").set_value(name).run()
        assert not page.exception
        return page

    return run


@pytest.fixture
def decided(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Photos; of the first Ann's box was replaced by a reviewer, of the second Bob's stands, and Ann judged a
    triplet."""
    monkeypatch.setenv("TIEFVISION_OVERLAP", "0")
    photos = store.catalogue.contents().sort_values("path")["sha256"].tolist()
    commit = store.annotation.commit
    commit(Decision.box("1", BoxLabel(photos[0], SMALL), "drawn"), annotator="Ann", seconds=3.0)
    commit(Decision.box("2", BoxLabel(photos[0], LARGE), "drawn"), annotator="Rita", role="reviewer")
    commit(Decision.box("3", BoxLabel(photos[1], SMALL), "drawn"), annotator="Bob", seconds=5.0)
    commit(Decision.triplet("4", TripletLabel(*photos[:3]), "quick"), annotator="Ann", seconds=2.0)
    return photos


def button(page: AppTest, label: str) -> AppTest:
    (found,) = [one for one in page.button if label in one.label]
    return found.click().run()


def test_an_annotator_sees_their_own_days_and_an_admin_everybodys(
    decided: list[str], named: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = named(TEAM).dataframe[0].value
    assert sorted(zip(rows["person"], rows["boxes"], rows["triplets"], strict=True)) == [("Ann", 1, 1), ("Bob", 1, 0)]
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "annotator")
    st.cache_resource.clear()
    page = named(TEAM, "Ann")
    assert list(page.dataframe[0].value["person"]) == ["Ann"]
    page.number_input(key="goal-box").set_value(20).run()
    assert "Today: 1 of 20 boxes" in " ".join(caption.value for caption in named(BOXES, "Ann").caption)
    assert "Only administrators" in sentences(named(TEAM, "Ann", show="gold"))


def test_what_a_reviewer_decided_comes_back_until_it_was_seen(decided: list[str], named: Run) -> None:
    page = named(TEAM, "Ann", show="returned")
    (card,) = component(page, "returned")["cards"]
    assert card["measure"] == "IoU 0.25" and card["sides"][1]["words"].startswith("Rita")
    assert [box["sides"] for box in card["photos"][0]["boxes"]] == [list(SMALL.as_tuple()), list(LARGE.as_tuple())]
    page = button(page, "I have seen these")
    assert "returned" not in drawn(page)
    assert "returned" not in drawn(named(TEAM, "Bob", show="returned"))


def test_a_reviewers_decision_becomes_a_gold_question_and_answers_are_judged(
    decided: list[str], store: Store, named: Run
) -> None:
    page = button(named(TEAM, show="gold"), "Make all 1 gold")
    assert [question.sha256 for question in store.team.gold.questions()] == [decided[0]]
    store.annotation.commit(Decision.box("5", BoxLabel(decided[0], LARGE), "drawn"), annotator="Bob")
    rows = named(TEAM).dataframe[0].value.set_index("person")
    assert rows.loc["Bob", "gold"] == 1 and rows.loc["Bob", "gold_right"] == 1
    page.multiselect(key="gold-gone").set_value([0]).run()
    button(page, "Remove")
    assert not store.team.gold.questions()


def test_the_grid_hides_gold_questions_which_look_like_repeated_ones(
    decided: list[str], store: Store, named: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = TripletLabel(*decided[5:8])
    store.annotation.commit(Decision.triplet("6", known), annotator="Rita", role="reviewer")
    store.team.gold.add([event for event in store.history.reviews() if event.kind == "triplet"], "Rita")
    monkeypatch.setenv("TIEFVISION_GOLD", "1")
    st.cache_resource.clear()
    sent = component(named("views/triplets.py", "Bob"), "triplet-grid")
    gold = sent["now"]
    assert gold["reference"]["id"] == known.reference and not gold["quick"] and gold["choice"] is None
    assert {photo["id"] for photo in gold["candidates"]} == {known.positive, known.negative}
    assert all(len(grid["candidates"]) > 2 for grid in sent["coming"])
    store.annotation.commit(Decision.triplet("7", known, "grid"), annotator="Bob")
    after = component(named("views/triplets.py", "Bob"), "triplet-grid")["now"]
    assert len(after["candidates"]) > 2
    rows = named(TEAM).dataframe[0].value.set_index("person")
    assert rows.loc["Bob", "gold"] == 1 and rows.loc["Bob", "gold_right"] == 1


def test_a_queue_narrows_the_page_and_is_withheld_from_others(decided: list[str], store: Store, named: Run) -> None:
    for photo in decided[:4]:
        store.marks.mark(photo, "Rita", starred=False, tags=["hats"], note=None)
    page = named(TEAM, show="queues")
    page.text_input(key="queue-name").set_value("Bob's hats")
    page.multiselect(key="queue-people").set_value(["Bob"])
    button(page, "Make the queue")
    (queue,) = store.team.queues.all("box")
    assert (queue.name, queue.tag, queue.people) == ("Bob's hats", "hats", ("Bob",))
    shown = component(named(BOXES, "Bob", queue=queue.queue_id, order="path"), "box-editor")
    assert {shown["now"]["photo"]["id"], *(coming["photo"]["id"] for coming in shown["coming"])} == set(decided[2:4])
    others = component(named(BOXES, "Cem", order="path"), "box-editor")
    assert others["now"]["photo"]["id"] == decided[4]


def test_a_comment_stands_where_the_photo_is_shown(decided: list[str], store: Store, named: Run) -> None:
    page = named(BOXES, "Ann", order="path")
    photo = component(page, "box-editor")["now"]["photo"]["id"]
    page.text_area(key=f"comment-{photo}").set_value("Is the *belt* part of it?")
    page = button(page, "Add the comment")
    assert [one.text for one in store.team.comments.of([photo])[photo]] == ["Is the *belt* part of it?"]
    assert page.text_area(key=f"comment-{photo}").value == ""
    assert any("the \\*belt\\* part" in text.value for text in page.markdown)
