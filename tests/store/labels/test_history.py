"""Who did what, page by page, and how far people and models agree."""

import itertools

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.agreement import (
    annotator_figures,
    box_pairs,
    model_pairs,
    pair_figures,
    triplet_pairs,
)
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.judgements import judgements_of
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel

A, B, C, D = (letter * 64 for letter in "abcd")
WHOLE, HALF, OTHER = Box(0, 0, 10, 10), Box(0, 0, 10, 5), Box(20, 20, 30, 30)


@pytest.fixture
def history(labels):
    return LabelHistory(labels.database)


@pytest.fixture
def decide(labels):
    """Records a decision by its annotator; boxes and triplets are labels, other words are actions."""
    annotation = Annotation(labels.database, overlap=0)
    numbers = itertools.count()

    def record(annotator, photo, what, seconds=None, **options):
        commit_id = f"{next(numbers)}"
        match what:
            case Box():
                decision = Decision.box(commit_id, BoxLabel(photo, what), "drawn")
            case TripletLabel():
                decision = Decision.triplet(commit_id, what)
            case "absent":
                decision = Decision.absent(commit_id, photo)
            case ("tie", pair):
                decision = Decision.tie(commit_id, photo, pair)
            case ("skip", kind):
                decision = Decision.skip(commit_id, kind, photo)
        annotation.commit(decision, annotator=annotator, seconds=seconds, **options)

    return record


def test_the_history_is_told_newest_first_and_by_pages(history, labels, decide):
    for photo in (A, B, C):
        decide("ann", photo, WHOLE, 2.0)
    decide("bob", A, TripletLabel(A, B, C))
    labels.undo(2, annotator="bob")
    assert [event.event_id for event in history.page()] == [4, 3, 2, 1]
    assert [event.event_id for event in history.page(offset=1, limit=2)] == [3, 2]
    assert [event.event_id for event in history.page(kind="triplet")] == [4]
    assert [event.event_id for event in history.page(annotator="ann")] == [3, 2, 1]
    assert (history.count(), history.count(kind="box"), history.count(annotator="bob")) == (4, 3, 1)
    assert history.annotators() == ["ann", "bob"]
    undone = history.page()[2]
    assert (undone.undone_by, undone.undone_at >= undone.created_at) == ("bob", True)
    assert history.page()[0].label == TripletLabel(A, B, C)
    assert [event.sha256 for event in history.standing("box")] == [A, C]


def test_one_event(history, labels, decide):
    decide("ann", A, WHOLE)
    assert history.event(1).label == WHOLE
    labels.undo(1, annotator="ann")
    assert (history.event(1), history.event(2), history.event(99)) == (None, None, None)


def test_what_counts_for_a_photo(history, decide):
    assert history.live_box(A) is None
    decide("ann", A, WHOLE)
    decide("bob", A, HALF)
    decide("bob", B, "absent")
    decide("bob", C, ("skip", "box"))
    assert history.live_box(A).label == HALF
    assert [(event.sha256, event.action) for event in history.live_box_decisions()] == [(A, "label"), (B, "absent")]
    decide("rita", A, WHOLE, role="reviewer")
    assert history.live_box(A).annotator == "rita"


def test_the_pace_is_the_median_of_the_last(history, decide):
    assert (history.pace("box", "ann").decisions, history.pace("box", "ann").median_seconds) == (0, None)
    for seconds in (9.0, 1.0, 3.0):
        decide("ann", A, WHOLE, seconds)
    decide("ann", A, ("skip", "box"), 100.0)
    decide("bob", A, WHOLE, 50.0)
    assert (history.pace("box", "ann").decisions, history.pace("box", "ann").median_seconds) == (3, 3.0)
    assert history.pace("box", "ann", last=2).median_seconds == 2.0


def test_two_annotators_boxes_of_one_photo_are_compared_by_the_newest_of_each(history, decide):
    decide("bob", A, OTHER)
    decide("ann", A, WHOLE)
    decide("bob", A, HALF)
    decide("cid", B, WHOLE)
    decide("rita", B, HALF, role="reviewer")
    [pair] = box_pairs(history.standing("box"))
    assert (pair.first.annotator, pair.second.annotator, pair.iou) == ("ann", "bob", 0.5)


@pytest.mark.parametrize(("second", "iou"), [("absent", 1.0), (WHOLE, 0.0)])
def test_no_object_agrees_with_itself_only(history, decide, second, iou):
    decide("ann", A, "absent")
    decide("bob", A, second)
    assert [pair.iou for pair in box_pairs(history.standing("box"))] == [iou]


@pytest.mark.parametrize(
    ("second", "agree"),
    [
        (TripletLabel(A, B, C), [True]),
        (TripletLabel(A, C, B), [False]),
        (("tie", TripletLabel(A, C, B)), [False]),
        (("tie", None), []),
        (TripletLabel(A, B, D), []),
    ],
)
def test_triplets_of_the_same_two_photos_are_compared(history, decide, second, agree):
    decide("ann", A, TripletLabel(A, B, C))
    decide("bob", A, second)
    assert [pair.agree for pair in triplet_pairs(history.standing("triplet"))] == agree


def test_judgements_are_the_annotators_own_of_the_app(history, decide, labels):
    decide("ann", A, TripletLabel(A, B, C))
    decide("bob", A, ("tie", TripletLabel(A, C, B)))
    decide("cid", A, ("skip", "triplet"))
    decide("rita", A, TripletLabel(A, C, B), role="reviewer")
    labels.add_triplets([TripletLabel(A, B, D)], annotator="file", source="import")
    found = judgements_of(history.standing("triplet"))
    assert [(each.annotator, each.tie) for each in found] == [("ann", False), ("bob", True)]
    assert found[0].question == found[1].question


def test_people_against_the_model(history, decide):
    decide("ann", A, HALF)
    decide("ann", B, "absent")
    decide("ann", C, OTHER)
    decide("rita", D, OTHER, role="reviewer")
    model = {A: WHOLE, B: WHOLE, D: WHOLE}
    pairs = model_pairs(history.live_box_decisions(), model)
    assert [(pair.human.sha256, pair.iou) for pair in pairs] == [(A, 0.5), (B, 0.0)]


def test_figures_of_pairs_and_of_each_annotator(history, decide):
    decide("ann", A, WHOLE, 4.0)
    decide("bob", A, HALF, 2.0)
    decide("ann", B, WHOLE, 8.0)
    decide("bob", B, WHOLE, 6.0)
    decide("ann", C, "absent")
    decide("cid", C, "absent")
    decide("cid", D, ("skip", "box"), 1.0)
    decide("ann", A, TripletLabel(A, B, C), 3.0)
    decide("bob", A, TripletLabel(A, C, B), 5.0)
    boxes, triplets = history.standing("box"), history.standing("triplet")
    pairs = pair_figures(box_pairs(boxes), triplet_pairs(triplets))
    assert [(pair.first, pair.second, pair.boxes, pair.mean_iou, pair.triplets) for pair in pairs] == [
        ("ann", "bob", 2, 0.75, 1),
        ("ann", "cid", 1, 1.0, 0),
    ]
    ann, bob, cid = annotator_figures(boxes, triplets, pairs)
    assert (ann.boxes, ann.absent, ann.triplets, ann.box_seconds, ann.triplet_seconds) == (2, 1, 1, 6.0, 3.0)
    assert ann.mean_iou == pytest.approx((2 * 0.75 + 1) / 3)
    assert (bob.mean_iou, bob.triplet_agreement) == (0.75, 0.0)
    assert (cid.skips, cid.box_seconds, cid.triplet_agreement) == (1, None, None)
