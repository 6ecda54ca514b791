"""Which triplets of known answer somebody is asked, hidden among the other grids and quick questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tiefvision_assets.store.labels.gold import GoldQuestion, drawn
from tiefvision_assets.store.labels.schema import Way
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.annotation.candidates import shuffled
from tiefvision_ui.components.triplet_grid import TripletTask
from tiefvision_ui.values import Photo


class GoldDraw:
    """Draws for one person which questions are gold ones, and which: the same each time, none that they answered."""

    def __init__(
        self,
        asked: Sequence[GoldQuestion],
        answered: Collection[str],
        person: str,
        share: float,
        photos: Mapping[str, Photo],
        way: Way = "quick",
    ) -> None:
        """``answered`` are the references of gold questions that the person has answered."""
        self._asked, self._answered, self._way = asked, set(answered), way
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
        return self._task(label)

    def again(self, reference: str, pair: Collection[str]) -> TripletTask | None:
        """The question about these two photos if it is a gold one: the person took the answer back."""
        for question in self._asked:
            label = question.label
            if isinstance(label, TripletLabel) and label.reference == reference:
                return self._task(label) if {label.positive, label.negative} == set(pair) else None
        return None

    def _task(self, label: TripletLabel) -> TripletTask:
        pair = shuffled([label.positive, label.negative], f"{self._person} {label.reference}")
        candidates = [self._photos[sha256] for sha256 in pair]
        return TripletTask(self._photos[label.reference], candidates, quick=self._way == "quick")
