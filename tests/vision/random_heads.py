"""Trained modules as the box heads that a locator uses."""

from collections.abc import Mapping

import numpy as np
from torch import nn

from tiefvision_assets.vision.box_heads import BoxHeads, CellProjection, ForegroundNetwork, WindowHeads


def weights_of(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def box_heads(
    projection: nn.Module,
    heads: Mapping[str, nn.Module],
    refinement_projection: nn.Module,
    foreground_map: nn.Module,
    scales: tuple[int, ...] = (),
) -> BoxHeads:
    return BoxHeads(
        CellProjection.from_weights(weights_of(projection)),
        window_heads(heads),
        CellProjection.from_weights(weights_of(refinement_projection)),
        ForegroundNetwork.from_weights(weights_of(foreground_map)),
        scales,
        first_looks=not scales,
    )


def window_heads(heads: Mapping[str, nn.Module]) -> WindowHeads:
    return WindowHeads.from_weights({name: weights_of(head) for name, head in heads.items()})
