"""The embedding: normalised cells of an object projected on their principal components, learned from a sample."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.vision.classic import classic_similarity


class Basis(nn.Module):
    """Mean and principal components of normalised cells: (…, C, h, w) → (…, D) of unit length."""

    mean: Tensor
    components: Tensor

    def __init__(self, mean: Tensor, components: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("components", components)

    @classmethod
    def fit(cls, cells: Tensor, dimensions: int) -> Basis:
        """PCA of (P, 2, C, h, w), the normalised cells of P photos and their mirror images.

        Solved exactly through the Gram matrix, because there are far fewer samples than dimensions. Has min(dimensions,
        P - 1) components, at least one.
        """
        samples = cells.flatten(0, 1).flatten(1)
        mean = samples.mean(0)
        centred = samples - mean
        values, vectors = torch.linalg.eigh((centred @ centred.T).double())
        kept = max(1, min(dimensions, len(cells) - 1))
        components = vectors.flip(1)[:, :kept].T.float() @ centred
        scale = values.flip(0)[:kept].clamp_min(1e-12).sqrt().float()[:, None]
        components = components / scale
        largest = components.gather(1, components.abs().argmax(1, keepdim=True))
        return cls(mean, components * torch.where(largest < 0, -1.0, 1.0))

    @property
    def dimensions(self) -> int:
        """D, the number of dimensions of an embedding."""
        return self.components.shape[0]

    def explained_variance(self, cells: Tensor) -> list[float]:
        """Share of the variance of (P, 2, C, h, w) cells that each component explains."""
        centred = cells.flatten(0, 1).flatten(1) - self.mean
        along = (centred @ self.components.T).square().sum(0)
        return (along / centred.square().sum().clamp_min(1e-12)).tolist()

    @torch.inference_mode()
    def forward(self, cells: Tensor) -> Tensor:
        """(…, C, h, w) normalised cells → (…, D), L2-normalised."""
        return F.normalize((cells.flatten(-3) - self.mean) @ self.components.T, dim=-1)


def mirror_invariant(embeddings: Tensor) -> Tensor:
    """(…, 2, D), embeddings of a photo and of its mirror image → (…, D): their normalised sum, which is the same for
    both.

    Where the two cancel each other, as in a basis fitted on a single photo, it is the photo's own embedding.
    """
    total = embeddings.sum(-2)
    cancelled = total.norm(dim=-1, keepdim=True) < 1e-4
    return F.normalize(torch.where(cancelled, embeddings[..., 0, :], total), dim=-1)


@torch.inference_mode()
def neighbours_kept(cells: Tensor, basis: Basis, k: int = 10) -> float:
    """(P, 2, C, h, w) normalised cells → how far their embeddings keep the ranking by location-wise cosine, 0 to 1.

    This is the mean share of each photo's k nearest by the one that are among its k nearest by the other; 1 for fewer
    than two photos.
    """
    k = min(k, len(cells) - 1)
    if k < 1:
        return 1.0
    own = cells[:, 0]
    nearest = []
    for scores in (classic_similarity(own, own), basis(own) @ basis(own).T):
        others = scores.masked_fill(torch.eye(len(own), dtype=torch.bool), -torch.inf).topk(k).indices
        nearest.append(torch.zeros_like(scores, dtype=torch.bool).scatter(1, others, True))
    return float((nearest[0] & nearest[1]).sum() / (k * len(own)))
