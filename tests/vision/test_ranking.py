import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.assets.ranking import RankingHeadConfig
from tiefvision_assets.vision.ranking import (
    LOOK,
    RankingConfig,
    RankingHead,
    Triplets,
    hinge_loss,
    infonce_loss,
    margins,
    penalty_weight,
    ranking_loss,
    softplus_loss,
    train_ranking_head,
    triplet_accuracy,
)

CONFIG = RankingConfig(
    loss="hinge",
    margin=0.1,
    temperature=0.1,
    steps=150,
    batch=64,
    learning_rate=0.01,
    identity_penalty=0.0,
    patience=5,
    seed=3,
)


def unit(count: int, dimensions: int, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1)


def triplets(count: int, dimensions: int = 6, seed: int = 0) -> Triplets:
    return Triplets(*(unit(count, dimensions, 10 * seed + part) for part in range(3)))


def naive_margin(weight: np.ndarray, triplet: list[np.ndarray]) -> float:
    mapped = [weight @ vector for vector in triplet]
    reference, positive, negative = [vector / np.sqrt((vector**2).sum()) for vector in mapped]
    return sum(r * p for r, p in zip(reference, positive, strict=True)) - sum(
        r * n for r, n in zip(reference, negative, strict=True)
    )


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("margin", [0.0, 0.1, 1.0])
def test_the_loss_is_the_mean_hinge_of_naive_dot_products(dtype, tolerance, margin):
    items = triplets(40)
    items = Triplets(*(part.to(dtype) for part in (items.reference, items.positive, items.negative)))
    head = RankingHead(6).to(dtype)
    head.weight.data += 0.5 * torch.randn(6, 6, generator=torch.Generator().manual_seed(9), dtype=dtype)
    weight = head.weight.detach().double().numpy()
    parts = [part.double().numpy() for part in (items.reference, items.positive, items.negative)]
    expected = [naive_margin(weight, list(triplet)) for triplet in zip(*parts, strict=True)]
    assert margins(head, items).tolist() == pytest.approx(expected, abs=tolerance)
    softplus = [0.1 * math.log1p(math.exp(-value / 0.1)) for value in expected]
    assert softplus_loss(head, items, 0.1).item() == pytest.approx(np.mean(softplus), abs=tolerance)
    hinges = [max(0.0, margin - value) for value in expected]
    assert hinge_loss(head, items, margin).item() == pytest.approx(np.mean(hinges), abs=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_infonce_is_the_naive_cross_entropy_over_the_batchs_negatives(dtype, tolerance):
    items = triplets(7)
    items = Triplets(
        *(F.normalize(part.to(dtype), dim=1) for part in (items.reference, items.positive, items.negative))
    )
    head = RankingHead(6).to(dtype)
    losses = []
    for i in range(7):
        positive = math.exp(float(items.reference[i] @ items.positive[i]) / 0.2)
        negatives = [math.exp(float(items.reference[i] @ negative) / 0.2) for negative in items.negative]
        losses.append(-0.2 * math.log(positive / (positive + sum(negatives))))
    assert infonce_loss(head, items, 0.2).item() == pytest.approx(np.mean(losses), abs=tolerance)


@pytest.mark.parametrize("loss", ["hinge", "softplus", "infonce"])
def test_each_loss_learns_and_the_best_map_on_held_out_triplets_is_kept(loss):
    config = replace(CONFIG, loss=loss)
    held_out = hidden_triplets(100, 5)
    head, curve = train_ranking_head(hidden_triplets(600, 1), config, held_out)
    assert triplet_accuracy(head, held_out).mean() > triplet_accuracy(None, held_out).mean()
    assert ranking_loss(head, held_out, config).item() == pytest.approx(min(curve.held_out), abs=1e-5)
    assert curve.best == LOOK * int(np.argmin(curve.held_out))


def test_what_held_out_triplets_refute_leaves_the_identity():
    learned, opposite = hidden_triplets(100, 1), hidden_triplets(100, 5)
    refuted = Triplets(opposite.reference, opposite.negative, opposite.positive)
    head, curve = train_ranking_head(learned, replace(CONFIG, patience=1, learning_rate=0.05), refuted)
    assert curve.best == 0 and torch.equal(head.weight, torch.eye(12))
    assert len(curve.training) < CONFIG.steps


@pytest.mark.parametrize("seed", range(6))
def test_fifty_triplets_never_make_the_ranking_worse(seed):
    """Embeddings of 64 numbers in which people weigh a few axes more: the default head, learned from few triplets."""
    weights = torch.ones(64)
    weights[:8] = 3.0

    def drawn(count: int, number: int) -> Triplets:
        parts = [unit(count, 64, 1000 * seed + 10 * number + part) for part in range(3)]
        reference, first, second = [F.normalize(part * weights, dim=1) for part in parts]
        swapped = ((reference * (first - second)).sum(1) < 0)[:, None]
        positive, negative = torch.where(swapped, parts[2], parts[1]), torch.where(swapped, parts[1], parts[2])
        return Triplets(parts[0], positive, negative)

    config = RankingConfig(**RankingHeadConfig().model_dump())
    head, _ = train_ranking_head(drawn(45, 1), config, drawn(5, 2))
    unseen = drawn(4000, 3)
    before, after = triplet_accuracy(None, unseen).mean().item(), triplet_accuracy(head, unseen).mean().item()
    assert after >= before - 0.005


def test_the_fewer_triplets_the_stronger_the_pull_to_the_identity():
    config = replace(CONFIG, identity_penalty=0.02)
    assert penalty_weight(config, 50) == pytest.approx(0.42)
    assert penalty_weight(config, 100_000) == pytest.approx(0.0202)


def test_the_untrained_head_ranks_as_the_embedding_does():
    items, head = triplets(100), RankingHead(6)
    assert torch.allclose(head(items.reference), items.reference, atol=1e-6)
    assert torch.allclose(margins(head, items), margins(None, items), atol=1e-6)
    _, curve = train_ranking_head(items, replace(CONFIG, steps=1, batch=10_000))
    drawn = torch.randint(100, (100,), generator=torch.Generator().manual_seed(CONFIG.seed))
    assert curve.training[0] == pytest.approx(F.relu(0.1 - margins(None, items[drawn])).mean().item(), abs=1e-6)


def hidden_triplets(count: int, seed: int) -> Triplets:
    """Ordered by three of twelve numbers alone, as people see colour and not the noise."""
    items = triplets(count, 12, seed)
    seen = [part[:, :3] for part in (items.reference, items.positive, items.negative)]
    reference, first, second = [F.normalize(part, dim=1) for part in seen]
    swapped = ((reference * (first - second)).sum(1) < 0)[:, None]
    return Triplets(
        items.reference,
        torch.where(swapped, items.negative, items.positive),
        torch.where(swapped, items.positive, items.negative),
    )


def test_a_hidden_linear_map_is_learned_from_its_triplets():
    head, curve = train_ranking_head(hidden_triplets(600, 1), CONFIG)
    unseen = hidden_triplets(400, 2)
    before, after = triplet_accuracy(None, unseen).mean().item(), triplet_accuracy(head, unseen).mean().item()
    assert before < 0.8
    assert after > before + 0.1
    assert np.mean(curve.training[-20:]) < 0.5 * curve.training[0]


def test_few_triplets_change_a_penalised_head_little():
    few = hidden_triplets(3, 1)
    distance = {}
    for penalty in (0.0, 10.0):
        head, _ = train_ranking_head(few, replace(CONFIG, identity_penalty=penalty))
        distance[penalty] = (head.weight - torch.eye(12)).norm().item()
    assert distance[10.0] < 0.4 * distance[0.0]
    unseen = unit(200, 12, 77)
    assert (head(unseen) * unseen).sum(1).min() > 0.97


def test_training_depends_on_the_seed_alone():
    items = hidden_triplets(50, 1)
    torch.manual_seed(0)
    first, _ = train_ranking_head(items, replace(CONFIG, steps=10, batch=8))
    torch.manual_seed(1)
    again, _ = train_ranking_head(items, replace(CONFIG, steps=10, batch=8))
    other, _ = train_ranking_head(items, replace(CONFIG, steps=10, batch=8, seed=4))
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)


def test_a_trained_head_is_frozen_and_comes_back_from_its_weights():
    told = []
    config = replace(CONFIG, steps=4)
    head, curve = train_ranking_head(hidden_triplets(20, 1), config, progress=lambda *step: told.append(step))
    assert not head.training and not head.weight.requires_grad
    assert told[:4] == list(zip([1, 2, 3, 4], curve.training, strict=True))
    again = RankingHead.from_weights(head.state_dict())
    assert torch.equal(again(unit(3, 12, 0)), head(unit(3, 12, 0)))
    assert head(unit(3, 12, 0)).norm(dim=1) == pytest.approx(1, abs=1e-5)


def test_a_tie_counts_one_half():
    east, north, west = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    items = Triplets(torch.stack([east] * 3), torch.stack([east, north, west]), torch.stack([north, north, east]))
    assert triplet_accuracy(None, items).tolist() == [1, 0.5, 0]


def test_no_triplet_is_an_error():
    with pytest.raises(ValueError, match="no triplet"):
        train_ranking_head(triplets(0), CONFIG)
