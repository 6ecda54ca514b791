import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.vision import ranking
from tiefvision_assets.vision.ranking import (
    RankingHead,
    Triplets,
    hinge_loss,
    infonce_loss,
    margins,
    softplus_loss,
    triplet_accuracy,
    with_products,
)


def unit(count: int, dimensions: int, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1)


def triplets(count: int, dimensions: int = 6, dtype: torch.dtype = torch.float32) -> Triplets:
    return Triplets(*(F.normalize(unit(count, dimensions, part).to(dtype), dim=1) for part in range(3)))


def naive_margin(triplet: list[np.ndarray]) -> float:
    reference, positive, negative = triplet
    return sum(r * p for r, p in zip(reference, positive, strict=True)) - sum(
        r * n for r, n in zip(reference, negative, strict=True)
    )


PRECISIONS = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])


@PRECISIONS
@pytest.mark.parametrize("margin", [0.0, 0.1, 1.0])
def test_the_losses_are_means_of_naive_dot_products(dtype, tolerance, margin):
    items = triplets(40, dtype=dtype)
    parts = [part.double().numpy() for part in (items.reference, items.positive, items.negative)]
    expected = [naive_margin(list(triplet)) for triplet in zip(*parts, strict=True)]
    assert margins(items).tolist() == pytest.approx(expected, abs=tolerance)
    softplus = [0.1 * math.log1p(math.exp(-value / 0.1)) for value in expected]
    assert softplus_loss(items, 0.1).item() == pytest.approx(np.mean(softplus), abs=tolerance)
    hinges = [max(0.0, margin - value) for value in expected]
    assert hinge_loss(items, margin).item() == pytest.approx(np.mean(hinges), abs=tolerance)


@PRECISIONS
def test_infonce_is_the_naive_cross_entropy_over_the_batchs_negatives(dtype, tolerance):
    items = triplets(7, dtype=dtype)
    losses = []
    for i in range(7):
        positive = math.exp(float(items.reference[i] @ items.positive[i]) / 0.2)
        negatives = [math.exp(float(items.reference[i] @ negative) / 0.2) for negative in items.negative]
        losses.append(-0.2 * math.log(positive / (positive + sum(negatives))))
    assert infonce_loss(items, 0.2).item() == pytest.approx(np.mean(losses), abs=tolerance)


@pytest.mark.parametrize("products", [1, 3, 6])
def test_products_add_the_squared_cosine_of_the_first_numbers(products):
    first, second = unit(5, 6, 0), unit(5, 6, 1)
    features = with_products(first, products) @ with_products(second, products).T
    for i in range(5):
        for j in range(5):
            one, other = first[i, :products], second[j, :products]
            cosine = one @ other / (one.norm() * other.norm())
            assert features[i, j].item() == pytest.approx((first[i] @ second[j] + cosine**2).item(), abs=1e-5)


@pytest.mark.parametrize("products", [0, 2, 50])
def test_the_untrained_head_leaves_embeddings_as_they_are(products):
    items, head = triplets(100), RankingHead.identity(6, products)
    assert torch.allclose(head(items.reference), items.reference, atol=1e-6)
    assert torch.allclose(margins(items.through(head)), margins(items), atol=1e-6)


def test_a_head_is_the_normalised_naive_map_and_comes_back_from_its_weights():
    head = RankingHead(torch.randn(4, 9, generator=torch.Generator().manual_seed(1)), 2)
    for vector in unit(10, 6, 3):
        x, y = F.normalize(vector[:2], dim=0)
        features = torch.cat([vector, torch.stack([x * x, 2**0.5 * x * y, y * y])])
        expected = head.weight @ features
        assert head(vector).tolist() == pytest.approx((expected / expected.norm()).tolist(), abs=1e-5)
    again = RankingHead.from_weights(head.state_dict())
    assert torch.equal(again(unit(3, 6, 0)), head(unit(3, 6, 0)))
    assert not again.training and not again.weight.requires_grad


def test_a_whole_catalogue_is_mapped_in_blocks_and_each_photo_as_alone(monkeypatch):
    """The products of 100,000 embeddings, all at once, took 1.3 gigabytes."""
    head = RankingHead(torch.randn(4, 9, generator=torch.Generator().manual_seed(1)), 2)
    made: list[int] = []

    def counted(embeddings: torch.Tensor, products: int) -> torch.Tensor:
        made.append(len(embeddings))
        return with_products(embeddings, products)

    monkeypatch.setattr(ranking, "with_products", counted)
    vectors = unit(10_000, 6, 0)
    mapped = head(vectors)
    assert max(made) <= 4096 and sum(made) == 10_000
    for row in (0, 4095, 4096, 9999):
        assert torch.allclose(mapped[row], head(vectors[row]), atol=1e-6)
    assert torch.equal(head(vectors.view(50, 200, 6)), mapped.view(50, 200, 4))
    assert head(vectors[:0]).shape == (0, 4)


def test_a_head_without_products_is_read_as_a_linear_map():
    weight = torch.randn(6, 6, generator=torch.Generator().manual_seed(1))
    vectors = unit(3, 6, 0)
    assert torch.allclose(RankingHead.from_weights({"weight": weight})(vectors), F.normalize(vectors @ weight.T, dim=1))


def test_a_tie_counts_one_half():
    east, north, west = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    items = Triplets(torch.stack([east] * 3), torch.stack([east, north, west]), torch.stack([north, north, east]))
    assert triplet_accuracy(None, items).tolist() == [1, 0.5, 0]
