"""The board: what each person did on each day, how fast, and how far they agree with others and with gold answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean, median

from tiefvision_assets.store.labels.agreement import box_pairs, triplet_pairs
from tiefvision_assets.store.labels.gold import GoldQuestion, is_right
from tiefvision_assets.store.labels.history import Event


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of one person on one day, by UTC."""

    day: date
    person: str
    boxes: int
    """Decisions about boxes, "no object" and gold answers included; skips are none. `triplets` likewise."""
    triplets: int
    box_seconds: float | None
    """Median seconds that a box took; `triplet_seconds` likewise."""
    triplet_seconds: float | None
    mean_iou: float | None
    """Mean IoU of the day's boxes with those of other annotators on the same photos."""
    triplet_agreement: float | None
    """Share of the day's triplets that other annotators judged alike."""
    gold: int
    """Gold questions answered."""
    gold_right: float | None
    """Share of them that were right."""


@dataclass
class _Day:
    box_seconds: list[float] = field(default_factory=list)
    triplet_seconds: list[float] = field(default_factory=list)
    boxes: int = 0
    triplets: int = 0
    ious: list[float] = field(default_factory=list)
    agreed: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)


def board(
    box_events: Iterable[Event], triplet_events: Iterable[Event], gold: Iterable[GoldQuestion]
) -> list[DayFigures]:
    """The figures of everybody who labelled in the app as an annotator, from standing events of both kinds; the newest
    day first, people by name.

    An answer is judged by its gold question as long as there is one.
    """
    boxes, triplets = list(box_events), list(triplet_events)
    known = {(question.kind, question.sha256): question for question in gold}
    days: defaultdict[tuple[date, str], _Day] = defaultdict(_Day)
    for event in (*boxes, *triplets):
        if event.role != "annotator" or event.source not in ("app", "gold") or event.action == "skip":
            continue
        day = days[_day_of(event)]
        seconds = day.box_seconds if event.kind == "box" else day.triplet_seconds
        day.boxes += event.kind == "box"
        day.triplets += event.kind == "triplet"
        if event.seconds is not None:
            seconds.append(event.seconds)
        question = known.get((event.kind, event.sha256)) if event.source == "gold" else None
        if question:
            day.right.append(float(is_right(question, event)))
    for pair in box_pairs(event for event in boxes if event.source == "app"):
        for event in (pair.first, pair.second):
            days[_day_of(event)].ious.append(pair.iou)
    for judged in triplet_pairs(triplets):
        for event in (judged.first, judged.second):
            days[_day_of(event)].agreed.append(float(judged.agree))
    rows = [_figures(*key, day) for key, day in days.items()]
    return sorted(sorted(rows, key=lambda row: row.person), key=lambda row: row.day, reverse=True)


def _day_of(event: Event) -> tuple[date, str]:
    return event.created_at.date(), event.annotator


def _figures(day: date, person: str, done: _Day) -> DayFigures:
    return DayFigures(
        day,
        person,
        done.boxes,
        done.triplets,
        median(done.box_seconds) if done.box_seconds else None,
        median(done.triplet_seconds) if done.triplet_seconds else None,
        fmean(done.ious) if done.ious else None,
        fmean(done.agreed) if done.agreed else None,
        len(done.right),
        fmean(done.right) if done.right else None,
    )
