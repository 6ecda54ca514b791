"""The start of the ranking head's training: a closed form, mixed with the identity as far as held-out triplets support
it.

Without normalised outputs, the mean margin of triplets is linear in the similarity's matrix M = W'W. With a penalty on
how much M changes the similarities of photos, the squared Frobenius norm of C½ M C½, where C is the photos' second
moment, the best M has the closed form C⁻¹ B C⁻¹: a discriminant analysis whose between-class scatter B comes from
triplets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tiefvision_assets.vision.ranking import RankingHead, softplus

RIDGES = (6.0, 20.0, 60.0)
"""Regularisations tried: multiples of C's mean eigenvalue that are added to C."""
SHARES = tuple(tenth / 10 for tenth in range(11))
"""Shares of the learned similarity in the mixture that are tried; with 0 the head is the identity."""
SHARP = 0.1
"""Temperature of the softplus by which held-out triplets choose: nearly the number of wrong triplets."""
SURE = 1.5
"""Number of standard errors subtracted from a start's mean gain. With two most heads
of 50 triplets stay the identity, with one some lose .015 of the triplets (docs/decisions/0050)."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a head: dimensions of the embedding, components multiplied, and outputs of the learned part."""

    dimensions: int
    products: int
    outputs: int

    @property
    def features(self) -> int:
        """F, the number of the embedding's dimensions and products together."""
        return self.dimensions + self.products * (self.products + 1) // 2


@dataclass(frozen=True)
class Photos:
    """M photos of triplets: their features, and their coordinates (fewer numbers) in a basis of the features' span."""

    features: Tensor
    """(M, F)."""
    basis: Tensor
    """(F, S) orthonormal; S = min(M, F)."""
    coordinates: Tensor
    """(M, S)."""

    @classmethod
    def of(cls, features: Tensor) -> Photos:
        """The photos with these (M, F) features."""
        few = len(features) < features.shape[1]
        basis = torch.linalg.qr(features.T).Q if few else torch.eye(features.shape[1])
        return cls(features, basis, features @ basis if few else features)


@dataclass(frozen=True)
class Moments:
    """Sums over N triplets of their photos' S coordinates φ, from which the closed form is computed."""

    count: float
    """Their number, or the sum of their weights."""
    total: Tensor
    """(S,) of φ(H)."""
    scatter: Tensor
    """(S, S) of φ(H) φ(H)ᵀ."""
    agreement: Tensor
    """(S, S) of φ(H) (φ(H+) - φ(H-) / 2)ᵀ."""

    @classmethod
    def of(cls, coordinates: Tensor, rows: Tensor, weights: Tensor | None = None) -> Moments:
        """The moments of triplets: (M, S) coordinates of photos, and (N, 3) rows of H, H+ and H- among them.

        With (N,) ``weights`` a triplet counts as so many.
        """
        reference, positive, negative = rows.T
        counted = torch.bincount(reference, weights, minlength=len(coordinates)).to(coordinates)
        each = 1.0 if weights is None else weights.to(coordinates)[:, None]
        weighted = coordinates * counted[:, None]
        towards = torch.zeros_like(coordinates)
        towards.index_add_(0, reference, coordinates[positive] * each)
        towards.index_add_(0, reference, coordinates[negative] * each, alpha=-0.5)
        count = len(rows) if weights is None else float(weights.sum())
        return cls(count, weighted.sum(0), coordinates.T @ weighted, coordinates.T @ towards)


def closed_form(moments: Moments, ridge: float, shape: Shape) -> Tensor | None:
    """(R, S) weights of at most ``shape.outputs`` rows, scaled so that the references' outputs have root mean square
    length 1.

    Half of each negative is replaced by the mean reference, because it is largely chance which photo people were shown
    as the negative. None where the triplets prefer no direction, for instance when the references have no embedding.
    """
    mean = moments.total / moments.count
    covariance = moments.scatter / moments.count
    if not covariance.trace() > 0:
        return None
    between = moments.agreement / moments.count - mean[:, None] * mean / 2
    ridged = covariance + ridge * covariance.trace() / shape.features * torch.eye(len(mean))
    factor = torch.linalg.cholesky(ridged)
    similarity = torch.cholesky_solve(torch.cholesky_solve(between + between.T, factor).T, factor)
    values, vectors = torch.linalg.eigh((similarity + similarity.T) / 2)
    values, vectors = values.flip(0)[: shape.outputs], vectors.flip(1)[:, : shape.outputs]
    found = values > 1e-6 * values.abs().max()
    if not found.any():
        return None
    weight = (vectors[:, found] * values[found].sqrt()).T
    return weight / (weight @ covariance @ weight.T).trace().sqrt()


@dataclass(frozen=True)
class ClosedForm:
    """The start that held-out triplets chose: ridge of the closed form, and its share in the mixture with the
    identity."""

    ridge: float
    share: float

    def head(self, photos: Photos, moments: Moments, shape: Shape) -> RankingHead:
        """The head to start from: ``share`` of its similarity is the closed form's, the rest the embedding's."""
        identity = RankingHead.identity(shape.dimensions, shape.products)
        learned = closed_form(moments, self.ridge, shape) if self.share else None
        if learned is None:
            return identity
        own = (1 - self.share) ** 0.5 * identity.weight.detach()[: 0 if self.share == 1 else None]
        return RankingHead(torch.cat([own, self.share**0.5 * learned @ photos.basis.T]), shape.products)


IDENTITY = ClosedForm(ridge=RIDGES[-1], share=0.0)


def choose_closed_form(
    photos: Photos, judges: Sequence[Tensor], moments: Sequence[Moments], shape: Shape
) -> ClosedForm:
    """The start that most reliably ranks held-out triplets better than the embedding.

    ``judges`` are (N, 3) rows of the photos for each part that is held out, ``moments`` those of the triplets that are
    learned from meanwhile. `SURE` standard errors are subtracted from the mean gain
    over the identity, so that few triplets move the head little; without a remaining gain the start is the identity.
    """
    losses = []
    for rows, part in zip(judges, moments, strict=True):
        learned = [closed_form(part, ridge, shape) for ridge in RIDGES]
        margin = torch.stack([_mixed_margins(photos, rows, weight, shape.dimensions) for weight in learned])
        losses.append(softplus(margin, SHARP))
    gains = (loss := torch.cat(losses, dim=2))[:, :1] - loss
    sure = gains.mean(2) - SURE * gains.std(2) / gains.shape[2] ** 0.5
    by_share, ridges = sure.max(0)
    share = int(by_share.argmax())
    return ClosedForm(RIDGES[int(ridges[share])], SHARES[share])


def _mixed_margins(photos: Photos, rows: Tensor, learned: Tensor | None, dimensions: int) -> Tensor:
    """(S, N) margins of triplets under the heads that mix in the learned weights with each of the `SHARES`."""
    shares = torch.tensor(SHARES)[:, None]
    own = photos.features[:, :dimensions]
    mapped = own if learned is None else photos.coordinates @ learned.T
    squared = (1 - shares) * own.square().sum(1) + shares * mapped.square().sum(1)
    lengths = squared.clamp_min(1e-12).sqrt()
    reference, *others = rows.T
    cosines = []
    for other in others:
        dots = [(part[reference] * part[other]).sum(1) for part in (own, mapped)]
        cosines.append(((1 - shares) * dots[0] + shares * dots[1]) / (lengths[:, reference] * lengths[:, other]))
    return cosines[0] - cosines[1]
