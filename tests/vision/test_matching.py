import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.vision.classic import classic_similarity
from tiefvision_assets.vision.matching import match_cells


def both(seed: int) -> torch.Tensor:
    """(2, 8, 3, 5) cells of an object and, as if encoding commuted with flipping, of its mirror image."""
    cells = F.normalize(torch.rand(8, 3, 5, generator=torch.Generator().manual_seed(seed)), dim=0)
    return torch.stack([cells, cells.flip(-1)])


def test_the_cosines_are_those_of_the_cells_at_the_same_place():
    first, second = both(0), both(1)
    match = match_cells(first.numpy(), second.numpy())
    other = second[1] if match.mirrored else second[0]
    for row in range(3):
        for column in range(5):
            expected = sum(first[0, c, row, column] * other[c, row, column] for c in range(8))
            assert match.cosines[row, column] == pytest.approx(float(expected), abs=1e-6)
    straight, mirrored = (classic_similarity(first[:1], second[n : n + 1]).item() for n in (0, 1))
    assert match.cosines.mean().item() == pytest.approx(max(straight, mirrored), abs=1e-6)


def test_a_mirror_image_matches_mirrored():
    first = both(0)
    match = match_cells(first.numpy(), first.flip(0).numpy())
    assert match.mirrored
    assert match.cosines == pytest.approx(np.ones((3, 5)), abs=1e-6)


def test_a_tie_goes_to_the_upright_photo():
    symmetric = F.normalize(torch.ones(4, 2, 2), dim=0).expand(2, 4, 2, 2)
    match = match_cells(symmetric.numpy(), symmetric.numpy())
    assert not match.mirrored
