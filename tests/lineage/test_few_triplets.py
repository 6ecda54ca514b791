"""What few triplets are worth, by simulation: photos of a few kinds, which the embedding tells from noise."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.promotion import judge_ranking
from tiefvision_assets.lineage.ranking import Embeddings, evaluate_head, train_variants
from tiefvision_assets.lineage.triplet_dataset import make_triplets
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.vision.ranking import RankingHead

pytestmark = pytest.mark.acceptance

PHOTOS, KINDS, NOISE = 1200, 8, 1.2
DRAWS, TRIPLETS = 20, 50
QUICKLY = RankingHeadParameters(products=0, steps=40)


def people_see(draw: int) -> tuple[Embeddings, np.ndarray]:
    """The photos' embeddings, a fifth of whose numbers tell the kind in noise, and the (PHOTOS,) kinds."""
    generator = torch.Generator().manual_seed(draw)
    kinds = torch.randint(KINDS, (PHOTOS,), generator=generator)
    telling = torch.randn(KINDS, 8, generator=generator)[kinds]
    noise = NOISE * torch.randn(PHOTOS, 32, generator=generator)
    vectors = F.normalize(torch.cat([telling, noise], dim=1), dim=1)
    names = [hashlib.sha256(f"{draw} {number}".encode()).hexdigest() for number in range(PHOTOS)]
    embeddings = Embeddings({name: row for row, name in enumerate(names)}, vectors[:, None].expand(-1, 2, -1))
    return embeddings, kinds.numpy()


def told(kinds: np.ndarray, count: int, draws: np.random.Generator) -> np.ndarray:
    """(N, 3) triplets of different references: H+ is of H's kind, H- of another."""
    rows = []
    for reference in draws.permutation(PHOTOS)[:count]:
        alike = np.flatnonzero(kinds == kinds[reference])
        unlike = np.flatnonzero(kinds != kinds[reference])
        rows.append((reference, draws.choice(alike[alike != reference]), draws.choice(unlike)))
    return np.array(rows)


def gain(draw: int) -> float:
    """Share of unseen triplets that the supervised ranking gains over the unsupervised one; 0 if not promoted."""
    embeddings, kinds = people_see(draw)
    names = list(embeddings.rows)
    draws = np.random.default_rng(draw)
    learned, unseen = told(kinds, TRIPLETS, draws), told(kinds, PHOTOS, draws)
    labels = pd.DataFrame([[names[row] for row in line] for line in learned], columns=TRIPLET_COLUMNS)
    triplets = make_triplets(labels, embeddings, TripletDatasetParameters(), same_shot=0.95)
    weights, _ = train_variants(triplets, embeddings, QUICKLY, lambda *_: None)
    if not judge_ranking(evaluate_head(weights, triplets, embeddings), None).promoted:
        return 0.0
    head = RankingHead.from_weights(as_tensors(of_variant(weights, FINAL)))
    return right(head(embeddings.invariant), unseen) - right(embeddings.invariant, unseen)


def right(vectors: torch.Tensor, rows: np.ndarray) -> float:
    reference, positive, negative = (vectors[rows[:, side]] for side in range(3))
    return float(((reference * (positive - negative)).sum(1) > 0).float().mean())


def test_fifty_triplets_on_as_many_references_help_on_average_and_never_hurt():
    gains = [gain(draw) for draw in range(DRAWS)]
    promoted = np.count_nonzero(gains)
    print(f"\n{promoted} of {DRAWS} promoted: mean gain {np.mean(gains):.4f}, least {min(gains):.4f}")
    assert np.mean(gains) > 0.02
    assert min(gains) >= -0.005
