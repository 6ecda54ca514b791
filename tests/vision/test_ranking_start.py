import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.vision.random_triplets import parts_of, sorted_by, unit
from tiefvision_assets.vision.ranking import Triplets, margins, with_products
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


def drawn_rows(photos: int, count: int, seed: int) -> torch.Tensor:
    return torch.randint(photos, (count, 3), generator=torch.Generator().manual_seed(seed))


def test_moments_are_naive_sums():
    features, rows = with_products(unit(20, 5, 0), 3), drawn_rows(20, 50, 1)
    whole = Moments.of(features, rows)
    total = sum(features[r] for r, _, _ in rows.tolist())
    scatter = sum(torch.outer(features[r], features[r]) for r, _, _ in rows.tolist())
    agreement = sum(torch.outer(features[r], features[p] - features[n] / 2) for r, p, n in rows.tolist())
    assert whole.count == 50
    for made, expected in ((whole.total, total), (whole.scatter, scatter), (whole.agreement, agreement)):
        assert torch.allclose(made, expected, atol=1e-4)


def test_a_triplet_of_weight_three_counts_as_three():
    features, rows = unit(20, 5, 0), drawn_rows(20, 30, 1)
    times = torch.arange(30) % 3 + 1
    weighted, repeated = (
        Moments.of(features, rows, times.float()),
        Moments.of(features, rows.repeat_interleave(times, 0)),
    )
    assert weighted.count == repeated.count == 60
    for name in ("total", "scatter", "agreement"):
        assert torch.allclose(getattr(weighted, name), getattr(repeated, name), atol=1e-5)


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
    photos = torch.cat(parts_of(reported))
    known_photos, rows = Photos.of(with_products(photos, 4)), torch.arange(720).view(3, -1).T
    shape, parts = Shape(12, 4, 8), [rows[fold::3] for fold in range(3)]
    others = [torch.cat([parts[other] for other in range(3) if other != fold]) for fold in range(3)]
    moments = [Moments.of(known_photos.coordinates, part) for part in others]
    sure = {}
    for ridge in RIDGES:
        for share in SHARES:
            gains = []
            for fold, part in enumerate(parts):
                head = ClosedForm(ridge, share).head(known_photos, moments[fold], shape)
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
