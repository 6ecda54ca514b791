"""An encoder that takes next to no time, so that benchmarks measure everything else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tiefvision_assets.vision import registry

SIDE, CHANNELS, STRIDE = 32, 16, 4
CELLS = SIDE // STRIDE
NAME = "tiny"


class TinyModule(nn.Module):
    """One convolution of 4 x 4 pixels: 32 x 32 → 16 x 8 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, CHANNELS, kernel_size=STRIDE, stride=STRIDE)

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 16, H / 4, W / 4)."""
        return self.mix(photos)

    def windows(self, photos: Tensor) -> Tensor:
        """The same."""
        return self(photos)

    def refinement(self, photos: Tensor) -> Tensor:
        """The same."""
        return self(photos)


def write_weights(path: Path, seed: int) -> Path:
    """Random weights of that seed."""
    draw = torch.Generator().manual_seed(seed)
    weight = torch.randn(CHANNELS, 3, STRIDE, STRIDE, generator=draw)
    save_file({"mix.weight": weight, "mix.bias": torch.randn(CHANNELS, generator=draw)}, path)
    return path


def register() -> None:
    """Add the encoder to the registry of this process."""
    cells = registry.CellMap(side=SIDE, channels=CHANNELS, cells=CELLS, stride=STRIDE, centre=STRIDE / 2)
    tiny = registry.Encoder(
        name=NAME,
        windows=cells,
        refinement=cells,
        objects=cells,
        same_shot=0.9,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        licence="none",
        source="benchmarks",
        sources=(),
        code_version="1",
        to_windows=lambda cells: cells,
        build=TinyModule,
    )
    encoders: Mapping[str, registry.Encoder] = MappingProxyType({**registry.ENCODERS, NAME: tiny})
    registry.ENCODERS = encoders
