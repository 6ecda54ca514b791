"""Side distributions: for each side of a box, how likely it lies at each of a look's cells.

A foreground map says of each cell whether it is inside, and where two boxes are possible, as a jacket's and that of the
whole outfit, its profile is a slope between them. A distribution can hold both, and one of them is chosen when it is
read. It is learned as in Generalized Focal Loss (Li et al., arXiv:2006.04388): the two positions around a side share
it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.vision.refinement import side_positions
from tiefvision_assets.vision.registry import Encoder


class SideDistributions(nn.Module):
    """The features of a foreground map, summed up along rows and columns, then two convolutions along the other
    direction: for columns the left and the right side, for rows the upper and the lower one."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.across = _both_sides(features, hidden)
        self.down = _both_sides(features, hidden)

    def initialise(self, draw: torch.Generator) -> None:
        """Kaiming-initialise the weights with the generator ``draw`` only."""
        for layer in (*self.across, *self.down):
            if isinstance(layer, nn.Conv1d):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=draw)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """(B, F, h, w) features and (B, h, w) probabilities of being inside → the logits of the left and right side
        (B, 2, w + 2), and of the upper and lower one (B, 2, h + 2), at `refinement.side_positions`."""
        cells = features.permute(0, 2, 3, 1)  # as they lie in memory in training, which takes a seventh less time
        rows, columns = probabilities.amax(2)[:, :, None, None], probabilities.amax(1)[:, None, :, None]
        return self.across(_summed_up(cells, rows, 1)), self.down(_summed_up(cells, columns, 2))


def _both_sides(features: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(2 * features, hidden, 3, padding=1), nn.ReLU(), nn.Conv1d(hidden, 2, 3, padding=1))


def _summed_up(cells: Tensor, weights: Tensor, axis: int) -> Tensor:
    """Mean of (B, h, w, F) along an axis, by how likely the object is there, and maximum: (B, 2 F, n + 2), with zeros
    beyond."""
    mean = (cells * weights).sum(axis) / weights.sum(axis).clamp_min(1e-3)
    return F.pad(torch.cat([mean, cells.amax(axis)], dim=2).transpose(1, 2), (1, 1))


def side_loss(sides: tuple[Tensor, Tensor], boxes: Tensor, spec: Encoder) -> Tensor:
    """The mean cross-entropy of the four sides' logits with (B, 4) boxes in pixels of the look's square."""
    across, down = sides
    pairs = ((across, boxes[:, [0, 2]]), (down, boxes[:, [1, 3]]))
    return torch.stack([_loss(logits, sides, spec) for logits, sides in pairs]).mean()


def _loss(logits: Tensor, sides: Tensor, spec: Encoder) -> Tensor:
    """(B, 2, n + 2) logits and (B, 2) sides; each is shared by the positions around it, by how near they are."""
    positions = side_positions(logits.shape[-1] - 2, spec)
    place = ((sides - float(positions[0])) / spec.refinement.stride).clamp(0, len(positions) - 1 - 1e-3)
    below = place.floor()
    beyond = place - below
    logarithms = logits.log_softmax(-1)
    first, second = (logarithms.gather(-1, (below.long() + step)[..., None]).squeeze(-1) for step in (0, 1))
    return -((1 - beyond) * first + beyond * second).mean()
