"""Which disputes a reviewer is shown, and what a decision changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.review import decisions, disputes
from tiefvision_ui.values import ModelBox, Photo

A, B, C = (letter * 64 for letter in "abc")
PHOTOS = {name: Photo(name, f"id-{name[0]}", f"{name[0]}.jpg", 100, 100) for name in (A, B, C)}
WHOLE, HALF = Box(0, 0, 100, 100), Box(0, 0, 100, 50)
MODEL = {A: ModelBox(WHOLE, 0.9)}
RITA, ANN = Person("Rita", "admin"), Person("Ann", "annotator")


@pytest.fixture
def store(settings: Any) -> Store:
    return Store(settings)


@pytest.fixture
def draw(store: Store) -> Callable[..., None]:
    numbers = itertools.count()

    def record(annotator: str, what: Box | TripletLabel | None, photo: str = A, **options: Any) -> None:
        commit_id = f"by {annotator} {next(numbers)}"
        if isinstance(what, TripletLabel):
            decision = Decision.triplet(commit_id, what)
        elif what is None:
            decision = Decision.absent(commit_id, photo)
        else:
            decision = Decision.box(commit_id, BoxLabel(photo, what), "drawn")
        store.annotation.commit(decision, annotator=annotator, **options)

    return record


def test_a_box_far_from_the_models_is_shown_until_a_reviewer_decides(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", HALF)
    [dispute] = disputes.against_model(store, PHOTOS, MODEL, 0.7)
    assert (dispute.first.annotator, dispute.second, dispute.iou) == ("Ann", MODEL[A], 0.5)
    assert disputes.against_model(store, PHOTOS, MODEL, 0.5) == []
    decisions.decide_box(store, RITA, "1", PHOTOS[A], str(dispute.first.event_id), MODEL[A])
    assert disputes.against_model(store, PHOTOS, MODEL, 0.7) == []
    draw("Bob", WHOLE)
    assert store.labels.live_boxes()["bottom"].tolist() == [50]


def test_the_models_box_can_be_taken(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", HALF)
    decisions.decide_box(store, RITA, "1", PHOTOS[A], decisions.MODEL, MODEL[A])
    decisions.decide_box(store, RITA, "1", PHOTOS[A], decisions.MODEL, MODEL[A])
    assert store.labels.live_boxes()["bottom"].tolist() == [100]
    assert store.history.count() == 2


def test_two_people_who_differ_the_worst_first(store: Store, draw: Callable[..., None]) -> None:
    for photo, other in ((A, HALF), (B, None), (C, WHOLE)):
        draw("Ann", WHOLE, photo)
        draw("Bob", other, photo)
    found = disputes.between_people(store, PHOTOS, 0.7)
    assert [(dispute.photo.sha256, dispute.iou) for dispute in found] == [(B, 0.0), (A, 0.5)]
    assert isinstance(found[0].second, type(found[0].first))
    decisions.decide_box(store, RITA, "1", PHOTOS[B], str(found[0].second.event_id), None)
    assert store.labels.live_boxes()["sha256"].tolist() == [A, C]
    assert [dispute.photo.sha256 for dispute in disputes.between_people(store, PHOTOS, 0.7)] == [A]


@pytest.mark.parametrize("right", ["Ann", "Bob"])
def test_a_decided_triplet_undoes_what_contradicts_it(store: Store, draw: Callable[..., None], right: str) -> None:
    labels = {"Ann": TripletLabel(A, B, C), "Bob": TripletLabel(A, C, B)}
    for name, label in labels.items():
        draw(name, label)
    [dispute] = disputes.between_triplets(store, PHOTOS)
    chosen = next(event for event in (dispute.first, dispute.second) if event.annotator == right)
    decisions.decide_triplet(store, RITA, "1", A, str(chosen.event_id))
    assert disputes.between_triplets(store, PHOTOS) == []
    assert store.labels.live_triplets()["positive"].tolist() == [labels[right].positive]
    assert {event.undone_by for event in store.history.page()} == {None, "Rita"}


def test_a_decision_that_cannot_be_recorded_undoes_nothing(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", TripletLabel(A, B, C))
    draw("Bob", TripletLabel(A, C, B))
    with store.labels.database.writing() as connection:
        refuse = "CREATE TRIGGER full BEFORE INSERT ON label_event WHEN NEW.role = 'reviewer' {}"
        connection.exec_driver_sql(refuse.format("BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"))
    with pytest.raises(TiefVisionError, match="the disk is full"):
        decisions.decide_triplet(store, RITA, "1", A, "1")
    assert len(store.labels.live_triplets()) == 2


def test_a_tie_can_be_right_too(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", TripletLabel(A, B, C))
    store.annotation.commit(Decision.tie("t", A, TripletLabel(A, B, C)), annotator="Bob")
    [dispute] = disputes.between_triplets(store, PHOTOS)
    decisions.decide_triplet(store, RITA, "1", A, str(dispute.second.event_id))
    assert store.labels.counts()["triplets"] == 0
    assert disputes.between_triplets(store, PHOTOS) == []


def test_only_an_administrator_decides(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", HALF)
    for decide in (
        lambda: decisions.decide_box(store, ANN, "1", PHOTOS[A], "1", MODEL[A]),
        lambda: decisions.decide_triplet(store, ANN, "1", A, "1"),
    ):
        with pytest.raises(TiefVisionError, match="administrator"):
            decide()


@pytest.mark.parametrize("choice", ["1", "99", "", "-1", "x", "model"])
def test_a_label_that_is_gone_cannot_be_chosen(store: Store, draw: Callable[..., None], choice: str) -> None:
    draw("Ann", HALF)
    store.labels.undo(1, annotator="Ann")
    with pytest.raises(TiefVisionError, match="reload the page"):
        decisions.decide_box(store, RITA, "1", PHOTOS[A], choice, None)


def test_people_undo_their_own_labels_and_administrators_all(store: Store, draw: Callable[..., None]) -> None:
    for name in ("Ann", "Bob", "Bob"):
        draw(name, WHOLE if name == "Ann" else HALF)
    assert decisions.undo(store, ANN, 1)
    assert not decisions.undo(store, ANN, 1)
    with pytest.raises(TiefVisionError, match="Only Bob"):
        decisions.undo(store, ANN, 2)
    assert decisions.undo(store, RITA, 2)
    newest, second, _ = store.history.page()
    assert [decisions.may_undo(ANN, newest), decisions.may_undo(RITA, newest)] == [False, True]
    assert not decisions.may_undo(RITA, second)
    assert not decisions.may_undo(Person("Bob", "viewer"), newest)


def test_a_triplet_is_turned_round(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", TripletLabel(A, B, C))
    draw("Bob", TripletLabel(A, B, C))
    [event, _] = store.history.standing("triplet", A)
    with pytest.raises(TiefVisionError, match="Only an administrator"):
        decisions.turn_triplet(store, ANN, "1", event)
    decisions.turn_triplet(store, RITA, "1", event)
    [left] = store.history.standing("triplet", A)
    assert (left.label, left.role, left.annotator) == (TripletLabel(A, C, B), "reviewer", "Rita")
    with pytest.raises(TiefVisionError, match="undone meanwhile"):
        decisions.turn_triplet(store, RITA, "2", event)


def test_a_turned_triplet_leaves_no_dispute_about_its_pair(store: Store, draw: Callable[..., None]) -> None:
    draw("Ann", TripletLabel(A, B, C))
    draw("Bob", TripletLabel(A, C, B))
    store.annotation.commit(Decision.tie("t", A, TripletLabel(A, B, C)), annotator="Cleo")
    event = next(event for event in store.history.standing("triplet", A) if event.annotator == "Ann")
    decisions.turn_triplet(store, RITA, "1", event)
    assert {left.annotator for left in store.history.standing("triplet", A)} == {"Bob", "Rita"}
    assert disputes.between_triplets(store, PHOTOS) == []
