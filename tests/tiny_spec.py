"""What the registry knows of the encoder `tiny`, without torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiefvision_assets.vision.registry import CellMap, Encoder


def tiny_spec(build: Callable[[], Any]) -> Encoder:
    """The encoder whose module ``build`` makes."""
    return Encoder(
        name="tiny",
        windows=CellMap(side=224, channels=16, cells=11, stride=16, centre=31.5),
        refinement=CellMap(side=320, channels=16, cells=17, stride=16, centre=31.5),
        to_windows=lambda cells: cells,
        objects=CellMap(side=224, channels=16, cells=11, stride=16, centre=31.5),
        same_shot=0.9,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        licence="none",
        source="tests",
        sources=(),
        code_version="1",
        build=build,
    )
