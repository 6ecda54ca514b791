import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.vision.classic import classic_similarity


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
