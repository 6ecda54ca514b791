"""Training of the ranking head: from a closed form by gradient descent, each choice made by held-out triplets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from tiefvision_assets.vision.ranking import (
    Loss,
    RankingHead,
    Triplets,
    hinge_loss,
    infonce_loss,
    margins,
    softplus,
    softplus_loss,
    with_products,
)
from tiefvision_assets.vision.ranking_start import (
    IDENTITY,
    SHARP,
    ClosedForm,
    Moments,
    Photos,
    Shape,
    choose_closed_form,
)

EVALUATION_INTERVAL = 20
"""Steps between two evaluations on the held-out triplets."""


@dataclass(frozen=True)
class RankingConfig:
    """Hyper-parameters of the ranking head."""

    loss: Loss
    margin: float
    """Of the hinge."""
    temperature: float
    """By which similarities are divided in the softplus and InfoNCE losses."""
    products: int
    """So many first numbers of the embedding are multiplied by one another, see `RankingHead`."""
    outputs: int
    """Numbers that the learned part maps a photo to, at most."""
    steps: int
    """At most; held-out triplets choose how many."""
    batch: int
    learning_rate: float
    """In units of the mean weight at the start."""
    seed: int


@dataclass(frozen=True)
class Curve:
    """How a training went."""

    start: ClosedForm
    training: list[float]
    """Loss of every step's batch."""
    held_out: list[float]
    """Mean loss a held-out triplet at the start and after every `EVALUATION_INTERVAL` steps; empty for the identity."""
    unsupervised: float
    """What held-out triplets lose by the embedding itself; NaN where there are none."""

    @property
    def best(self) -> int:
        """Steps taken: as many as ranked held-out triplets best."""
        return EVALUATION_INTERVAL * self.held_out.index(min(self.held_out)) if self.held_out else 0


def ranking_loss(triplets: Triplets, config: RankingConfig) -> Tensor:
    """The configured loss of triplets of the head's outputs."""
    if config.loss == "hinge":
        return hinge_loss(triplets, config.margin)
    return (softplus_loss if config.loss == "softplus" else infonce_loss)(triplets, config.temperature)


def train_ranking_head(
    triplets: Triplets,
    folds: Tensor,
    judges: Tensor,
    config: RankingConfig,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[RankingHead, Curve]:
    """Learn the map from N triplets in ``folds``, (N,) integers, all triplets of a reference in one of them.

    The ``judges`` of each fold, (N,) booleans, see what was learned from all other folds; they choose where training
    starts and how many steps it takes. Then all triplets are learned from. Without judges in two folds the head stays
    the identity. ``progress`` gets steps taken and steps in all. Raises ValueError without triplets.
    """
    if not len(triplets):
        raise ValueError("no triplet to learn from")
    embeddings, rows = _different(triplets)
    shape = Shape(embeddings.shape[1], min(config.products, embeddings.shape[1]), config.outputs)
    photos = Photos.of(with_products(embeddings, shape.products))
    numbers = torch.unique(folds)
    learned = [rows[folds == number] for number in numbers]
    judging = [rows[(folds == number) & judges] for number in numbers]
    identity = RankingHead.identity(shape.dimensions, shape.products)
    if sum(len(part) > 0 for part in judging) < 2:
        return _frozen(identity), Curve(IDENTITY, [], [], float("nan"))
    moments = [Moments.of(photos.coordinates, part) for part in learned]
    start = choose_closed_form(photos, judging, moments, shape)
    unsupervised = _mean_loss([identity] * len(judging), photos.features, judging)
    if start.share == 0:
        return _frozen(identity), Curve(start, [], [], unsupervised)

    taken, in_all = 0, (len(learned) + 1) * config.steps

    def advance() -> None:
        nonlocal taken
        taken += 1
        if progress:
            progress(taken, in_all)

    def trained_on(members: Sequence[int]) -> _Training:
        head = start.head(photos, reduce(Moments.__add__, (moments[number] for number in members)), shape)
        return _Training(head, photos.features, torch.cat([learned[number] for number in members]), config, advance)

    runs = [trained_on([n for n in range(len(learned)) if n != left_out]) for left_out in range(len(learned))]
    held_out = [_mean_loss([run.head for run in runs], photos.features, judging)]
    for _ in range(config.steps // EVALUATION_INTERVAL):
        for run in runs:
            run.advance(EVALUATION_INTERVAL)
        held_out.append(_mean_loss([run.head for run in runs], photos.features, judging))
    final = trained_on(range(len(learned)))
    curve = Curve(start, final.losses, held_out, unsupervised)
    final.advance(curve.best)
    return _frozen(final.head), curve


class _Training:
    """Gradient descent on triplets, a few steps at a time."""

    def __init__(
        self, head: RankingHead, features: Tensor, rows: Tensor, config: RankingConfig, on_step: Callable[[], None]
    ) -> None:
        self.head = head.train()
        self.losses: list[float] = []
        self._features, self._rows, self._config, self._on_step = features, rows, config, on_step
        self._draw = torch.Generator().manual_seed(config.seed)
        rate = config.learning_rate * float(head.weight.detach().abs().mean())
        self._optimiser = torch.optim.Adam(head.parameters(), lr=rate)
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimiser, config.steps)

    def advance(self, steps: int) -> None:
        """Take that many more steps."""
        size = min(self._config.batch, len(self._rows))
        for _ in range(steps):
            batch = self._rows[torch.randint(len(self._rows), (size,), generator=self._draw)]
            photos, places = torch.unique(batch, return_inverse=True)
            loss = ranking_loss(_outputs(self.head.map_features(self._features[photos]), places), self._config)
            self.losses.append(loss.item())
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            self._schedule.step()
            self._on_step()


def _different(triplets: Triplets) -> tuple[Tensor, Tensor]:
    """The M different vectors of N triplets, (M, D), and the (N, 3) rows of H, H+ and H- among them."""
    vectors = torch.cat([triplets.reference, triplets.positive, triplets.negative])
    different, places = torch.unique(vectors, dim=0, return_inverse=True)
    return different, places.view(3, -1).T


def _outputs(outputs: Tensor, rows: Tensor) -> Triplets:
    """Triplets of the head's (M, R) outputs, from their (N, 3) rows."""
    return Triplets(*(outputs[side] for side in rows.T))


@torch.inference_mode()
def _mean_loss(heads: Sequence[RankingHead], features: Tensor, folds: Sequence[Tensor]) -> float:
    """Mean sharp loss of the triplets of each fold under the head that left it out."""
    losses = [
        softplus(margins(_outputs(head.map_features(features), rows)), SHARP)
        for head, rows in zip(heads, folds, strict=True)
    ]
    return float(torch.cat(losses).mean())


def _frozen(head: RankingHead) -> RankingHead:
    return head.eval().requires_grad_(False)
