"""Quick triplets: one question about two photos at a time, some of them asked again to see whether people agree with
themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.annotation.candidates import shuffled
from tiefvision_ui.components.triplet_grid import TripletTask
from tiefvision_ui.values import Photo

LEAST_AGO = 20
"""A question is asked again after at least this number of others, when its answer is hardly remembered."""


def questions(
    references: Iterable[Photo],
    history: LabelHistory,
    person: str,
    share: float,
    photos: Mapping[str, Photo],
    ask: Callable[[Photo], TripletTask],
    before: int = 0,
) -> Iterator[TripletTask]:
    """A question about each of the references, with those among them that the person has answered before.

    ``share`` of the questions are repeats. Which ones depends on how many the person has answered: so the same
    follow one another however often the page is drawn, and an answer leads to the next. ``before`` is the number of
    questions that are shown before these.
    """
    answered = history.questions_answered(person) + before
    for reference in references:
        again = repeat(history, person, answered, share, photos)
        if again:
            answered += 1
            yield again
        answered += 1
        yield ask(reference)


def repeat(
    history: LabelHistory, person: str, number: int, share: float, photos: Mapping[str, Photo]
) -> TripletTask | None:
    """A question that the person has answered before, if the one of that number is to be such; not to be told from
    others."""
    if number <= LEAST_AGO or _drawn(f"repeat {person} {number}") >= share:
        return None
    place = int(_drawn(f"which {person} {number}") * (number - LEAST_AGO))
    for event in history.judgements(person, offset=place):
        label = event.label
        if isinstance(label, TripletLabel) and {label.reference, label.positive, label.negative} <= photos.keys():
            pair = shuffled([label.positive, label.negative], f"{person} {number}")
            return TripletTask(photos[label.reference], [photos[sha256] for sha256 in pair], quick=True)
    return None


def _drawn(seed: str) -> float:
    """A number in [0, 1) that depends on the seed alone."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") / 2**48
