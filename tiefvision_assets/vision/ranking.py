"""The ranking head: a map of embeddings, learned from triplets, that brings photos which people find similar closer.

Wang et al., "Learning Fine-grained Image Similarity with Deep Ranking" (CVPR 2014), with the dot product of
L2-normalised outputs as the similarity D: the loss is max(0, margin - D(H, H+) + D(H, H-)).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_BLOCK = 4096
"""Number of embeddings mapped at once: their products take several times their own memory."""


class RankingHead(nn.Module):
    """A linear map of an embedding and of the products of its first P components, then normalised: (…, D) → (…, R).

    The first P = ``products`` components, normalised, are multiplied by one another, so the map is linear in D + P (P +
    1) / 2 features and quadratic in the embedding. It has (R, D + P (P + 1) / 2) weights.
    """

    weight: Tensor
    products: Tensor

    def __init__(self, weight: Tensor, products: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.register_buffer("products", torch.tensor(products))
        self._products = products

    @classmethod
    def identity(cls, dimensions: int, products: int = 0) -> RankingHead:
        """The head that leaves embeddings unchanged."""
        products = min(products, dimensions)
        return cls(torch.eye(dimensions, dimensions + products * (products + 1) // 2), products)

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> RankingHead:
        """The head that a state dict describes, in evaluation mode and frozen; older heads have no products."""
        products = int(weights["products"]) if "products" in weights else 0
        return cls(weights["weight"], products).eval().requires_grad_(False)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(…, D) embeddings → (…, R) of unit length; block by block, so that a whole catalogue can be mapped."""
        blocks = embeddings.reshape(-1, embeddings.shape[-1]).split(_BLOCK)
        mapped = torch.cat([self.map_features(with_products(block, self._products)) for block in blocks])
        return mapped.reshape(*embeddings.shape[:-1], mapped.shape[-1])

    def map_features(self, features: Tensor) -> Tensor:
        """(…, D + P (P + 1) / 2) features, see `with_products`, → (…, R) of unit length."""
        return F.normalize(features @ self.weight.T, dim=-1)


def with_products(embeddings: Tensor, products: int) -> Tensor:
    """(…, D) → (…, D + P (P + 1) / 2): the embeddings, followed by the products of their first P components.

    Scaled so that the products of two photos have the dot product (x · y)², where x and y are the photos' first P
    components, normalised: the polynomial kernel of degree 2.
    """
    if not products:
        return embeddings
    first = F.normalize(embeddings[..., :products], dim=-1)
    rows, columns = torch.triu_indices(products, products)
    scale = torch.where(rows == columns, 1.0, 2**0.5).to(embeddings)
    return torch.cat([embeddings, first[..., rows] * first[..., columns] * scale], dim=-1)


@dataclass(frozen=True)
class Triplets:
    """N triplets as three (N, D) tensors of vectors of unit length."""

    reference: Tensor
    positive: Tensor
    negative: Tensor

    def __len__(self) -> int:
        return len(self.reference)

    def through(self, head: nn.Module) -> Triplets:
        """The triplets of the head's outputs for these vectors."""
        return Triplets(head(self.reference), head(self.positive), head(self.negative))


def margins(triplets: Triplets) -> Tensor:
    """(N,) D(H, H+) - D(H, H-) of each triplet of vectors of unit length."""
    return (triplets.reference * (triplets.positive - triplets.negative)).sum(-1)


def hinge_loss(triplets: Triplets, margin: float) -> Tensor:
    """Mean of max(0, margin - D(H, H+) + D(H, H-))."""
    return F.relu(margin - margins(triplets)).mean()


def softplus(margin: Tensor, temperature: float) -> Tensor:
    """t log(1 + exp(-margin / t)): the hinge at zero, smoothed."""
    return temperature * F.softplus(-margin / temperature)


def softplus_loss(triplets: Triplets, temperature: float) -> Tensor:
    """Mean `softplus` of the margins D(H, H+) - D(H, H-)."""
    return softplus(margins(triplets), temperature).mean()


def infonce_loss(triplets: Triplets, temperature: float) -> Tensor:
    """Mean cross-entropy of H+ among H+ and every H- of the batch, by D(H, ·) / t (van den Oord, arXiv:1807.03748)."""
    own = (triplets.reference * triplets.positive).sum(-1, keepdim=True)
    logits = torch.cat([own, triplets.reference @ triplets.negative.T], dim=1) / temperature
    return temperature * F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


@torch.inference_mode()
def triplet_accuracy(head: RankingHead | None, triplets: Triplets) -> Tensor:
    """(N,) 1 where H+ is closer to H than H- is, one half for a tie, else 0; by the embeddings if there is no head."""
    difference = margins(triplets.through(head) if head else triplets)
    return torch.where(difference == 0, 0.5, (difference > 0).float())
