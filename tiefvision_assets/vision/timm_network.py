"""What was found out about a network of timm when it became an encoder; the registry's entry follows from it alone.

Kept beside the encoder's weights, in the data folder and in the cache, so that neither definitions, planning nor
searching need PyTorch or timm: what finds it out is in `vision.timm_probing`, what runs it in `vision.timm_encoder`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tiefvision_assets.vision.pools import mean_of_blocks
from tiefvision_assets.vision.registry import TIMM, TIMM_CODE, CellMap, Encoder

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class TimmNetwork:
    """A network of timm, and which of its maps serve what."""

    architecture: str
    """timm's name, with the tag of the weights where there is one."""
    arguments: dict[str, Any]
    """Those of `timm.create_model` by which it is built, besides the number of classes."""
    refinement_index: int
    """Which of its intermediate maps is for refinement."""
    refinement: CellMap
    windows_pool: int
    """The window heads see means of so many by so many of the cells for refinement."""
    objects_index: int | None
    """Which of its intermediate maps objects are compared by; None: what comes before the classifier's pool."""
    objects: CellMap
    """After pooling."""
    objects_pool: int
    """Objects are compared by means of so many by so many cells."""
    sides: tuple[int, ...]
    """Sides in pixels of the squares on which it runs."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    licence: str
    source: str

    @property
    def windows(self) -> CellMap:
        """The map for the window heads."""
        return pooled(at_side(self.refinement, self.objects.side), self.windows_pool)

    @property
    def encoder(self) -> Encoder:
        """The registry's entry of this encoder."""
        parts = [self.arguments, self.refinement_index, self.windows_pool, self.objects_index, self.objects_pool]
        digest = sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]
        return Encoder(
            name=TIMM + self.architecture,
            windows=self.windows,
            refinement=self.refinement,
            to_windows=partial(mean_of_blocks, side=self.windows_pool),
            objects=self.objects,
            same_shot=None,
            mean=self.mean,
            std=self.std,
            licence=self.licence,
            source=self.source,
            sources=(),
            code_version=f"timm {TIMM_CODE} {digest}",
            build=partial(_built, self),
            sides=self.sides,
        )


def at_side(cells: CellMap, side: int) -> CellMap:
    """The map of a square of another side."""
    return CellMap(
        side, cells.channels, cells.cells + round((side - cells.side) / cells.stride), cells.stride, cells.centre
    )


def pooled(cells: CellMap, by: int) -> CellMap:
    """The map of the means of ``by`` x ``by`` cells; those that are left over at the end are dropped."""
    centre = cells.centre + (by - 1) / 2 * cells.stride
    return CellMap(cells.side, cells.channels, cells.cells // by, cells.stride * by, centre)


def _built(network: TimmNetwork) -> nn.Module:
    from tiefvision_assets.vision.timm_encoder import TimmEncoder

    return TimmEncoder(network)
