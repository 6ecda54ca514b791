"""How far two lists of hits agree, and what differs on average."""

from __future__ import annotations

import numpy as np
import pytest

from tiefvision_assets.lineage.moved_queries import (
    HITS,
    NO_HIT,
    moves_between,
    paired,
    paired_by,
    products,
    shares_of_own,
    with_hits,
)


def extrapolated(old: list[int], new: list[int], p: float) -> float:
    """Equation 32 of Webber et al., word for word, for lists of one length."""
    k = len(old)
    shared = [len(set(old[:d]) & set(new[:d])) for d in range(1, k + 1)]
    return shared[-1] / k * p**k + (1 - p) / p * sum(shared[d - 1] / d * p**d for d in range(1, k + 1))


def test_equal_hits_have_moved_nowhere_and_others_all_the_way():
    old = np.array([[1, 2, 3], [1, 2, 3], [1, 2, NO_HIT], [NO_HIT] * 3])
    new = np.array([[1, 2, 3], [4, 5, 6], [1, 2, NO_HIT], [NO_HIT] * 3])
    moves = moves_between(old, new)
    assert moves.overlap.tolist() == [1, 0, 1, 1]
    assert moves.rbo == pytest.approx([1, 0, 1, 1])
    assert moves.order[0] == 1


def test_rank_biased_overlap_is_that_of_the_paper():
    draw = np.random.default_rng(0)
    old = np.stack([draw.permutation(15)[:10] for _ in range(20)])
    new = np.stack([draw.permutation(15)[:10] for _ in range(20)])
    expected = [extrapolated(first.tolist(), second.tolist(), 0.9) for first, second in zip(old, new, strict=True)]
    assert moves_between(old, new).rbo == pytest.approx(expected)


def test_a_change_at_the_top_weighs_more_than_one_at_the_end():
    old = np.tile(np.arange(10), (2, 1))
    new = old.copy()
    new[0, 0], new[1, 9] = 10, 10
    moves = moves_between(old, new)
    assert moves.overlap[0] == moves.overlap[1] == pytest.approx(0.9)
    assert moves.order.tolist() == [0, 1]


def test_hits_of_the_own_group_count_neither_for_nor_against():
    labels, groups = np.array(list("aabb")), np.array([0, 0, 1, 2])
    hits = np.array([[1, 2, 3], [2, NO_HIT, NO_HIT], [1, NO_HIT, NO_HIT]])
    found = shares_of_own(hits, labels, groups, np.array([0, 2, 0]))
    assert found[0] == 0, "photo 1 is of the query's group"
    assert np.isnan(found[1:]).all(), "and here there is no other"


def test_differences_are_paired_and_resample_whole_clusters():
    old = np.array([0.0, 0.0, 1.0, np.nan])
    new = np.array([1.0, 1.0, 1.0, 1.0])
    clusters = np.array(["x", "x", "y", "z"])
    found = paired(old, new, clusters)
    assert (found["n"], found["new"]) == (3, 1)
    assert found["difference"] == pytest.approx(2 / 3) and found["old"] == pytest.approx(1 / 3)
    low, high = found["ci95"]
    assert low == 0 and high == 1, "either cluster may be drawn twice"
    assert paired(old[:2], new[:2], clusters[:2])["ci95"] is None
    assert np.isnan(paired(old[:0], new[:0], clusters[:0])["difference"])


def test_groups_are_told_apart():
    found = paired_by(["b", "a", "a"], {"m": (np.zeros(3), np.array([1.0, 0.5, 0.5]))}, np.arange(3))
    assert list(found) == ["a", "b"]
    assert found["a"]["m"]["difference"] == 0.5 and found["b"]["m"]["n"] == 1


def test_rows_are_passed_on_and_their_best_hits_kept():
    vectors = np.eye(4, dtype=np.float16)
    vectors[1] = vectors[0]
    hits: list[np.ndarray] = []
    rows = list(with_hits(products(vectors), np.array([0, 1, 1, 2]), hits))
    assert np.allclose(np.stack(rows), vectors.astype(np.float32) @ vectors.T)
    assert hits[0][:2].tolist() == [1, 2] and len(hits[0]) == HITS
    assert set(hits[1].tolist()) == {0, 3, NO_HIT}
