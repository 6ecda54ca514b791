"""The recall that is measured without fetching all vectors is that against exact search over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.without_photos import unit_vectors
from tiefvision_assets.store.milvus.recall import COUNTED, Truth, tuned
from tiefvision_assets.store.neighbours import ExactIndex

PHOTOS = 90
VECTORS = unit_vectors(PHOTOS // 2, seed=3).astype(np.float16)[np.arange(PHOTOS) // 2]
"""Each vector twice: photos of the same object."""


@dataclass
class Finding:
    """Exact search over some photos, which misses those of the ids ``missed``."""

    numbers: np.ndarray
    missed: frozenset[int] = frozenset()

    @property
    def ids(self) -> pd.Series:
        return pd.Series(names(self.numbers))

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        among = ~np.isin(self.numbers, list(self.missed))
        return ExactIndex(VECTORS[self.numbers]).search(queries, k, among)


def names(numbers: np.ndarray) -> np.ndarray:
    return np.array([f"i{number}" for number in numbers], dtype=object)


def naive(truth: Truth, index: Finding) -> float:
    """The recall by the scores of all photos."""
    found, total = 0, 0
    _, scores = index.search(truth.queries, COUNTED + 1)
    for line, own in enumerate(truth.own):
        others = index.numbers[names(index.numbers) != own]
        exact = np.sort(VECTORS[others].astype(np.float64) @ truth.queries[line].astype(np.float64))[::-1][:COUNTED]
        own_is_found = own in names(index.numbers[~np.isin(index.numbers, list(index.missed))])
        hits = scores[line] >= np.float32(exact[-1])
        found += min(COUNTED, int(hits.sum()) - own_is_found)
        total += COUNTED
    return found / total


nights = st.lists(st.sets(st.integers(0, PHOTOS - 1), min_size=40), min_size=1, max_size=4)


@given(nights=nights, missed=st.frozensets(st.integers(0, PHOTOS - 1), max_size=20))
@settings(max_examples=12, deadline=None)
def test_after_any_nights_it_is_the_recall_against_all_photos(tmp_path_factory, nights, missed):
    folder = tmp_path_factory.mktemp("truth")
    before = np.sort(list(nights[0]))
    truth = Truth.of(names(before), VECTORS[before])
    for night in nights[1:]:
        now = np.sort(list(night))
        gone, added = np.setdiff1d(before, now), np.setdiff1d(now, before)
        still = truth.without(names(gone))
        anew = still is None  # too few queries whose nearest are known
        truth = Truth.of(names(now), VECTORS[now]) if anew else still.along_with(names(added), VECTORS[added])
        truth.save(folder)
        truth = Truth.load(folder)
        before = now
    assert truth.recall(Finding(before)) == 1
    index = Finding(before, missed - {int(own[1:]) for own in truth.own[:1]})
    assert truth.recall(index) == pytest.approx(naive(truth, index))


def test_a_catalogue_of_one_photo_has_nothing_to_miss():
    one = np.array([5])
    assert Truth.of(names(one), VECTORS[one]).recall(Finding(one)) == 1


def test_candidates_are_doubled_until_enough_is_found():
    numbers = np.arange(PHOTOS)

    @dataclass
    class Shy(Finding):
        """Finds everything with 500 candidates."""

        def __post_init__(self) -> None:
            self.measured: dict[str, float] = {}

        def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
            self.missed = frozenset(range(20)) if self.measured["ef"] < 500 else frozenset()
            return super().search(queries, k)

    truth = Truth.of(names(numbers), VECTORS[numbers])
    assert tuned(Shy(numbers), truth) == {"ef": 512, "recall@10": 1}
    assert tuned(Shy(numbers), truth, 8_192.0)["ef"] == 8_192, "never fewer than before"
