"""The embedding: normalised cells of an object projected on their principal components, learned from a sample."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.vision.classic import classic_similarity

BLOCK = 1 << 22
"""Numbers of the sample's cells that are converted to float32 together."""
PHOTOS = 64
"""Photos that are projected together."""


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
        """PCA of the normalised cells of P photos, (P, C, h, w), and of the same flipped left-right.

        Solved exactly through Gram matrices, because there are far fewer samples than dimensions. Has min(dimensions,
        P - 1) components, at least one.

        Of a set that holds all cells both ways round, each component is even or odd (the same or negative when it is
        flipped), and even and odd components are those of the cells' even and odd parts by themselves. So two problems
        of half the size are solved, in an eighth of the time: a sample of 2,048 takes two Gram matrices of 2,048 rows
        instead of one of 4,096. Cells are processed a few channels at a time, so they may be in float16.
        """
        photos, channels, height, width = cells.shape
        blocks = cells.split(max(1, BLOCK // (photos * height * width)), dim=1)
        grams = [torch.zeros(photos, photos, dtype=torch.float64) for _ in range(2)]
        for block in blocks:
            for gram, part in zip(grams, _centred_parts(block), strict=True):
                flat = part.flatten(1)
                gram += flat @ flat.T
        solved = [torch.linalg.eigh(gram) for gram in grams]
        values = torch.cat([part for part, _ in solved])
        chosen = values.argsort(descending=True)[: max(1, min(dimensions, photos - 1))]
        weights = (
            torch.cat([vectors for _, vectors in solved], dim=1)[:, chosen] / values[chosen].clamp_min(1e-12).sqrt()
        )
        is_even, weights = chosen < photos, weights.float()
        components = torch.empty(len(chosen), channels, height, width)
        for block, into in zip(blocks, components.split(blocks[0].shape[1], dim=1), strict=True):
            parts = zip((weights[:, is_even], weights[:, ~is_even]), _centred_parts(block), strict=True)
            even, odd = (torch.einsum("pk,pchw->kchw", *part) for part in parts)
            into[is_even] = _unfolded(even, odd.new_zeros(len(even), *odd.shape[1:]))
            into[~is_even] = _unfolded(even.new_zeros(len(odd), *even.shape[1:]), odd)
        components = components.flatten(1)
        largest = components.gather(1, components.abs().argmax(1, keepdim=True))
        mean = torch.cat([block.float().mean(0) for block in blocks])
        return cls(((mean + mean.flip(-1)) / 2).flatten(), components * torch.where(largest < 0, -1.0, 1.0))

    @property
    def dimensions(self) -> int:
        """D, the number of dimensions of an embedding."""
        return self.components.shape[0]

    def explained_variance(self, cells: Tensor) -> list[float]:
        """Share of the variance of (P, C, h, w) cells, and so of the same flipped, that each component explains."""
        along, total = torch.zeros(self.dimensions), torch.zeros(())
        for some in cells.split(PHOTOS):
            centred = some.float().flatten(1) - self.mean
            along += (centred @ self.components.T).square().sum(0)
            total += centred.square().sum()
        return (along / total.clamp_min(1e-12)).tolist()

    @torch.inference_mode()
    def forward(self, cells: Tensor) -> Tensor:
        """(…, C, h, w) normalised cells → (…, D), L2-normalised."""
        return F.normalize((cells.flatten(-3) - self.mean) @ self.components.T, dim=-1)


def _centred_parts(cells: Tensor) -> tuple[Tensor, Tensor]:
    """(P, c, h, w) → the even and odd parts of the cells less their mean, (P, c, h, w - w // 2) and (P, c, h, w // 2).

    Of two columns that change places when a picture is flipped, the parts hold sum and difference, divided by the
    square root of 2: another orthonormal basis. A column in the middle is even. The mean of all cells both ways round
    has no odd part.
    """
    cells = cells.float()
    half = cells.shape[-1] // 2
    left, right = cells[..., :half], cells.flip(-1)[..., :half]
    middle = cells[..., half : cells.shape[-1] - half]
    even = torch.cat([(left + right) / math.sqrt(2), middle], dim=-1)
    return even - even.mean(0), (left - right) / math.sqrt(2)


def _unfolded(even: Tensor, odd: Tensor) -> Tensor:
    """The vectors of which these are the even and odd parts."""
    half = odd.shape[-1]
    left, right = even[..., :half] + odd, even[..., :half] - odd
    return torch.cat([left / math.sqrt(2), even[..., half:], right.flip(-1) / math.sqrt(2)], dim=-1)


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
    """(P, C, h, w) normalised cells → how far their embeddings keep the ranking by location-wise cosine, 0 to 1.

    This is the mean share of each photo's k nearest by the one that are among its k nearest by the other; 1 for fewer
    than two photos.
    """
    k = min(k, len(cells) - 1)
    if k < 1:
        return 1.0
    own = cells.float()
    nearest = []
    for scores in (classic_similarity(own, own), basis(own) @ basis(own).T):
        others = scores.masked_fill(torch.eye(len(own), dtype=torch.bool), -torch.inf).topk(k).indices
        nearest.append(torch.zeros_like(scores, dtype=torch.bool).scatter(1, others, True))
    return float((nearest[0] & nearest[1]).sum() / (k * len(own)))
