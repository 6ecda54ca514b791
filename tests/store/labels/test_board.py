"""The board's figures, from a few decisions whose figures are known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.board import board
from tiefvision_assets.store.labels.gold import GoldQuestion
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel

WHOLE, HALF = Box(0, 0, 10, 10), Box(0, 0, 10, 5)
TRIPLET, TURNED = TripletLabel("h", "a", "b"), TripletLabel("h", "b", "a")


def event(annotator: str, label: Box | TripletLabel | None, day: int = 2, **other: object) -> Event:
    kind = "triplet" if isinstance(label, TripletLabel) else "box"
    values: dict[str, object] = {
        "event_id": 1,
        "kind": kind,
        "sha256": "h" if kind == "triplet" else "photo",
        "action": "label" if label else "absent",
        "label": label,
        "annotator": annotator,
        "role": "annotator",
        "source": "app",
        "created_at": datetime(2026, 1, day, 23, 59, tzinfo=UTC),
        "seconds": 4.0,
        "method": None,
    }
    return Event(**{**values, **other})  # type: ignore[arg-type]


def test_a_row_a_person_and_day_the_newest_first() -> None:
    boxes = [
        event("Ann", WHOLE),
        event("Ann", None, sha256="other", seconds=8.0),
        event("Ann", WHOLE, day=1, sha256="third"),
        event("Bob", HALF),
        event("Ann", None, sha256="skipped", action="skip"),
        event("Rita", WHOLE, role="reviewer"),
        event("file", WHOLE, source="import"),
        event("Ann", HALF, sha256="gold", source="gold", seconds=None),
        event("Bob", WHOLE, sha256="gold", source="gold"),
    ]
    triplets = [event("Ann", TRIPLET), event("Bob", TURNED)]
    gold = [GoldQuestion("box", "gold", WHOLE, "Rita")]
    ann, bob, before = board(boxes, triplets, gold)
    assert [(row.day, row.person) for row in (ann, bob, before)] == [
        (date(2026, 1, 2), "Ann"),
        (date(2026, 1, 2), "Bob"),
        (date(2026, 1, 1), "Ann"),
    ]
    assert (ann.boxes, ann.triplets, ann.box_seconds, ann.gold, ann.gold_right) == (3, 1, 6.0, 1, 0.0)
    assert (bob.boxes, bob.gold, bob.gold_right) == (2, 1, 1.0)
    assert ann.mean_iou == bob.mean_iou == pytest.approx(0.5)
    assert ann.triplet_agreement == bob.triplet_agreement == 0.0
    assert before.boxes == 1 and before.mean_iou is None and before.gold == 0 and before.gold_right is None


def test_an_answer_to_a_question_that_is_gold_no_more_is_work_and_no_more() -> None:
    (row,) = board([event("Ann", WHOLE, source="gold")], [], [])
    assert row.boxes == 1 and row.gold == 0 and row.gold_right is None
