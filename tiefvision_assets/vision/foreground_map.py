"""Refinement: a map of how much of each cell is object, from which the box's edges are read to the pixel.

The photo is cut around a first box with a margin and resized to a square, so that the object always fills most of it. A
small convolutional head over the encoder's finest cells gives each cell the probability of being inside the box; the
sides lie where the map's row and column profiles cross half of their maxima. On 66 held-out clothing photos the
windows' vote alone has mean IoU .765 (9 % over .9), after one refinement .882, after two .891 (55 % over .9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import ForegroundMapParameters
from tiefvision_assets.vision.engine import Engine, preprocess
from tiefvision_assets.vision.registry import Encoder
from tiefvision_assets.vision.training import Checkpoint, Draw, History, fit

MARGIN = 0.25
"""A refinement crop extends beyond the first box by this share of its width and height, as far as the photo does."""
JITTER = 0.12
"""Standard deviation of the sides of training boxes, in shares of the box: about as wrong as first boxes are."""


def refinement_region(box: Box, width: float, height: float, margin: float = MARGIN) -> Box:
    """The part of a photo of ``width`` x ``height`` pixels that refines ``box``: box and margin, in whole pixels."""
    x, y = margin * box.width, margin * box.height
    wider = Box(box.left - x, box.top - y, box.right + x, box.bottom + y).clipped(width, height)
    left, top = min(np.floor(wider.left), width - 1), min(np.floor(wider.top), height - 1)
    return Box(
        float(left), float(top), float(max(np.ceil(wider.right), left + 1)), float(max(np.ceil(wider.bottom), top + 1))
    )


def random_refinement_region(box: Box, width: float, height: float, draw: np.random.Generator) -> Box:
    """The region around a box that is off by `JITTER` on each side, with a random margin, for training."""
    shift = draw.normal(0, JITTER, 4) * np.array([box.width, box.height, box.width, box.height])
    sides = np.array(box.as_tuple()) + shift
    wrong = Box(*np.minimum(sides[:2], sides[2:]).tolist(), *np.maximum(sides[:2], sides[2:]).tolist())
    return refinement_region(wrong.clipped(width, height), width, height, MARGIN * draw.uniform(0.5, 1.5))


def encode_region(engine: Engine, spec: Encoder, region: Image.Image) -> Tensor:
    """A refinement crop of any size → the encoder's (C, h, w) cells of it."""
    square = region.resize((spec.refinement.side, spec.refinement.side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return torch.from_numpy(engine.refinement(preprocess(square, spec)[None]))[0]


def cell_centres(cells: int, spec: Encoder) -> Tensor:
    """(cells,) positions of the cells' centres in pixels of the square."""
    return torch.arange(cells) * float(spec.refinement.stride) + spec.refinement.centre


def covered_share(boxes: Tensor, cells: tuple[int, int], spec: Encoder) -> Tensor:
    """(B, 4) boxes in pixels of the square → (B, h, w) share of each cell's stride x stride square that is inside."""
    half = spec.refinement.stride / 2

    def along(low: Tensor, high: Tensor, count: int) -> Tensor:
        centres = cell_centres(count, spec)
        inside = torch.minimum(centres + half, high[:, None]) - torch.maximum(centres - half, low[:, None])
        return (inside / spec.refinement.stride).clamp(0, 1)

    rows, columns = along(boxes[:, 1], boxes[:, 3], cells[0]), along(boxes[:, 0], boxes[:, 2], cells[1])
    return rows[:, :, None] * columns[:, None, :]


class ForegroundMap(nn.Module):
    """Dilated 3 x 3 convolutions over projected cells: (B, K, h, w) → (B, h, w) logits of being inside the box."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [nn.Conv2d(channels, hidden, 1)]
            + [nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation) for dilation in (1, 2, 4)]
        )
        self.out = nn.Conv2d(hidden, 1, 1)

    def initialise(self, draw: torch.Generator) -> None:
        """Kaiming-initialise the weights with the generator ``draw`` only, independent of other threads."""
        for layer in (*self.layers, self.out):
            assert isinstance(layer, nn.Conv2d)
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=draw)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, cells: Tensor) -> Tensor:
        """(B, K, h, w) → (B, h, w)."""
        for layer in self.layers:
            cells = F.relu(layer(cells))
        return self.out(cells).squeeze(1)

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> ForegroundMap:
        """The head that a state dict describes, in evaluation mode."""
        hidden, channels = weights["layers.0.weight"].shape[:2]
        head = cls(channels, hidden)
        head.load_state_dict(weights)
        return head.eval()


@dataclass(frozen=True)
class RefinementExamples:
    """N refinement crops: (N, K, h, w) projected cells, and (N, 4) boxes in pixels of the square."""

    cells: Tensor
    boxes: Tensor

    def __len__(self) -> int:
        return len(self.cells)


def train_foreground_map(
    examples: RefinementExamples,
    held_out: RefinementExamples,
    spec: Encoder,
    *,
    parameters: ForegroundMapParameters,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ForegroundMap, History]:
    """Learn from ``examples``, with early stopping by ``held_out``, which may be empty; returns the head with its
    history.

    The loss is the cross-entropy with the share of each cell that is inside the box. Held-out examples are judged by
    the boxes read from their maps, as one minus the mean IoU, because their cross-entropy rises, as the head becomes
    more certain, long before the boxes get worse. ValueError without examples.
    """
    if not len(examples):
        raise ValueError("no refinement example to learn from")
    head = ForegroundMap(examples.cells.shape[1], parameters.hidden)
    head.initialise(torch.Generator().manual_seed(parameters.seed))
    size = (examples.cells.shape[-2], examples.cells.shape[-1])
    targets = covered_share(examples.boxes, size, spec)
    truths = [Box(*map(float, box)).clipped(spec.refinement.side, spec.refinement.side) for box in held_out.boxes]

    def loss_of_batch(draw: Draw) -> Tensor:
        rows = torch.randint(len(examples), (parameters.batch,), generator=draw.noise)
        return F.binary_cross_entropy_with_logits(head(examples.cells[rows].float()), targets[rows])

    def held_out_loss() -> float:
        maps = [torch.sigmoid(head(cells.float())) for cells in held_out.cells.split(parameters.batch)]
        seen = [read_box(probabilities, spec) for probabilities in torch.cat(maps).numpy()]
        return 1 - float(np.mean([one.box.iou(box) if one else 0.0 for one, box in zip(seen, truths, strict=True)]))

    history = fit(head, loss_of_batch, held_out_loss if len(held_out) else None, parameters, checkpoint, progress)
    return head.eval(), history


@dataclass(frozen=True)
class Seen:
    """The box read from one foreground map, in pixels of the square, and how clearly the map separates it."""

    box: Box
    contrast: float
    """Mean probability inside the box minus the mean outside, 0 to 1."""


def read_box(probabilities: np.ndarray, spec: Encoder) -> Seen | None:
    """(h, w) probabilities → the box where their profiles cross half of their maxima; None where no cell is likely.

    A profile is the mean over the rows (columns) that the object covers. Positions between cells are interpolated, and
    an object that reaches the outermost cell reaches the square's edge.
    """
    if probabilities.max() < 0.5:
        return None
    rows, columns = probabilities.max(axis=1), probabilities.max(axis=0)
    for _ in range(2):
        columns = _mean_where(probabilities, rows, axis=0)
        rows = _mean_where(probabilities, columns, axis=1)
    top, bottom = _crossings(rows, spec)
    left, right = _crossings(columns, spec)
    inside = np.ix_(_likely(rows), _likely(columns))
    outside = (probabilities.sum() - probabilities[inside].sum()) / max(
        1, probabilities.size - probabilities[inside].size
    )
    contrast = float(np.clip(probabilities[inside].mean() - outside, 0, 1))
    return Seen(Box(left, top, right, bottom), contrast)


def _likely(profile: np.ndarray) -> np.ndarray:
    return np.flatnonzero(profile >= profile.max() / 2)


def _mean_where(probabilities: np.ndarray, profile: np.ndarray, axis: int) -> np.ndarray:
    """Mean along ``axis`` over the lines where ``profile`` is likely."""
    return probabilities.take(_likely(profile), axis=axis).mean(axis=axis)


def _crossings(profile: np.ndarray, spec: Encoder) -> tuple[float, float]:
    """Where the profile first rises above, and last falls below, half of its maximum, in pixels of the square."""
    half = profile.max() / 2
    likely = _likely(profile)
    first, last = int(likely[0]), int(likely[-1])

    def between(outer: int, inner: int) -> float:
        share = (half - profile[outer]) / max(profile[inner] - profile[outer], 1e-9)
        return spec.refinement.stride * (outer + (inner - outer) * float(share)) + spec.refinement.centre

    low = between(first - 1, first) if first > 0 else 0.0
    high = between(last + 1, last) if last < len(profile) - 1 else float(spec.refinement.side)
    return low, high
