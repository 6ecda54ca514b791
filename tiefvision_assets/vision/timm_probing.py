"""Finding out which maps of a network of timm serve what: by its shapes, not by its weights.

The network is passed squares that have a shape but no content (PyTorch's device ``meta``), which takes no time at any
size. So what is found is the same on every machine, and may be part of the encoder's fingerprint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import timm
import torch
from torch import Tensor

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.vision.cell_geometry import CellGeometry
from tiefvision_assets.vision.registry import CellMap
from tiefvision_assets.vision.timm_encoder import build_network, cells_of, intermediates
from tiefvision_assets.vision.timm_network import TimmNetwork, pooled
from tiefvision_assets.vision.windows import SCALES

OBJECT_SIDE, REFINEMENT_SIDE = 224, 320
"""Those of the built-in encoders; each network gets the nearest sides on which it runs."""
FINEST = 16
"""Pixels between the cells for refinement at most, where a network has such a map: the deepest of those is taken."""
POOLED = 28
"""Cells for objects and for the window heads are pooled until they lie about so many pixels apart: with 8 x 8 cells or
fewer a small transformer's basis has 25 MB, and heads are as quick as with the built-in encoders."""
DEPTH = 0.75
"""Where many blocks keep one resolution, as in a transformer, the map for refinement comes after this share of them:
deeper ones tell less of where something is (Amir et al., 'Deep ViT Features as Dense Visual Descriptors',
arXiv:2112.05814, take the tenth of twelve)."""


class UnfitNetwork(TiefVisionError):
    """A network of timm that cannot be an encoder."""


def probe(architecture: str, arguments: Mapping[str, Any], overlay: Mapping[str, Any]) -> TimmNetwork:
    """What is to be known of the network of that name, built with these arguments.

    ``overlay`` are entries of timm's configuration that came with the weights, preprocessing above all. `UnfitNetwork`
    says why a network has no maps to be used.
    """
    failure: Exception | None = None
    for further in ({"dynamic_img_size": True}, {}):  # the former is an argument of vision transformers alone
        try:
            return _Probe(architecture, {**arguments, **further}, overlay).described()
        except UnfitNetwork:
            raise
        except Exception as error:
            failure = error
    reason = (str(failure).splitlines() or [type(failure).__name__])[0].rstrip(".")
    raise UnfitNetwork(f"timm's network {architecture} cannot be an encoder ({reason}).") from failure


class _Probe:
    """A network without content, and the sides of squares on which it runs."""

    def __init__(self, architecture: str, arguments: dict[str, Any], overlay: Mapping[str, Any]) -> None:
        self._architecture, self._arguments = architecture, arguments
        network = build_network(architecture, arguments, pretrained_cfg_overlay=dict(overlay))
        self._network = network.requires_grad_(False).to("meta")
        self._config = timm.data.resolve_model_data_config(network)
        if self._config["input_size"][0] != 3:
            raise UnfitNetwork(f"timm's network {architecture} does not take photos of three colours.")
        if not hasattr(network, "forward_intermediates"):
            raise UnfitNetwork(f"timm's network {architecture} does not give its intermediate maps.")
        self._objects_side = self._accepted(OBJECT_SIDE)
        self._refinement_side = self._accepted(REFINEMENT_SIDE)
        scales = {self._accepted(side) for side in SCALES}
        self._sides = tuple(sorted({self._objects_side, self._refinement_side, *scales}))

    def described(self) -> TimmNetwork:
        """The description; `UnfitNetwork` where no map has cells at whole distances."""
        maps = self._maps()
        if not maps:
            raise UnfitNetwork(f"timm's network {self._architecture} has no map of cells.")
        refinement_index, refinement = _for_refinement(maps)
        last_index, last = list(maps.items())[-1]
        objects_index, objects = self._for_objects(last_index, last)
        windows_pool, objects_pool = (max(1, round(POOLED / cells.stride)) for cells in (refinement, objects))
        config = self._network.pretrained_cfg
        return TimmNetwork(
            architecture=self._architecture,
            arguments=self._arguments,
            refinement_index=refinement_index,
            refinement=refinement,
            windows_pool=windows_pool,
            objects_index=objects_index,
            objects=pooled(objects, objects_pool),
            objects_pool=objects_pool,
            sides=self._sides,
            mean=_of_colours(self._config["mean"]),
            std=_of_colours(self._config["std"]),
            licence=config.get("license") or "not stated by timm",
            source=config.get("origin_url") or f"timm's {self._architecture}",
        )

    def _maps(self) -> dict[int, CellMap]:
        """Index → the intermediate map of a square for refinement, where cells lie at whole distances."""
        geometry = CellGeometry(self._network, self._refinement_side)
        shapes = [tuple(cells.shape[1:]) for cells in self._run(self._refinement_side)]
        geometry.close()
        other = min(side for side in self._sides)
        rows = [cells.shape[-1] for cells in self._run(other)]
        maps = {}
        for index, ((channels, count, columns), fewer) in enumerate(zip(shapes, rows, strict=True)):
            wider = self._refinement_side - other
            stride = wider / (count - fewer) if wider and count > fewer else self._refinement_side / count
            if count == columns and stride == int(stride):
                centre = geometry.centre(int(stride))
                maps[index] = CellMap(self._refinement_side, channels, count, int(stride), centre)
        return maps

    def _for_objects(self, index: int, last: CellMap) -> tuple[int | None, CellMap]:
        """The last map, or what its network makes of it before the classifier's pool, if that is a map as well."""
        shape = self._run(self._objects_side)[index].shape
        try:
            features = cells_of(self._network, _square(self._objects_side), None)
            is_map = isinstance(features, Tensor) and features.shape[1:] == (self._network.num_features, *shape[2:])
        except Exception:
            is_map = False
        channels = self._network.num_features if is_map else shape[1]
        cells = CellMap(self._objects_side, channels, shape[-1], last.stride, last.centre)
        return None if is_map else index, cells

    def _accepted(self, side: int) -> int:
        """The side nearest to this one of a square on which the network runs: a multiple of its coarsest stride, or the
        one size that it was made for."""
        unit = max(int(info["reduction"]) for info in self._network.feature_info)
        rounded = max(1, round(side / unit)) * unit
        try:
            self._run(rounded)
        except Exception:
            rounded = int(self._config["input_size"][-1])
            self._run(rounded)
        return rounded

    def _run(self, side: int) -> list[Tensor]:
        return intermediates(self._network, _square(side))


def _of_colours(values: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = map(float, values)
    return red, green, blue


def _square(side: int) -> Tensor:
    return torch.zeros(1, 3, side, side, device="meta")


def _for_refinement(maps: Mapping[int, CellMap]) -> tuple[int, CellMap]:
    """The coarsest of the maps that are fine enough, or the finest; of several the one at `DEPTH`."""
    strides = {cells.stride for cells in maps.values()}
    stride = max((stride for stride in strides if stride <= FINEST), default=min(strides))
    alike = [index for index, cells in maps.items() if cells.stride == stride]
    is_deep = len(strides) == 1
    index = alike[math.ceil(DEPTH * len(alike)) - 1] if is_deep else alike[-1]
    return index, maps[index]
