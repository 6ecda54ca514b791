import numpy as np
import pytest
import torch

from tests.vision.random_triplets import parts_of, sorted_by, unit
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.vision.ranking import RankingHead, Triplets, margins, triplet_accuracy
from tiefvision_assets.vision.ranking_training import EVALUATION_INTERVAL, Curve, Part, train_ranking_head

CONFIG = RankingHeadParameters()


FEW_AXES = torch.tensor([3.0] * 3 + [0.0] * 9)
SOME_MORE = torch.tensor([3.0] * 8 + [1.0] * 56)


def trained(triplets: Triplets, config: RankingHeadParameters = CONFIG, **others) -> tuple[RankingHead, Curve]:
    return train_ranking_head(triplets, thirds(len(triplets)), config, **others)


def thirds(count: int) -> list[Part]:
    fold = torch.arange(count) % 3
    return [Part(judged=fold == number, learned=fold != number) for number in range(3)]


def accuracies(head: RankingHead, unseen: Triplets) -> tuple[float, float]:
    return triplet_accuracy(None, unseen).mean().item(), triplet_accuracy(head, unseen).mean().item()


@pytest.mark.parametrize("loss", ["hinge", "softplus", "infonce"])
@pytest.mark.parametrize("products", [0, 6])
def test_each_loss_learns_a_hidden_map_from_its_triplets(loss, products):
    head, curve = trained(sorted_by(FEW_AXES, 600, 1), CONFIG.model_copy(update={"loss": loss, "products": products}))
    before, after = accuracies(head, sorted_by(FEW_AXES, 400, 2))
    assert before < 0.8
    assert after > before + 0.1
    assert min(curve.held_out) < 0.7 * curve.unsupervised


def test_products_learn_what_no_linear_map_can():
    """People see two photos alike where their first two numbers have the same sign of the product."""
    parts = [unit(1500, 6, part) for part in range(3)]
    kind = [(part[:, 0] * part[:, 1] > 0) for part in parts]
    closer, farther = kind[0] == kind[1], kind[0] == kind[2]
    reported = Triplets(*(part[closer & ~farther] for part in parts))
    learned, unseen = Triplets(*(p[:200] for p in parts_of(reported))), Triplets(*(p[200:] for p in parts_of(reported)))
    linear, quadratic = (
        accuracies(trained(learned, CONFIG.model_copy(update={"products": products}))[0], unseen)[1]
        for products in (0, 6)
    )
    assert quadratic > linear + 0.1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [20, 50])
def test_few_triplets_never_make_the_ranking_worse(seed, count):
    head, _ = trained(sorted_by(SOME_MORE, count, 10 + seed))
    before, after = accuracies(head, sorted_by(SOME_MORE, 4000, 30 + seed))
    assert after >= before - 0.01


def test_triplets_told_by_chance_leave_the_ranking_nearly_as_it_is():
    chance = Triplets(*(unit(200, 32, part) for part in range(3)))
    head, curve = trained(chance)
    unseen = Triplets(*(unit(2000, 32, 10 + part) for part in range(3)))
    agreed = ((margins(unseen.through(head)) > 0) == (margins(unseen) > 0)).float().mean()
    assert curve.start.share <= 0.3 and agreed > 0.85


def test_as_many_steps_are_taken_as_ranked_left_out_triplets_best():
    learned = sorted_by(FEW_AXES, 300, 1)
    head, curve = trained(learned)
    assert curve.best == EVALUATION_INTERVAL * int(np.argmin(curve.held_out)) == len(curve.training)
    reported: list[tuple[int, int]] = []
    again, _ = trained(learned, progress=lambda *step: reported.append(step))
    assert torch.equal(again.weight, head.weight)
    # three folds are left out one by one, for all steps; then everything is trained on, for as many as were best
    assert reported == [(step, 4 * CONFIG.steps) for step in range(1, 3 * CONFIG.steps + curve.best + 1)]
    assert not head.training and not head.weight.requires_grad


def test_training_depends_on_the_seed_alone():
    items = sorted_by(FEW_AXES, 400, 1)
    config = CONFIG.model_copy(update={"batch": 16})
    torch.manual_seed(0)
    first, curve = trained(items, config)
    torch.manual_seed(1)
    again, _ = trained(items, config)
    other, _ = trained(items, config.model_copy(update={"seed": 4}))
    assert curve.best > 0
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)


def test_without_two_parts_to_judge_by_the_head_stays_the_identity():
    items = sorted_by(FEW_AXES, 50, 1)
    everyone, nobody = torch.ones(50, dtype=torch.bool), torch.zeros(50, dtype=torch.bool)
    head, curve = train_ranking_head(items, [Part(everyone, nobody), Part(nobody, everyone)], CONFIG)
    unseen = unit(20, 12, 5)
    assert torch.allclose(head(unseen), unseen, atol=1e-6) and curve.best == 0 and not curve.held_out
    unjudged, _ = train_ranking_head(items, thirds(50)[:1], CONFIG)
    assert torch.allclose(unjudged(unseen), unseen, atol=1e-6)


def test_one_photo_in_all_places_is_no_direction_to_learn():
    same = unit(1, 12, 0).expand(30, -1)
    head, _ = trained(Triplets(same, same, same))
    assert torch.allclose(head(unit(5, 12, 1)), unit(5, 12, 1), atol=1e-5)


@pytest.mark.parametrize("sides", [1, 3])
def test_references_without_any_embedding_teach_nothing(sides):
    """Photos that all look the same have one: the basis knows only what differs."""
    parts = [torch.zeros(30, 12) if side < sides else unit(30, 12, side) for side in range(3)]
    head, curve = trained(Triplets(*parts))
    assert curve.start.share == 0
    assert torch.allclose(head(unit(5, 12, 1)), unit(5, 12, 1), atol=1e-6)


def test_no_triplet_is_an_error():
    with pytest.raises(ValueError, match="no triplet"):
        trained(Triplets(*(torch.zeros(0, 6) for _ in range(3))))


def test_of_triplets_that_disagree_the_heavier_ones_are_learned():
    """Half of the triplets say the opposite of the other half; what is judged agrees with one half."""
    told = sorted_by(FEW_AXES, 400, 1)
    both = Triplets(*(torch.cat(pair) for pair in zip(parts_of(told), opposite(told), strict=True)))
    fold = torch.arange(800) % 3
    first = torch.arange(800) < 400
    parts = [Part(judged=(fold == number) & first, learned=fold != number) for number in range(3)]
    unseen = sorted_by(FEW_AXES, 400, 2)
    heavy = torch.where(first, 1.0, 0.02)
    quickly = CONFIG.model_copy(update={"products": 0, "steps": 20})
    gains = []
    for weights in (heavy, None):
        head, _ = train_ranking_head(both, parts, quickly, None, weights)
        before, after = accuracies(head, unseen)
        gains.append(after - before)
    assert gains[0] > 0.1 and gains[1] < 0.05


def opposite(told: Triplets) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return told.reference, told.negative, told.positive
