"""How far people agree with each other, and where people and the model, or two people, do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.schema import Source
from tiefvision_assets.store.labels.store import TripletLabel


@dataclass(frozen=True, slots=True)
class BoxPair:
    """The decisions of two people about one photo, and the IoU of their boxes.

    If both see no object they agree fully (1); if only one of them does, they do not agree at all (0).
    """

    first: Event
    second: Event
    iou: float


@dataclass(frozen=True, slots=True)
class TripletPair:
    """The judgements of two people about the same two photos and the same reference."""

    first: Event
    second: Event
    agree: bool


@dataclass(frozen=True, slots=True)
class ModelPair:
    """A person's box (or "no object"), the model's box of the same photo, and their IoU."""

    human: Event
    model: Box
    iou: float


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Two annotators, by name in order, and how far they agree."""

    first: str
    second: str
    boxes: int
    """Photos that both decided about."""
    mean_iou: float | None
    triplets: int
    """Triplets that both judged."""
    triplet_agreement: float | None
    """Share of them that both judged alike."""


@dataclass(frozen=True, slots=True)
class AnnotatorFigures:
    """The figures of one annotator."""

    annotator: str
    boxes: int
    absent: int
    triplets: int
    ties: int
    skips: int
    box_seconds: float | None
    """Median seconds that a box took; `triplet_seconds` likewise."""
    triplet_seconds: float | None
    mean_iou: float | None
    """Mean IoU with the other annotators' boxes, over the photos that two people decided about."""
    triplet_agreement: float | None
    grid_seconds: float | None = None
    """Median seconds that a triplet from the grid took; `quick_seconds` likewise, of a quick question."""
    quick_seconds: float | None = None
    repeats: int = 0
    """Questions that the annotator answered more than once."""
    self_agreement: float | None = None
    """Share of them that were answered alike."""


def box_pairs(events: Iterable[Event]) -> list[BoxPair]:
    """The newest standing decisions of every two annotators about the same photo's box; reviewers are left out.

    Boxes from files are compared with one another alone, where a file names who drew them: of a single imported box
    nobody knows whether a person drew it.
    """
    newest: dict[tuple[str, Source], dict[str, Event]] = defaultdict(dict)
    for event in events:
        if event.action != "skip" and event.role == "annotator" and event.source != "demo":
            newest[event.sha256, event.source][event.annotator] = event
    return [
        BoxPair(first, second, _iou(first, second))
        for by_annotator in newest.values()
        for first, second in combinations(_by_name(by_annotator), 2)
    ]


def triplet_pairs(events: Iterable[Event]) -> list[TripletPair]:
    """The newest judgements of every two annotators about the same two photos and reference, of standing events."""
    newest: dict[tuple[str, frozenset[str]], dict[str, Event]] = defaultdict(dict)
    for event in events:
        if isinstance(event.label, TripletLabel) and event.role == "annotator" and event.source == "app":
            pair = frozenset({event.label.positive, event.label.negative})
            newest[event.sha256, pair][event.annotator] = event
    return [
        TripletPair(first, second, _verdict(first) == _verdict(second))
        for by_annotator in newest.values()
        for first, second in combinations(_by_name(by_annotator), 2)
    ]


def self_pairs(events: Iterable[Event]) -> list[TripletPair]:
    """The first two judgements of each annotator about the same two photos and reference, of standing events.

    Without knowing it, annotators are asked some questions twice; nobody agrees with others more than with themselves.
    """
    given: dict[tuple[str, str, frozenset[str]], list[Event]] = defaultdict(list)
    for event in events:
        if isinstance(event.label, TripletLabel) and event.role == "annotator" and event.source == "app":
            pair = frozenset({event.label.positive, event.label.negative})
            given[event.annotator, event.sha256, pair].append(event)
    twice = [judged[:2] for judged in given.values() if len(judged) > 1]
    return [TripletPair(first, second, _verdict(first) == _verdict(second)) for first, second in twice]


