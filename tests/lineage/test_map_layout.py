"""A layout keeps neighbours together, and a point's place depends on nothing but the layout and itself."""

from __future__ import annotations

import numpy as np
import pytest

from tiefvision_assets.lineage import map_layout
from tiefvision_assets.lineage.map_layout import laid_out, on_principal_axes, placed


def clusters(count: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around as many directions as there are clusters, and the cluster of each."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, 24))
    vectors = np.repeat(centres, each, axis=0) + random.normal(size=(count * each, 24)) * 0.8
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(count), each)


def purity(positions: np.ndarray, cluster: np.ndarray, count: int = 8) -> float:
    apart = ((positions[:, None] - positions[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((cluster[np.argsort(apart, axis=1)[:, :count]] == cluster[:, None]).mean())


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layout, "STEPS", 100)


def test_clusters_lie_together_which_two_axes_cannot_separate() -> None:
    vectors, cluster = clusters(12, 25)
    assert purity(on_principal_axes(vectors), cluster) < 0.7
    assert purity(laid_out(vectors, 0), cluster) > 0.95


def test_the_same_seed_gives_the_same_layout_and_another_one_another() -> None:
    vectors, _ = clusters(4, 20)
    first = laid_out(vectors, 3)
    np.testing.assert_array_equal(first, laid_out(vectors, 3))
    assert np.abs(first - laid_out(vectors, 4)).max() > 0.1


def test_new_points_come_to_their_own_kind() -> None:
    vectors, cluster = clusters(12, 40)
    is_anchor = np.arange(len(vectors)) % 2 == 0
    positions = np.zeros((len(vectors), 2), dtype=np.float32)
    positions[is_anchor] = laid_out(vectors[is_anchor], 0)
    positions[~is_anchor] = placed(vectors[~is_anchor], vectors[is_anchor], positions[is_anchor])
    assert purity(positions, cluster) > 0.95


@pytest.mark.parametrize("size", [1, 7])
def test_a_point_lies_at_the_same_place_whichever_others_are_placed_with_it(size: int) -> None:
    vectors, _ = clusters(6, 20)
    anchors, others = vectors[7:], vectors[:7]
    positions = on_principal_axes(anchors)
    together = placed(others, anchors, positions)
    parts = [placed(others[start : start + size], anchors, positions) for start in range(0, len(others), size)]
    np.testing.assert_array_equal(np.concatenate(parts), together)
    backwards = placed(others[::-1], anchors, positions)[::-1]
    np.testing.assert_array_equal(backwards, together)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_few_photos_have_finite_places(count: int) -> None:
    vectors, _ = clusters(1, count)
    assert np.isfinite(laid_out(vectors, 0)).all()
    assert np.isfinite(placed(vectors, vectors, laid_out(vectors, 0))).all()


def test_photos_that_are_all_the_same_have_finite_places() -> None:
    vectors = np.tile(clusters(1, 1)[0], (40, 1))
    assert np.isfinite(laid_out(vectors, 0)).all()
    assert np.isfinite(placed(vectors[:3], vectors, laid_out(vectors, 0))).all()
