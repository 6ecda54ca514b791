"""Hits of one shot lie under the best of them."""

import numpy as np

from tiefvision_assets.box import Box
from tiefvision_assets.search.answers import _repeated
from tiefvision_assets.search.hits import SearchHit, SearchResult


def hit(name: str, *, duplicate: bool = False, repeats: str | None = None) -> SearchHit:
    level = "same" if duplicate else "related"
    return SearchHit(name, f"{name}.jpg", name, 0.5, level, duplicate, repeats)


def shots(*hits: SearchHit) -> list[str]:
    found = SearchResult("query", "supervised", Box(0, 0, 1, 1), 1.0, hits).shots
    return ["".join(each.image_id for each in (shot.best, *shot.twins)) for shot in found]


def test_without_twins_each_hit_is_a_shot():
    assert shots(hit("a"), hit("b")) == ["a", "b"]
    assert shots() == []


def test_twins_lie_under_the_best_wherever_they_rank():
    assert shots(hit("a"), hit("b"), hit("c", repeats="a"), hit("d", repeats="b"), hit("e", repeats="a")) == [
        "ace",
        "bd",
    ]


def test_the_querys_own_shot_comes_first_and_is_one():
    assert shots(hit("a"), hit("b", duplicate=True), hit("c", duplicate=True)) == ["bc", "a"]
    assert shots(hit("b", duplicate=True), hit("a", repeats="b")) == ["ba"], "close to a copy, if not to the query"


def test_a_vector_repeats_the_first_one_that_is_as_close_as_a_copy():
    vectors = np.array([[1, 0], [0, 1], [0.999, 0.0447], [1, 0], [0.7, 0.7]], np.float32)
    assert _repeated(vectors, 0.97) == [None, None, 0, 0, None]
    assert _repeated(vectors[:0], 0.97) == []
