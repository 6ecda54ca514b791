"""An encoder that takes next to no time, so that benchmarks measure everything else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tiefvision_assets.vision import registry

if TYPE_CHECKING:
    from torch import nn

SIDE, CHANNELS, STRIDE = 32, 16, 4
CELLS = SIDE // STRIDE
NAME = "tiny"


def write_weights(path: Path, seed: int) -> Path:
    """Random weights of that seed."""
    import torch
    from safetensors.torch import save_file

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
        build=_built,
    )
    encoders: Mapping[str, registry.Encoder] = MappingProxyType({**registry.ENCODERS, NAME: tiny})
    registry.ENCODERS = encoders


def _built() -> nn.Module:
    from benchmarks.tiny_module import TinyModule

    return TinyModule(CHANNELS, STRIDE)
