"""TiefVision's similarity of 2016: the mean, over cells at the same position, of their dot products."""

from __future__ import annotations

from torch import Tensor


def classic_similarity(first: Tensor, second: Tensor) -> Tensor:
    """(N, C, h, w) and (M, C, h, w) L2-normalised cells → (N, M) mean dot product of the cells at the same position."""
    return first.flatten(1) @ second.flatten(1).T / (first.shape[-1] * first.shape[-2])
