"""One photo's vectors by NumPy are those that PyTorch computes of a whole catalogue."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.vision.random_heads import weights_of
from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.objects import with_flipped
from tiefvision_assets.vision.query import EvenComponents, appearance, ranked
from tiefvision_assets.vision.ranking import RankingHead


def cells_of(photos: int, seed: int = 0) -> np.ndarray:
    first = np.random.default_rng(seed).standard_normal((photos, 5, 3, 3), dtype=np.float32)
    return with_flipped(normalised(first, axis=1))


def weights_of_basis(basis: Basis) -> dict[str, np.ndarray]:
    return {"mean": basis.mean, "components": basis.components}


def test_the_appearance_is_the_mirror_invariant_embedding():
    basis = Basis.fit(cells_of(12)[:, 0], 8)
    for cells in cells_of(4, seed=1):
        found = appearance(cells[None], weights_of_basis(basis))
        assert found.dtype == np.float32
        assert found == pytest.approx(mirror_invariant(basis(cells[None])), abs=1e-5)


def test_where_a_photo_and_its_mirror_image_cancel_it_is_the_photos_own():
    cells = cells_of(1)
    basis = Basis.fit(cells[:, 0], 8)
    found = appearance(cells, weights_of_basis(basis))
    assert found == pytest.approx(mirror_invariant(basis(cells)), abs=1e-5)
    assert np.linalg.norm(found) == pytest.approx(1)


@pytest.mark.parametrize("columns", [3, 4])
def test_even_components_are_all_that_an_appearance_needs(columns):
    draw = np.random.default_rng(2)
    sample, cells = (normalised(draw.standard_normal((n, 5, 3, columns), dtype=np.float32), axis=1) for n in (12, 4))
    weights = weights_of_basis(Basis.fit(sample, 11))
    even = EvenComponents.of(weights, columns)
    assert 0 < len(even.components) < 11
    assert even.appearance(cells) == pytest.approx(appearance(with_flipped(cells), weights), abs=1e-5)


def test_of_an_object_that_its_mirror_image_cancels_even_components_say_nothing():
    cells = cells_of(1)
    basis = Basis.fit(cells[:, 0], 8)
    assert EvenComponents.of(weights_of_basis(basis), 3).appearance(cells[:, 0]) is None


@pytest.mark.parametrize("products", [0, 4])
def test_the_ranking_head_is_the_modules(products):
    draw = torch.Generator().manual_seed(3)
    head = RankingHead(torch.randn(6, 8 + products * (products + 1) // 2, generator=draw), products)
    embedding = F.normalize(torch.randn(3, 8, generator=draw), dim=1)
    found = ranked(embedding.numpy(), weights_of(head))
    assert found.dtype == np.float32 and found == pytest.approx(head(embedding).detach().numpy(), abs=1e-5)


def test_a_head_of_before_products_is_read():
    embedding = np.eye(1, 4, dtype=np.float32)
    assert ranked(embedding, {"weight": np.eye(4, dtype=np.float32)}).tolist() == embedding.tolist()
