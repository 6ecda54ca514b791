"""Judgements of triplets that were made more than once: how often people agree with one another and with themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one person said once about two photos and a reference."""

    annotator: str
    label: TripletLabel
    tie: bool = False
    """Whether the person found both photos equally close."""

    @property
    def question(self) -> tuple[str, frozenset[str]]:
        """The reference and the two photos."""
        return self.label.reference, frozenset((self.label.positive, self.label.negative))

    def agrees_with(self, other: Judgement) -> bool:
        """Whether both give the same answer to the same question."""
        return self.tie == other.tie and (self.tie or self.label == other.label)


@dataclass(frozen=True, slots=True)
class Repetition:
    """Two judgements of one question, by two people or by one at two times, and whether they agree."""

    reference: str
    agree: bool


@dataclass(frozen=True, slots=True)
class Repetitions:
    """Of all judgements: those by two people, and those by one person."""

    between: tuple[Repetition, ...]
    """Of every two people who were asked the same, the newest answer of each."""
    within: tuple[Repetition, ...]
    """Of one person who was asked the same again, every answer and the one before."""


def judgements_of(events: Iterable[Event]) -> list[Judgement]:
    """The annotators' standing judgements in the app, oldest first; skips are none."""
    return [
        Judgement(event.annotator, event.label, event.action == "tie")
        for event in events
        if isinstance(event.label, TripletLabel)
        and event.action in ("label", "tie")
        and (event.role, event.source) == ("annotator", "app")
    ]


def repetitions(judgements: Iterable[Judgement]) -> Repetitions:
    """The judgements, oldest first, of questions that were asked more than once."""
    asked: dict[tuple[str, frozenset[str]], dict[str, list[Judgement]]] = defaultdict(lambda: defaultdict(list))
    for judgement in judgements:
        asked[judgement.question][judgement.annotator].append(judgement)
    between, within = [], []
    for (reference, _), answers in asked.items():
        newest = [answers[name][-1] for name in sorted(answers)]
        between += [Repetition(reference, one.agrees_with(other)) for one, other in combinations(newest, 2)]
        again = (pair for own in answers.values() for pair in pairwise(own))
        within += [Repetition(reference, one.agrees_with(other)) for one, other in again]
    return Repetitions(tuple(between), tuple(within))
