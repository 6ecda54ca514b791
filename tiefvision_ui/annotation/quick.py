"""Quick triplets: one question about two photos at a time, some of them asked again to see whether people agree with
themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from tiefvision_assets.store.labels.gold import GoldQuestion, drawn
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


class GoldDraw:
    """Draws for one person which questions are gold ones, and which: the same each time, none that they answered."""

    def __init__(
        self,
        asked: Sequence[GoldQuestion],
        answered: Collection[str],
        person: str,
        share: float,
        photos: Mapping[str, Photo],
    ) -> None:
        """``answered`` are the references of gold questions that the person has answered."""
        self._asked, self._answered = asked, set(answered)
        self._person, self._share, self._photos = person, share, photos

    def __call__(self, number: int) -> TripletTask | None:
        """The question of that number, if it is to be a gold one; none comes twice."""
        if not self._asked or drawn(f"gold {self._person} {number}") >= self._share:
            return None
        label = self._asked[int(drawn(f"which gold {self._person} {number}") * len(self._asked))].label
        if not isinstance(label, TripletLabel) or label.reference in self._answered:
            return None
        if not {label.reference, label.positive, label.negative} <= self._photos.keys():
            return None
        self._answered.add(label.reference)
        pair = shuffled([label.positive, label.negative], f"{self._person} {label.reference}")
        return TripletTask(self._photos[label.reference], [self._photos[sha256] for sha256 in pair], quick=True)
