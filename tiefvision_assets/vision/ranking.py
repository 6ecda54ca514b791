"""Deep ranking: a map of embeddings learned from triplets, under which people's closer photos are closer.

Wang et al., "Learning Fine-grained Image Similarity with Deep Ranking" (CVPR 2014), with the dot product of
L2-normalised outputs as the similarity D: the loss is max(0, margin - D(H, H+) + D(H, H-)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Loss = Literal["hinge", "softplus", "infonce"]
LOOK = 20
"""Steps between two looks at the held-out triplets."""
FEW = 1000
"""So many triplets double the identity's pull; see `penalty_weight`."""


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

    loss: Loss
    margin: float
    """Of the hinge."""
    temperature: float
    """By which similarities are divided in the softplus and InfoNCE losses."""
    steps: int
    batch: int
    learning_rate: float
    identity_penalty: float
    """Weight of the squared distance of the map from the identity, a dimension; see `penalty_weight`."""
    patience: int
    """Looks at the held-out triplets without progress after which training stops."""
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


def softplus_loss(head: RankingHead, triplets: Triplets, temperature: float) -> Tensor:
    """Mean of t log(1 + exp((D(H, H-) - D(H, H+)) / t)), a hinge at zero without its corner."""
    return temperature * F.softplus(-margins(head, triplets) / temperature).mean()


def infonce_loss(head: RankingHead, triplets: Triplets, temperature: float) -> Tensor:
    """Mean cross-entropy of H+ among H+ and every H- of the batch, by D(H, ·) / t (van den Oord, arXiv:1807.03748)."""
    reference, positive, negative = map(head, (triplets.reference, triplets.positive, triplets.negative))
    logits = torch.cat([(reference * positive).sum(-1, keepdim=True), reference @ negative.T], dim=1) / temperature
    return temperature * F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


def ranking_loss(head: RankingHead, triplets: Triplets, config: RankingConfig) -> Tensor:
    """The configured loss."""
    if config.loss == "hinge":
        return hinge_loss(head, triplets, config.margin)
    return (softplus_loss if config.loss == "softplus" else infonce_loss)(head, triplets, config.temperature)


def penalty_weight(config: RankingConfig, triplets: int) -> float:
    """The pull towards the identity: the fewer triplets, the stronger."""
    return config.identity_penalty * (1 + FEW / triplets)


@dataclass(frozen=True)
class Curve:
    """How a training went."""

    training: list[float]
    """Loss of every step's batch."""
    held_out: list[float]
    """Loss on the held-out triplets before the first step, and after every ``LOOK`` steps; empty without any."""

    @property
    def best(self) -> int:
        """The step whose map was kept; 0 is the identity."""
        return LOOK * self.held_out.index(min(self.held_out)) if self.held_out else len(self.training)


def train_ranking_head(
    triplets: Triplets,
    config: RankingConfig,
    held_out: Triplets | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> tuple[RankingHead, Curve]:
    """Learn the map from the triplets; keep the one of the least loss on ``held_out``, be it the identity.

    Raises ValueError without triplets.
    """
    if not len(triplets):
        raise ValueError("no triplet to learn from")
    dimensions = triplets.reference.shape[-1]
    identity = torch.eye(dimensions)
    draw = torch.Generator().manual_seed(config.seed)
    head = RankingHead(dimensions).train()
    judge = _Judge(head, held_out, config)
    optimiser = torch.optim.Adam(head.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.steps)
    pull = penalty_weight(config, len(triplets)) / dimensions
    losses: list[float] = []
    for step in range(1, config.steps + 1):
        rows = torch.randint(len(triplets), (min(config.batch, len(triplets)),), generator=draw)
        loss = ranking_loss(head, triplets[rows], config)
        losses.append(loss.item())
        total = loss + pull * (head.weight - identity).square().sum()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        schedule.step()
        if progress:
            progress(step, losses[-1])
        if step % LOOK == 0 and judge.is_stopping():
            break
    if progress:
        progress(config.steps, losses[-1])
    return judge.kept().eval().requires_grad_(False), Curve(losses, judge.losses)


class _Judge:
    """Looks at the held-out triplets, and remembers the best map."""

    def __init__(self, head: RankingHead, held_out: Triplets | None, config: RankingConfig) -> None:
        self._head, self._config = head, config
        self._held_out = held_out if held_out is not None and len(held_out) else None
        self._best = head.weight.detach().clone()
        self.losses: list[float] = []
        self.is_stopping()

    def is_stopping(self) -> bool:
        """Take a look; whether there was no progress for longer than the patience."""
        if self._held_out is None:
            return False
        with torch.inference_mode():
            self.losses.append(ranking_loss(self._head, self._held_out, self._config).item())
        best = self.losses.index(min(self.losses))
        if best == len(self.losses) - 1:
            self._best = self._head.weight.detach().clone()
        return len(self.losses) - 1 - best > self._config.patience

    def kept(self) -> RankingHead:
        """The head with the best map."""
        if self._held_out is not None:
            self._head.load_state_dict({"weight": self._best})
        return self._head


@torch.inference_mode()
def triplet_accuracy(head: RankingHead | None, triplets: Triplets) -> Tensor:
    """(N,) 1 where H+ is closer to H than H- is, one half for a tie, else 0."""
    difference = margins(head, triplets)
    return torch.where(difference == 0, 0.5, (difference > 0).float())
