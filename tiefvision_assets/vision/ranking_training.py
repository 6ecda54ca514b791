"""Training of the ranking head by gradient descent from a closed form; held-out triplets choose start and steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.vision.optimiser import AdamW, cosine
from tiefvision_assets.vision.ranking import (
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
class Part:
    """A part of N triplets that is held out for a while: which are ``judged``, and which ``learned`` from meanwhile.

    Both are (N,) booleans. What is in neither shares photos with what is judged.
    """

    judged: Tensor
    learned: Tensor


@dataclass(frozen=True)
class Curve:
    """Losses in the course of a training."""

    start: ClosedForm
    training: list[float]
    """Loss of the batch of each step."""
    held_out: list[float]
    """Loss of held-out triplets at the start and after every `EVALUATION_INTERVAL` steps; empty for the identity."""
    unsupervised: float
    """Loss of held-out triplets by the embedding itself; NaN where there are none."""

    @property
    def best(self) -> int:
        """Number of steps after which held-out triplets were ranked best."""
        return EVALUATION_INTERVAL * self.held_out.index(min(self.held_out)) if self.held_out else 0


def ranking_loss(triplets: Triplets, config: RankingHeadParameters) -> Tensor:
    """The configured loss of triplets of head outputs."""
    if config.loss == "hinge":
        return hinge_loss(triplets, config.margin)
    return (softplus_loss if config.loss == "softplus" else infonce_loss)(triplets, config.temperature)


def train_ranking_head(
    triplets: Triplets,
    parts: Sequence[Part],
    config: RankingHeadParameters,
    progress: Callable[[int, int], None] | None = None,
    weights: Tensor | None = None,
) -> tuple[RankingHead, Curve]:
    """Learn the map from N triplets, of which ``parts`` are held out one after the other.

    With (N,) positive ``weights`` a triplet is learned from as if it were there so many times; what is judged counts
    once.

    What is judged of a part evaluates the head that was trained on what is learned meanwhile; together they choose
    where training starts and how many steps it takes. Then the head is trained on all triplets. With less than two
    parts that judge what was learned the head stays the identity. ``progress`` gets the steps done and the steps in
    all. Raises ValueError without triplets.
    """
    if not len(triplets):
        raise ValueError("no triplet to learn from")
    embeddings, rows = _different(triplets)
    shape = Shape(embeddings.shape[1], min(config.products, embeddings.shape[1]), config.outputs)
    photos = Photos.of(with_products(embeddings, shape.products))
    parts = [part for part in parts if part.judged.any() and part.learned.any()]
    learned, judging = [rows[part.learned] for part in parts], [rows[part.judged] for part in parts]
    weighing = [None if weights is None else weights[part.learned] for part in parts]
    identity = RankingHead.identity(shape.dimensions, shape.products)
    if len(parts) < 2:
        return _frozen(identity), Curve(IDENTITY, [], [], float("nan"))
    moments = [Moments.of(photos.coordinates, *part) for part in zip(learned, weighing, strict=True)]
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

    def trained_on(some: Tensor, weights: Tensor | None, moments: Moments) -> _Training:
        return _Training(start.head(photos, moments, shape), photos.features, some, weights, config, advance)

    runs = [trained_on(*part) for part in zip(learned, weighing, moments, strict=True)]
    held_out = [_mean_loss([run.head for run in runs], photos.features, judging)]
    for _ in range(config.steps // EVALUATION_INTERVAL):
        for run in runs:
            run.advance(EVALUATION_INTERVAL)
        held_out.append(_mean_loss([run.head for run in runs], photos.features, judging))
    final = trained_on(rows, weights, Moments.of(photos.coordinates, rows, weights))
    curve = Curve(start, final.losses, held_out, unsupervised)
    final.advance(curve.best)
    return _frozen(final.head), curve


class _Training:
    """Gradient descent on triplets, a few steps at a time."""

    def __init__(
        self,
        head: RankingHead,
        features: Tensor,
        rows: Tensor,
        weights: Tensor | None,
        config: RankingHeadParameters,
        on_step: Callable[[], None],
    ) -> None:
        self.head = head.train()
        self.losses: list[float] = []
        self._features, self._rows, self._weights = features, rows, weights
        self._config, self._on_step = config, on_step
        self._draw = torch.Generator().manual_seed(config.seed)
        self._rate = config.learning_rate * float(head.weight.detach().abs().mean())
        self._optimiser = AdamW(head, weight_decay=0.0)

    def advance(self, steps: int) -> None:
        """Train for that many more steps."""
        size = min(self._config.batch, len(self._rows))
        for _ in range(steps):
            batch = self._rows[self._drawn(size)]
            photos, rows = torch.unique(batch, return_inverse=True)
            loss = ranking_loss(_outputs(self.head.map_features(self._features[photos]), rows), self._config)
            self.head.zero_grad()
            loss.backward()
            self._optimiser.step(self._rate * cosine(len(self.losses) / self._config.steps))
            self.losses.append(loss.item())
            self._on_step()

    def _drawn(self, size: int) -> Tensor:
        """(size,) rows of triplets, each as probable as its weight."""
        if self._weights is None:
            return torch.randint(len(self._rows), (size,), generator=self._draw)
        return torch.multinomial(self._weights, size, replacement=True, generator=self._draw)


def _different(triplets: Triplets) -> tuple[Tensor, Tensor]:
    """The M distinct vectors of N triplets, (M, D), and the (N, 3) rows of H, H+ and H- among them."""
    vectors = torch.cat([triplets.reference, triplets.positive, triplets.negative])
    different, rows = torch.unique(vectors, dim=0, return_inverse=True)
    return different, rows.view(3, -1).T


def _outputs(outputs: Tensor, rows: Tensor) -> Triplets:
    """The triplets as the head's (M, R) outputs, from their (N, 3) rows."""
    return Triplets(*(outputs[side] for side in rows.T))


@torch.inference_mode()
def _mean_loss(heads: Sequence[RankingHead], features: Tensor, folds: Sequence[Tensor]) -> float:
    """Mean loss, at the temperature `SHARP`, of the triplets of each part under the head that was trained meanwhile."""
    losses = [
        softplus(margins(_outputs(head.map_features(features), rows)), SHARP)
        for head, rows in zip(heads, folds, strict=True)
    ]
    return float(torch.cat(losses).mean())


def _frozen(head: RankingHead) -> RankingHead:
    return head.eval().requires_grad_(False)
