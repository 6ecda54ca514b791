"""Object encodings: the photo cut to its box, encoded, its cells normalised, and projected on their principal axes.

Measured on 1,080 CC0 clothing photos (precision among the 10 nearest of other senders): flat cells .362, the same by
PCA to 256 numbers .390, whitened .325; so the basis is not whitened.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.box import Box
from tiefvision_assets.vision.encoder import encode_objects, preprocess
from tiefvision_assets.vision.registry import Encoder

DIMENSIONS = 256


def cut_out(photo: Image.Image, box: Box, side: int) -> Image.Image:
    """The photo cut to its box (whole pixels) and resized to a square of ``side`` pixels."""
    left, top, right, bottom = box.clipped(photo.width - 1, photo.height - 1).rounded()
    right, bottom = max(right, round(min(box.right, photo.width))), max(bottom, round(min(box.bottom, photo.height)))
    return photo.resize((side, side), Image.Resampling.BILINEAR, box=(left, top, right, bottom), reducing_gap=2.0)


def object_cells(module: nn.Module, spec: Encoder, objects: Sequence[Image.Image]) -> Tensor:
    """B cut-out objects → (B, 2, C, h, w): the L2-normalised cells of each and of its mirror image."""
    pixels = torch.stack([preprocess(item, spec) for item in objects])
    both = torch.stack([pixels, pixels.flip(-1)], dim=1).flatten(0, 1)
    return F.normalize(encode_objects(module, both), dim=1).unflatten(0, (len(objects), 2))


class Basis(nn.Module):
    """Mean and principal components of normalised cells: (…, C, h, w) → (…, D) of unit length."""

    mean: Tensor
    components: Tensor

    def __init__(self, mean: Tensor, components: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("components", components)

    @classmethod
    def fit(cls, cells: Tensor, dimensions: int = DIMENSIONS) -> Basis:
        """PCA of (P, 2, C, h, w), the normalised cells of P photos and their mirror images.

        Solved exactly through the Gram matrix of the samples, which are far fewer than the numbers of a sample. Has
        min(dimensions, P - 1) components, at least one.
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
        """Numbers an embedding has."""
        return self.components.shape[0]

    def explained_variance(self, cells: Tensor) -> list[float]:
        """Share of the variance of (P, 2, C, h, w) cells along each component."""
        centred = cells.flatten(0, 1).flatten(1) - self.mean
        along = (centred @ self.components.T).square().sum(0)
        return (along / centred.square().sum().clamp_min(1e-12)).tolist()

    @torch.inference_mode()
    def forward(self, cells: Tensor) -> Tensor:
        """(…, C, h, w) normalised cells → (…, D), L2-normalised."""
        return F.normalize((cells.flatten(-3) - self.mean) @ self.components.T, dim=-1)


def mirror_invariant(embeddings: Tensor) -> Tensor:
    """(…, 2, D), a photo's and its mirror image's → (…, D): their normalised sum, the same for both.

    Where the two cancel, as in a basis fitted on one photo alone, the photo's own embedding stands.
    """
    total = embeddings.sum(-2)
    cancelled = total.norm(dim=-1, keepdim=True) < 1e-4
    return F.normalize(torch.where(cancelled, embeddings[..., 0, :], total), dim=-1)
