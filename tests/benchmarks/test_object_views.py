"""Looks at an object against their definitions."""

import numpy as np
import pytest

from benchmarks.object_views import Look, pooled, whitened
from tiefvision_assets.box import Box
from tiefvision_assets.vision.box_heads import normalised


def test_a_cell_of_a_pooled_map_is_the_mean_of_its_cells_of_unit_length():
    cells = np.random.default_rng(0).standard_normal((2, 3, 4, 6)).astype(np.float32)
    found = pooled(cells, 2)
    assert found.shape == (2, 3, 2, 3)
    for photo, row, column in np.ndindex(2, 2, 3):
        mean = cells[photo, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].mean(axis=(1, 2))
        assert found[photo, :, row, column] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_margin_grows_a_box_on_all_sides_and_leaves_the_photo_only_where_it_is_cut_out():
    assert Look(margin=0.1).box(Box(20, 30, 120, 80)) == Box(10, 25, 130, 85)
    assert Look(margin=0.5).box(Box(20, 10, 120, 110)) == Box(0, 0, 170, 160)


def test_whitening_leaves_directions_as_strong_as_the_shrunken_spread_says():
    draw = np.random.default_rng(0)
    vectors = normalised(draw.standard_normal((500, 4)) * [3, 1, 1, 0.1], axis=1)
    variance = vectors.var(0)
    expected = vectors / np.maximum(variance, (variance + variance.mean()) / 2) ** 0.25
    found = whitened(vectors, 0.5)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-6)
    assert (found * np.linalg.norm(expected, axis=1, keepdims=True)) == pytest.approx(expected, abs=1e-5)
