"""Quick triplets: one question about two photos at a time, some of them asked again to see whether people agree with
themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from tiefvision_assets.store.labels.gold import drawn
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
    gold: Callable[[int], TripletTask | None] = lambda number: None,
) -> Iterator[TripletTask]:
    """A question about each of the references, with those among them that the person has answered before.

    ``share`` of the questions are repeats. Which ones depends on how many the person has answered: so the same
    follow one another however often the page is drawn, and an answer leads to the next. ``before`` is the number of
    questions that are shown before these; ``gold`` gives the question of a number whose answer is known, if that one is
    to be such.
    """
    answered = history.questions_answered(person) + before
    for reference in references:
        known = gold(answered)
        if known:
            answered += 1
            yield known
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
    if number <= LEAST_AGO or drawn(f"repeat {person} {number}") >= share:
        return None
    place = int(drawn(f"which {person} {number}") * (number - LEAST_AGO))
    for event in history.judgements(person, offset=place):
        label = event.label
        if isinstance(label, TripletLabel) and {label.reference, label.positive, label.negative} <= photos.keys():
            pair = shuffled([label.positive, label.negative], f"{person} {number}")
            return TripletTask(photos[label.reference], [photos[sha256] for sha256 in pair], quick=True)
    return None
