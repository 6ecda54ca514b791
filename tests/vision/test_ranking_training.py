import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.vision.ranking import RankingHead, Triplets, margins, triplet_accuracy, with_products
from tiefvision_assets.vision.ranking_start import (
    RIDGES,
    SHARES,
    SURE,
    ClosedForm,
    Moments,
    Photos,
    Shape,
    choose_closed_form,
    closed_form,
)
from tiefvision_assets.vision.ranking_training import EVALUATION_INTERVAL, Curve, train_ranking_head

CONFIG = RankingHeadParameters()


def unit(count: int, dimensions: int, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1)


def sorted_by(weights: torch.Tensor, count: int, seed: int) -> Triplets:
    """Triplets of random vectors, ordered by the cosine of the weighted ones, as people weigh colour and not noise."""
    parts = [unit(count, len(weights), 1000 * seed + part) for part in range(3)]
    reference, first, second = [F.normalize(part * weights, dim=1) for part in parts]
    swapped = ((reference * (first - second)).sum(1) < 0)[:, None]
    return Triplets(parts[0], torch.where(swapped, parts[2], parts[1]), torch.where(swapped, parts[1], parts[2]))


FEW_AXES = torch.tensor([3.0] * 3 + [0.0] * 9)
SOME_MORE = torch.tensor([3.0] * 8 + [1.0] * 56)


def trained(triplets: Triplets, config: RankingHeadParameters = CONFIG, **others) -> tuple[RankingHead, Curve]:
    folds = torch.arange(len(triplets)) % 3
    return train_ranking_head(triplets, folds, torch.ones(len(triplets), dtype=torch.bool), config, **others)


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
    learned, unseen = Triplets(*(p[:200] for p in _parts(reported))), Triplets(*(p[200:] for p in _parts(reported)))
    linear, quadratic = (
        accuracies(trained(learned, CONFIG.model_copy(update={"products": products}))[0], unseen)[1]
        for products in (0, 6)
    )
    assert quadratic > linear + 0.1


def _parts(triplets: Triplets) -> tuple[torch.Tensor, ...]:
    return triplets.reference, triplets.positive, triplets.negative


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
    assert [step for step, _ in reported] == list(range(1, len(reported) + 1)) and reported[-1][0] <= reported[-1][1]
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


def test_without_two_folds_to_judge_by_the_head_stays_the_identity():
    items = sorted_by(FEW_AXES, 50, 1)
    everyone = torch.ones(50, dtype=torch.bool)
    head, curve = train_ranking_head(items, torch.zeros(50, dtype=torch.long), everyone, CONFIG)
    unseen = unit(20, 12, 5)
    assert torch.allclose(head(unseen), unseen, atol=1e-6) and curve.best == 0 and not curve.held_out
    folds = torch.arange(50) % 3
    unjudged, _ = train_ranking_head(items, folds, folds == 0, CONFIG)
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


def drawn_rows(photos: int, count: int, seed: int) -> torch.Tensor:
    return torch.randint(photos, (count, 3), generator=torch.Generator().manual_seed(seed))


def test_moments_are_naive_sums_and_add_up():
    features, rows = with_products(unit(20, 5, 0), 3), drawn_rows(20, 50, 1)
    whole = Moments.of(features, rows[:17]) + Moments.of(features, rows[17:])
    total = sum(features[r] for r, _, _ in rows.tolist())
    scatter = sum(torch.outer(features[r], features[r]) for r, _, _ in rows.tolist())
    agreement = sum(torch.outer(features[r], features[p] - features[n] / 2) for r, p, n in rows.tolist())
    assert whole.count == 50
    for made, expected in ((whole.total, total), (whole.scatter, scatter), (whole.agreement, agreement)):
        assert torch.allclose(made, expected, atol=1e-4)


def test_the_closed_form_is_the_best_similarity_under_its_penalty():
    """No other matrix has a higher mean margin less half the squared norm of C½ M C½."""
    features, rows = unit(40, 5, 0).double(), drawn_rows(40, 200, 1)
    moments = Moments.of(features, rows)
    mean, covariance = moments.total / 200, moments.scatter / 200
    ridged = covariance + 6.0 * covariance.trace() / 5 * torch.eye(5)

    def worth(matrix: torch.Tensor) -> float:
        towards = features[rows[:, 1]] - features[rows[:, 2]] / 2 - mean / 2
        margin = torch.einsum("nd,de,ne->n", features[rows[:, 0]], matrix, towards).mean()
        return (margin - (ridged @ matrix @ ridged @ matrix).trace() / 2).item()

    between = moments.agreement / 200 - torch.outer(mean, mean) / 2
    inverse = torch.linalg.inv(ridged)
    best = inverse @ (between + between.T) @ inverse / 2
    for seed in range(20):
        other = torch.randn(5, 5, generator=torch.Generator().manual_seed(seed)).double()
        assert worth(best + 0.1 * (other + other.T)) < worth(best)
    values, vectors = torch.linalg.eigh(best)
    positive = vectors @ torch.diag(values.clamp_min(0)) @ vectors.T
    weight = closed_form(moments, 6.0, Shape(5, 0, 5))
    learned = weight.T @ weight
    assert torch.allclose(learned / learned.norm(), positive / positive.norm(), atol=1e-8)
    assert (features[rows[:, 0]] @ weight.T).square().sum(1).mean().item() == pytest.approx(1)


def test_the_start_is_the_surest_gain_of_all_heads_that_were_tried():
    """Against a naive search: each head built, and each fold judged by the head of the others."""
    weights = torch.tensor([3.0] * 4 + [1.0] * 8)
    reported = sorted_by(weights, 240, 3)
    photos = torch.cat(_parts(reported))
    known_photos, rows = Photos.of(with_products(photos, 4)), torch.arange(720).view(3, -1).T
    shape, parts = Shape(12, 4, 8), [rows[fold::3] for fold in range(3)]
    moments = [Moments.of(known_photos.coordinates, part) for part in parts]
    sure = {}
    for ridge in RIDGES:
        for share in SHARES:
            gains = []
            for fold, part in enumerate(parts):
                others = [moments[other] for other in range(3) if other != fold]
                head = ClosedForm(ridge, share).head(known_photos, others[0] + others[1], shape)
                judged = Triplets(*(photos[side] for side in part.T))
                before, after = (0.1 * F.softplus(-margins(t) / 0.1) for t in (judged, judged.through(head)))
                gains += (before - after).tolist()
            sure[ridge, share] = np.mean(gains) - SURE * np.std(gains, ddof=1) / len(gains) ** 0.5
    chosen = choose_closed_form(known_photos, parts, moments, shape)
    assert sure[chosen.ridge, chosen.share] == pytest.approx(max(sure.values()), rel=1e-3)
    assert chosen.share > 0


def test_fewer_photos_than_features_have_the_same_closed_form():
    features, rows = with_products(unit(30, 12, 0), 8), drawn_rows(30, 90, 1)
    shape = Shape(12, 8, 10)
    short = Photos.of(features)
    whole = Photos(features, torch.eye(48), features)
    assert short.coordinates.shape == (30, 30)
    first, second = (ClosedForm(6.0, 1.0).head(p, Moments.of(p.coordinates, rows), shape) for p in (short, whole))
    unseen = unit(50, 12, 2)
    assert torch.allclose(first(unseen) @ first(unseen).T, second(unseen) @ second(unseen).T, atol=1e-4)
