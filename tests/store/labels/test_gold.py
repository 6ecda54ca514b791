"""Gold questions: given among the others, answered once, judged, and learned from by nobody."""

from __future__ import annotations

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.gold import Gold, NoGold, is_right, score
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore, TripletLabel

PHOTOS = [f"{number:064x}" for number in range(40)]
QUEUE = Queue(PHOTOS)
KNOWN, NEAR, FAR = Box(0, 0, 100, 100), Box(0, 0, 100, 95), Box(0, 0, 50, 50)
TRIPLET = TripletLabel(*PHOTOS[:3])
TURNED = TripletLabel(PHOTOS[0], PHOTOS[2], PHOTOS[1])


@pytest.fixture
def annotation(labels: LabelStore) -> Annotation:
    return Annotation(labels.database, overlap=0, gold=0.3)


@pytest.fixture
def gold(labels: LabelStore, annotation: Annotation) -> Gold:
    """Two gold photos, one of them without an object, and a gold triplet."""
    store, history = Gold(labels.database), LabelHistory(labels.database)
    annotation.commit(Decision.box("r1", BoxLabel(PHOTOS[30], KNOWN), "drawn"), annotator="Rita", role="reviewer")
    annotation.commit(Decision.absent("r2", PHOTOS[31]), annotator="Rita", role="reviewer")
    annotation.commit(Decision.triplet("r3", TRIPLET), annotator="Rita", role="reviewer")
    assert store.add([*history.standing("box"), *history.standing("triplet")], "Rita") == 3
    return store


def given(annotation: Annotation, annotator: str, count: int = 1) -> str | None:
    return next(iter(annotation.claim("box", QUEUE, annotator, annotator, count).photos), None)


def test_gold_photos_come_once_among_the_others_and_the_same_after_a_reload(
    annotation: Annotation, gold: Gold, labels: LabelStore
) -> None:
    seen: list[str] = []
    while photo := given(annotation, "Ann"):
        assert given(annotation, "Ann") == photo
        annotation.commit(Decision.box(f"{len(seen)}", BoxLabel(photo, NEAR), "drawn"), annotator="Ann")
        seen.append(photo)
    assert len(set(seen)) == len(seen)
    assert {PHOTOS[30], PHOTOS[31]} <= set(seen)
    assert 0 < min(seen.index(PHOTOS[30]), seen.index(PHOTOS[31])) < 38
    live = labels.live_boxes().set_index("sha256")
    assert live.loc[PHOTOS[30], "annotator"] == "Rita" and PHOTOS[31] not in live.index
    assert len(live) == 39


def test_without_gold_questions_or_a_share_nobody_gets_a_decided_photo(labels: LabelStore, gold: Gold) -> None:
    none = Annotation(labels.database, overlap=0, gold=0.0)
    everything = none.claim("box", QUEUE, "Bob", "Bob", 40).photos
    assert not {PHOTOS[30], PHOTOS[31]} & set(everything)


def test_an_answer_is_judged_and_is_no_label(annotation: Annotation, gold: Gold, labels: LabelStore) -> None:
    history = LabelHistory(labels.database)
    before = labels.triplet_version()
    annotation.commit(Decision.triplet("a", TURNED, "quick"), annotator="Ann")
    annotation.commit(Decision.triplet("b", TRIPLET, "quick"), annotator="Bob")
    annotation.commit(Decision.tie("c", PHOTOS[0], TRIPLET, "quick"), annotator="Cem")
    annotation.commit(Decision.triplet("d", TripletLabel(PHOTOS[0], PHOTOS[5], PHOTOS[2]), "grid"), annotator="Dan")
    (question,) = gold.questions("triplet")
    answers = {event.annotator: event for event in history.standing("triplet")}
    assert {name: answers[name].source for name in ("Ann", "Bob", "Cem", "Dan", "Rita")} == {
        "Ann": "gold",
        "Bob": "gold",
        "Cem": "gold",
        "Dan": "app",
        "Rita": "app",
    }
    assert [is_right(question, answers[name]) for name in ("Ann", "Bob", "Cem")] == [False, True, False]
    assert history.gold_answered("triplet", "Ann") == {PHOTOS[0]}
    assert history.questions_answered("Ann") == 1 and history.pace("triplet", "Ann").decisions == 1
    assert len(labels.live_triplets()) == 2 and labels.triplet_version() != before


def test_boxes_are_judged_by_their_overlap(annotation: Annotation, gold: Gold, labels: LabelStore) -> None:
    for name, decision in (
        ("Ann", Decision.box("a", BoxLabel(PHOTOS[30], NEAR), "drawn")),
        ("Bob", Decision.box("b", BoxLabel(PHOTOS[30], FAR), "drawn")),
        ("Cem", Decision.absent("c", PHOTOS[30])),
    ):
        annotation.commit(decision, annotator=name)
    question = next(one for one in gold.questions("box") if one.label)
    events = [event for event in LabelHistory(labels.database).standing("box", PHOTOS[30]) if event.source == "gold"]
    assert [score(question, event) for event in events] == pytest.approx([0.95, 0.25, 0])
    assert [is_right(question, event) for event in events] == [True, False, False]


def test_only_what_a_reviewer_decided_can_be_gold(annotation: Annotation, gold: Gold, labels: LabelStore) -> None:
    annotation.commit(Decision.box("a", BoxLabel(PHOTOS[3], NEAR), "drawn"), annotator="Ann")
    (event,) = LabelHistory(labels.database).standing("box", PHOTOS[3])
    with pytest.raises(NoGold, match="a reviewer decided"):
        gold.add([event], "Rita")
    gold.remove(gold.questions())
    assert not gold.questions()
