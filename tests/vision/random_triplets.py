"""Triplets of random vectors, for what learns from them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from tiefvision_assets.vision.ranking import Triplets


def unit(count: int, dimensions: int, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1)


def sorted_by(weights: torch.Tensor, count: int, seed: int) -> Triplets:
    """Triplets of random vectors, ordered by the cosine of the weighted ones, as people weigh colour and not noise."""
    parts = [unit(count, len(weights), 1000 * seed + part) for part in range(3)]
    reference, first, second = [F.normalize(part * weights, dim=1) for part in parts]
    swapped = ((reference * (first - second)).sum(1) < 0)[:, None]
    return Triplets(parts[0], torch.where(swapped, parts[2], parts[1]), torch.where(swapped, parts[1], parts[2]))


def parts_of(triplets: Triplets) -> tuple[torch.Tensor, ...]:
    return triplets.reference, triplets.positive, triplets.negative