def model_pairs(live: Iterable[Event], model: Mapping[str, Box]) -> list[ModelPair]:
    """The annotators' decisions that count, each with the model's box of that photo; reviewers are left out."""
    return [
        ModelPair(event, box, event.label.iou(box) if isinstance(event.label, Box) else 0.0)
        for event in live
        if event.role == "annotator" and (box := model.get(event.sha256)) is not None
    ]


def pair_figures(boxes: Iterable[BoxPair], triplets: Iterable[TripletPair]) -> list[PairFigures]:
    """The figures of every two annotators who decided about the same photos, sorted by name."""
    ious: dict[tuple[str, str], list[float]] = defaultdict(list)
    agreed: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for pair in boxes:
        ious[pair.first.annotator, pair.second.annotator].append(pair.iou)
    for judged in triplets:
        agreed[judged.first.annotator, judged.second.annotator].append(judged.agree)
    return [
        PairFigures(*names, len(ious[names]), _mean(ious[names]), len(agreed[names]), _mean(agreed[names]))
        for names in sorted({*ious, *agreed})
    ]


def annotator_figures(
    box_events: Iterable[Event], triplet_events: Iterable[Event], pairs: Iterable[PairFigures]
) -> list[AnnotatorFigures]:
    """The figures of everybody who labelled in the app, from standing events and `pair_figures`; sorted by name."""
    boxes, triplets = _by_annotator(box_events), _by_annotator(triplet_events)
    pairs = list(pairs)
    alike: dict[str, list[bool]] = defaultdict(list)
    for repeated in self_pairs(event for events in triplets.values() for event in events):
        alike[repeated.first.annotator].append(repeated.agree)
    return [
        AnnotatorFigures(
            annotator=name,
            boxes=_count(boxes[name], "label"),
            absent=_count(boxes[name], "absent"),
            triplets=_count(triplets[name], "label"),
            ties=_count(triplets[name], "tie"),
            skips=_count(boxes[name], "skip") + _count(triplets[name], "skip"),
            box_seconds=_median_seconds(boxes[name]),
            triplet_seconds=_median_seconds(triplets[name]),
            mean_iou=_weighted((pair.boxes, pair.mean_iou) for pair in _with(pairs, name)),
            triplet_agreement=_weighted((pair.triplets, pair.triplet_agreement) for pair in _with(pairs, name)),
            grid_seconds=_median_seconds(event for event in triplets[name] if event.method != "quick"),
            quick_seconds=_median_seconds(event for event in triplets[name] if event.method == "quick"),
            repeats=len(alike[name]),
            self_agreement=_mean(alike[name]),
        )
        for name in sorted({*boxes, *triplets})
    ]


def _by_name(by_annotator: Mapping[str, Event]) -> list[Event]:
    return [by_annotator[name] for name in sorted(by_annotator)]


def _iou(first: Event, second: Event) -> float:
    if isinstance(first.label, Box) and isinstance(second.label, Box):
        return first.label.iou(second.label)
    return 1.0 if first.action == second.action else 0.0


def _verdict(event: Event) -> str | None:
    """The photo that was judged closer; None where it was too close to call."""
    assert isinstance(event.label, TripletLabel)
    return event.label.positive if event.action == "label" else None


def _by_annotator(events: Iterable[Event]) -> defaultdict[str, list[Event]]:
    gathered: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.source == "app":
            gathered[event.annotator].append(event)
    return gathered


def _with(pairs: Iterable[PairFigures], name: str) -> Iterator[PairFigures]:
    return (pair for pair in pairs if name in (pair.first, pair.second))


def _count(events: Iterable[Event], action: str) -> int:
    return sum(event.action == action for event in events)


def _median_seconds(events: Iterable[Event]) -> float | None:
    seconds = [event.seconds for event in events if event.seconds is not None and event.action != "skip"]
    return median(seconds) if seconds else None


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return fmean(values) if values else None


def _weighted(parts: Iterable[tuple[int, float | None]]) -> float | None:
    known = [(weight, value) for weight, value in parts if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total else None
