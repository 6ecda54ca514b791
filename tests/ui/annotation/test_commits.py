"""Commits of the labelling components: what is recorded of them, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation.commits import CommitContext, Opened, box_commit, triplet_commit
from tiefvision_ui.values import Photo

A, B, C = (letter * 64 for letter in "abc")
PHOTOS = {name: Photo(name, f"id-{name[0]}", f"dresses/{name[0]}.jpg", 100, 200) for name in (A, B, C)}
ANN, RITA = Person("Ann", "annotator"), Person("Rita", "admin")


@pytest.fixture
def context(store: Store) -> CommitContext:
    return CommitContext(store.annotation, PHOTOS, ANN, "tab")


@pytest.fixture
def store(settings: Any) -> Store:
    return Store(settings)


def save(**changes: Any) -> dict[str, Any]:
    sent = {"commit_id": "1", "action": "save", "photo": A, "box": [10, 20, 30, 40], "method": "drawn", "seconds": 2.5}
    return sent | changes


def triplet(**changes: Any) -> dict[str, Any]:
    return {"commit_id": "1", "action": "save", "photo": A, "positive": B, "negative": C, "seconds": 4} | changes


def test_a_box_is_recorded_with_how_and_how_fast(context: CommitContext, store: Store) -> None:
    outcome = box_commit(context, save())
    [event] = store.history.page()
    assert (outcome.saved, outcome.problem, outcome.open) == ("1", None, None)
    assert (event.label, event.method, event.seconds) == (Box(10, 20, 30, 40), "drawn", 2.5)
    assert (event.annotator, event.role, event.source) == ("Ann", "annotator", "app")


def test_the_same_commit_again_is_answered_alike_and_written_once(context: CommitContext, store: Store) -> None:
    assert box_commit(context, save()) == box_commit(context, save())
    assert store.history.count() == 1


def test_a_box_is_clipped_to_its_photo(context: CommitContext, store: Store) -> None:
    box_commit(context, save(box=[-5, 0, 500, 200]))
    assert store.history.page()[0].label == Box(0, 0, 100, 200)


@pytest.mark.parametrize(
    "changes",
    [
        {"box": None},
        {"box": [1, 2, 3]},
        {"box": ["1", 2, 3, 4]},
        {"box": [5, 5, 5, 9]},
        {"box": [300, 20, 400, 40]},
        {"box": [float("nan"), 0, 1, 1]},
        {"photo": "../../etc/passwd"},
        {"photo": None},
        {"action": "drop table"},
        {"action": None},
    ],
    ids=str,
)
def test_what_can_never_be_recorded_is_not_to_be_sent_again(
    context: CommitContext, store: Store, changes: dict[str, Any]
) -> None:
    outcome = box_commit(context, save(**changes))
    assert outcome.saved == "1"
    assert outcome.problem
    assert store.history.count() == 0


@pytest.mark.parametrize("action", ["save", "absent", "skip", "undo"])
def test_while_the_catalogue_is_empty_nothing_is_answered_for_good(
    context: CommitContext, store: Store, action: str
) -> None:
    box_commit(context, save())
    outcome = box_commit(replace(context, photos={}), save(commit_id="2", action=action))
    assert outcome.saved is None
    assert "catalogue is empty" in str(outcome.problem)
    assert store.history.count() == 1


def test_a_box_on_a_photo_that_is_gone_is_kept_as_it_was_drawn(context: CommitContext, store: Store) -> None:
    outcome = box_commit(replace(context, photos={B: PHOTOS[B]}), save(box=[0, 0, 500, 600]))
    assert (outcome.saved, outcome.problem) == ("1", None)
    assert "no longer in the catalogue" in str(outcome.notice)
    assert store.history.page()[0].label == Box(0, 0, 500, 600)


def test_a_triplet_with_a_photo_that_is_gone_is_kept(context: CommitContext, store: Store) -> None:
    assert triplet_commit(replace(context, photos={A: PHOTOS[A]}), triplet()).saved == "1"
    assert store.labels.counts()["triplets"] == 1


@pytest.mark.parametrize("commit_id", [None, "", "x" * 65, 7])
def test_what_has_no_id_is_no_commit(context: CommitContext, store: Store, commit_id: object) -> None:
    outcome = box_commit(context, save(commit_id=commit_id))
    assert outcome.saved is None
    assert "reload the page" in str(outcome.problem)
    assert store.history.count() == 0


@pytest.mark.parametrize("seconds", [None, "3", -1, float("inf"), float("nan")])
def test_a_time_that_is_none_is_left_out(context: CommitContext, store: Store, seconds: object) -> None:
    box_commit(context, save(seconds=seconds, method="by magic"))
    assert (store.history.page()[0].seconds, store.history.page()[0].method) == (None, "drawn")


def test_a_database_out_of_reach_is_tried_again(context: CommitContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise LabelDatabaseError("The label database cannot be used (the disk is full); make room.")

    monkeypatch.setattr(context.annotation, "commit", fail)
    outcome = box_commit(context, save())
    assert outcome.saved is None
    assert "the disk is full" in str(outcome.problem)


@pytest.mark.parametrize("action", ["absent", "skip"])
def test_other_decisions_about_a_box(context: CommitContext, store: Store, action: str) -> None:
    assert box_commit(context, save(action=action, box=None)).saved == "1"
    assert store.history.page()[0].action == action
    assert store.labels.counts()["boxes"] == 0


def test_undo_opens_the_photo_again_with_ones_own_box_and_keeps_it_from_others(
    context: CommitContext, store: Store
) -> None:
    box_commit(context, save())
    box_commit(replace(context, person=RITA), save(commit_id="rita", box=[0, 0, 9, 9]))
    outcome = box_commit(context, {"commit_id": "2", "action": "undo"})
    assert (outcome.saved, outcome.notice) == ("2", "Taken back: a")
    assert outcome.open == Opened(A, undone=True, draft={"box": [10, 20, 30, 40], "method": "drawn"})
    assert [event.undone_by for event in store.history.page()] == [None, "Ann"]
    assert store.annotation.claim("box", Queue([A, B]), "Bob", "other tab").photos == (B,)


@pytest.mark.parametrize("action", ["absent", "skip"])
def test_undo_of_what_is_no_box_opens_the_photo_without_one(context: CommitContext, action: str) -> None:
    box_commit(context, save(action=action))
    assert box_commit(context, {"commit_id": "2", "action": "undo"}).open == Opened(A, undone=True)


def test_undo_of_a_triplet_opens_its_reference_with_the_choice(context: CommitContext) -> None:
    triplet_commit(context, triplet())
    outcome = triplet_commit(context, {"commit_id": "2", "action": "undo"})
    assert outcome.open == Opened(A, undone=True, draft={"positive": B, "negative": C})


def test_undo_takes_back_the_decision_that_the_tab_names(context: CommitContext, store: Store) -> None:
    box_commit(context, save())
    assert box_commit(context, {"commit_id": "2", "action": "undo", "undoes": "never arrived"}).open is None
    assert store.labels.counts()["boxes"] == 1
    outcome = box_commit(context, {"commit_id": "3", "action": "undo", "undoes": "1"})
    assert (outcome.open and outcome.open.photo, store.labels.counts()["boxes"]) == (A, 0)


def test_a_late_copy_of_a_removal_removes_nothing_more(context: CommitContext, store: Store) -> None:
    triplet_commit(context, triplet())
    removal = triplet(commit_id="2", action="remove")
    first = triplet_commit(context, removal)
    triplet_commit(context, triplet(commit_id="3"))
    assert triplet_commit(context, removal) == first
    assert store.labels.counts()["triplets"] == 1


def test_undo_takes_back_what_was_made_in_the_same_tab(context: CommitContext, store: Store) -> None:
    box_commit(replace(context, session="another tab"), save())
    outcome = box_commit(context, {"commit_id": "2", "action": "undo"})
    assert (outcome.saved, outcome.open) == ("2", None)
    assert store.labels.counts()["boxes"] == 1


def test_undo_without_anything_to_take_back(context: CommitContext) -> None:
    outcome = box_commit(context, {"commit_id": "2", "action": "undo"})
    assert (outcome.saved, outcome.open) == ("2", None)
    assert "nothing" in str(outcome.notice)


def test_undo_of_a_photo_that_is_gone(context: CommitContext, store: Store) -> None:
    box_commit(context, save())
    outcome = box_commit(replace(context, photos={B: PHOTOS[B]}), {"commit_id": "2", "action": "undo"})
    assert outcome.open is None
    assert store.labels.counts()["boxes"] == 0


def test_a_reviewers_box_is_recorded_as_such(context: CommitContext, store: Store) -> None:
    box_commit(replace(context, person=RITA), save(role="reviewer"))
    assert store.history.page()[0].role == "reviewer"


def test_whoever_may_not_review_decides_as_an_annotator(context: CommitContext, store: Store) -> None:
    box_commit(context, save(role="reviewer"))
    assert store.history.page()[0].role == "annotator"


@pytest.mark.parametrize("role", ["annotator", "reviewer"])
def test_what_a_reviewer_takes_back_is_decided_anew_in_the_same_role(context: CommitContext, role: str) -> None:
    context = replace(context, person=RITA)
    box_commit(context, save(role=role))
    for _ in range(2):
        opened = box_commit(context, {"commit_id": "2", "action": "undo"}).open
        assert opened is not None
        assert opened.role == role


def test_a_triplet_is_recorded(context: CommitContext, store: Store) -> None:
    assert triplet_commit(context, triplet()).saved == "1"
    [event] = store.history.page()
    assert (event.label, event.seconds) == (TripletLabel(A, B, C), 4.0)


@pytest.mark.parametrize(
    ("changes", "label"),
    [({"positive": None, "negative": None}, None), ({"negative": None}, None), ({}, TripletLabel(A, B, C))],
)
def test_too_close_to_call(context: CommitContext, store: Store, changes: dict[str, Any], label: object) -> None:
    triplet_commit(context, triplet(action="tie", **changes))
    assert (store.history.page()[0].action, store.history.page()[0].label) == ("tie", label)
    assert store.labels.counts()["triplets"] == 0


@pytest.mark.parametrize("changes", [{"positive": A}, {"negative": B}, {"positive": "?"}, {"action": "absent"}])
def test_a_triplet_that_is_none_is_refused(context: CommitContext, store: Store, changes: dict[str, Any]) -> None:
    outcome = triplet_commit(context, triplet(**changes))
    assert outcome.saved == "1"
    assert outcome.problem
    assert store.history.count() == 0


def test_a_triplet_is_removed_and_its_reference_stays(context: CommitContext, store: Store) -> None:
    triplet_commit(context, triplet())
    for _ in range(2):
        outcome = triplet_commit(context, triplet(commit_id="2", action="remove"))
        assert (outcome.saved, outcome.open) == ("2", Opened(A))
    assert store.labels.counts()["triplets"] == 0


@pytest.mark.parametrize("commit", [box_commit, triplet_commit])
def test_skips_of_both_kinds(context: CommitContext, store: Store, commit: Callable[..., Any]) -> None:
    assert commit(context, {"commit_id": "1", "action": "skip", "photo": A}).saved == "1"
    assert store.history.page()[0].action == "skip"
