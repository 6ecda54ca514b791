"""Deep ranking: a map of embeddings learned from triplets, under which people's closer photos are closer.

Wang et al., "Learning Fine-grained Image Similarity with Deep Ranking" (CVPR 2014), with the dot product of
L2-normalised outputs as the similarity D: the loss is max(0, margin - D(H, H+) + D(H, H-)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RankingHead(nn.Module):
    """A linear map of embeddings, initialised at the identity, then normalised: (…, D) → (…, D)."""

    weight: Tensor

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(dimensions))

    def forward(self, embeddings: Tensor) -> Tensor:
        """(…, D) embeddings → (…, D) of unit length."""
        return F.normalize(embeddings @ self.weight.T, dim=-1)

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> RankingHead:
        """The head that a state dict describes, in evaluation mode and frozen."""
        head = cls(weights["weight"].shape[0])
        head.load_state_dict(weights)
        return head.eval().requires_grad_(False)


@dataclass(frozen=True)
class RankingConfig:
    """Hyper-parameters of the ranking head."""

    margin: float
    steps: int
    batch: int
    learning_rate: float
    identity_penalty: float
    """Weight of the mean squared distance of the map from the identity, so that few triplets change it little."""
    seed: int


@dataclass(frozen=True)
class Triplets:
    """N triplets as three (N, D) tensors of embeddings of unit length."""

    reference: Tensor
    positive: Tensor
    negative: Tensor

    def __len__(self) -> int:
        return len(self.reference)

    def __getitem__(self, rows: Tensor) -> Triplets:
        return Triplets(self.reference[rows], self.positive[rows], self.negative[rows])


def margins(head: RankingHead | None, triplets: Triplets) -> Tensor:
    """D(H, H+) - D(H, H-) of each triplet, (N,), through the head, or of the embeddings themselves without one."""
    through = head if head is not None else nn.Identity()
    reference, positive, negative = map(through, (triplets.reference, triplets.positive, triplets.negative))
    return (reference * (positive - negative)).sum(-1)


def hinge_loss(head: RankingHead, triplets: Triplets, margin: float) -> Tensor:
    """Mean of max(0, margin - D(H, H+) + D(H, H-))."""
    return F.relu(margin - margins(head, triplets)).mean()


def train_ranking_head(
    triplets: Triplets, config: RankingConfig, progress: Callable[[int, float], None] | None = None
) -> tuple[RankingHead, list[float]]:
    """Learn the map from the triplets; returns it with the hinge loss of every step. ValueError without triplets."""
    if not len(triplets):
        raise ValueError("no triplet to learn from")
    dimensions = triplets.reference.shape[-1]
    identity = torch.eye(dimensions)
    draw = torch.Generator().manual_seed(config.seed)
    head = RankingHead(dimensions).train()
    optimiser = torch.optim.Adam(head.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.steps)
    losses: list[float] = []
    for step in range(config.steps):
        rows = torch.randint(len(triplets), (min(config.batch, len(triplets)),), generator=draw)
        loss = hinge_loss(head, triplets[rows], config.margin)
        losses.append(loss.item())
        total = loss + config.identity_penalty * (head.weight - identity).square().sum() / dimensions
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        schedule.step()
        if progress:
            progress(step + 1, losses[-1])
    return head.eval().requires_grad_(False), losses


@torch.inference_mode()
def triplet_accuracy(head: RankingHead | None, triplets: Triplets) -> Tensor:
    """(N,) 1 where H+ is closer to H than H- is, one half for a tie, else 0."""
    difference = margins(head, triplets)
    return torch.where(difference == 0, 0.5, (difference > 0).float())
