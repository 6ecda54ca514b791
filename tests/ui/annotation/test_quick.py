"""Quick triplets: which questions are asked, which of them again, and what is recorded of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from tiefvision_assets.store.labels.agreement import annotator_figures, self_pairs
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation.candidates import Offer, pair_to_ask
from tiefvision_ui.annotation.commits import CommitContext, triplet_commit
from tiefvision_ui.annotation.quick import LEAST_AGO, questions
from tiefvision_ui.components.triplet_grid import TripletTask
from tiefvision_ui.values import Photo

NAMES = [f"{number:064x}" for number in range(60)]
PHOTOS = {name: Photo(name, name[-4:], f"{name[-4:]}.jpg", 100, 200) for name in NAMES}
ANSWERED = 40


@pytest.fixture
def store(settings: Any) -> Store:
    return Store(settings)


@pytest.fixture
def context(store: Store) -> CommitContext:
    return CommitContext(store.annotation, PHOTOS, Person("Ann", "annotator"), "tab")


def answer(context: CommitContext, number: int, **changes: Any) -> None:
    reference, positive, negative = NAMES[number % 40], NAMES[-1 - number % 3], NAMES[-4]
    sent = {"commit_id": f"c{number}", "action": "save", "way": "quick", "seconds": 2.0}
    outcome = triplet_commit(context, sent | {"photo": reference, "positive": positive, "negative": negative} | changes)
    assert outcome.problem is None


def asked(store: Store, share: float, person: str = "Ann") -> list[TripletTask]:
    references = [PHOTOS[name] for name in NAMES[50:55]]

    def ask(reference: Photo) -> TripletTask:
        return TripletTask(reference, [], quick=True)

    return list(questions(references, store.history, person, share, PHOTOS, ask))


def test_the_question_is_about_the_nearest_photo_and_a_disputed_one_in_any_order() -> None:
    pairs = [pair_to_ask(Offer(tuple("abcd")), reference) for reference in NAMES]
    assert {frozenset(pair) for pair in pairs} == {frozenset("ac")}
    assert 10 < sum(pair == ("a", "c") for pair in pairs) < 50
    assert set(pair_to_ask(Offer(("a", "b")), "r")) == {"a", "b"}
    assert pair_to_ask(Offer(()), "r") == ()


def test_questions_are_asked_again_once_there_are_enough(context: CommitContext, store: Store) -> None:
    assert len(asked(store, share=1.0)) == 5
    for number in range(ANSWERED):
        answer(context, number)
    given = asked(store, share=1.0)
    assert len(given) == 10
    again = given[::2]
    old_enough = NAMES[: ANSWERED + 10 - LEAST_AGO]
    assert all(task.reference.sha256 in old_enough and task.quick for task in again)
    for task in again:
        [event] = store.history.standing("triplet", task.reference.sha256)
        assert isinstance(event.label, TripletLabel)
        assert {photo.sha256 for photo in task.candidates} == {event.label.positive, event.label.negative}
    assert asked(store, share=1.0) == given
    assert len(asked(store, share=0.0)) == len(asked(store, share=1.0, person="Bob")) == 5


def test_what_was_asked_again_leads_to_the_next_question(context: CommitContext, store: Store) -> None:
    for number in range(ANSWERED):
        answer(context, number)
    first, following, *_ = asked(store, share=1.0)
    pair = {"positive": first.candidates[0].sha256, "negative": first.candidates[1].sha256}
    answer(context, 90, photo=first.reference.sha256, **pair)
    assert asked(store, share=1.0)[0] != first
    answer(context, 91, photo=first.reference.sha256, action="skip")
    assert store.history.questions_answered("Ann") == ANSWERED + 2
    assert following.reference.sha256 == NAMES[50]


def test_the_way_is_recorded_and_each_has_its_pace(context: CommitContext, store: Store) -> None:
    answer(context, 0)
    answer(context, 1, action="tie")
    answer(context, 2, way="grid", seconds=9.0)
    answer(context, 3, way=None, seconds=7.0)
    store.annotation.commit(Decision.triplet("old", TripletLabel(*NAMES[:3])), annotator="Ann", seconds=5.0)
    assert [event.method for event in store.history.standing("triplet")] == ["quick", "quick", "grid", "grid", None]
    quick, grid = (store.history.pace("triplet", "Ann", way=way) for way in ("quick", "grid"))
    assert (quick.decisions, quick.median_seconds) == (2, 2.0)
    assert (grid.decisions, grid.median_seconds) == (3, 7.0)


def test_whoever_is_asked_twice_agrees_with_themselves_or_not(context: CommitContext, store: Store) -> None:
    for number, (positive, negative) in enumerate([(1, 2), (1, 2), (2, 1), (5, 6), (6, 5), (7, 8)]):
        reference = NAMES[20 + min(number // 3, 1) + (number == 5)]
        answer(context, number, photo=reference, positive=NAMES[positive], negative=NAMES[negative])
    events = store.history.standing("triplet")
    assert [pair.agree for pair in self_pairs(events)] == [True, False]
    [ann] = annotator_figures([], events, [])
    assert (ann.repeats, ann.self_agreement, ann.quick_seconds, ann.grid_seconds) == (2, 0.5, 2.0, None)
