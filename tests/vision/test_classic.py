import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tiefvision_assets.vision.classic import (
    NotComparable,
    classic_similarity,
    matching_cells,
    similarity_of_pair,
)


def cells(count: int, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(count, 5, 3, 4, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_the_similarity_is_the_mean_over_cells_of_dot_products():
    first, second = cells(3, 0), cells(4, 1)
    found = classic_similarity(first, second)
    assert found.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            products = [float(first[i, :, y, x] @ second[j, :, y, x]) for y in range(3) for x in range(4)]
            assert found[i, j].item() == pytest.approx(np.mean(products), abs=1e-6)


def test_a_photo_is_most_similar_to_itself():
    photos = cells(6, 2)
    found = classic_similarity(photos, photos)
    assert found.diagonal() == pytest.approx(1, abs=1e-6)
    assert (found.argmax(1) == torch.arange(6)).all()
    assert torch.allclose(found, found.T, atol=1e-6)


def one(height: int, seed: int, width: int = 4) -> torch.Tensor:
    return F.normalize(torch.randn(5, height, width, generator=torch.Generator().manual_seed(seed)), dim=0)


@given(heights=st.tuples(st.integers(1, 14), st.integers(1, 14)), seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_maps_are_compared_over_their_common_rows_unless_heights_differ_by_five(heights, seed):
    first, second = one(heights[0], seed), one(heights[1], seed + 1)
    found = similarity_of_pair(first, second)
    if abs(heights[0] - heights[1]) >= 5:
        assert found == NotComparable(heights) == matching_cells(first, second)
        return
    rows = min(heights)
    products = [float(first[:, y, x] @ second[:, y, x]) for y in range(rows) for x in range(4)]
    assert found == pytest.approx(np.mean(products), abs=1e-5)
    assert found == pytest.approx(similarity_of_pair(second, first), abs=1e-6)
    assert -1 - 1e-5 <= found <= 1 + 1e-5
    assert similarity_of_pair(first, first) == pytest.approx(1, abs=1e-5)


def test_maps_of_equal_heights_compare_as_in_the_table_of_all_pairs():
    first, second = one(6, 0), one(6, 1)
    assert similarity_of_pair(first, second) == pytest.approx(
        classic_similarity(first[None], second[None]).item(), abs=1e-6
    )


def test_maps_on_different_grids_are_an_error():
    with pytest.raises(ValueError, match="different grids"):
        matching_cells(one(6, 0), one(6, 1, width=5))
