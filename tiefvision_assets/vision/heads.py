"""The five window heads of OverFeat: one foreground classifier and four box regressors.

A head is fully connected over the cells of one window; written as a convolution over the window's cells it scores all
windows of a photo's map in one pass. Cells come L2-normalised and projected to fewer channels by `Projection`, which
all five share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import HeadParameters
from tiefvision_assets.vision.training import Checkpoint, Draw, History, Start, fit

JUDGED_CROPS = 512
"""Number of held-out crops that early stopping is judged on."""


class Projection(nn.Module):
    """Cells L2-normalised, then projected on their first principal components: (B, C, h, w) → (B, K, h, w).

    At 64 components of AlexNet's 256 it keeps 75 % of the variance of the clothing photos' cells, and the heads' first
    layer, which dominates their cost, is four times smaller.
    """

    mean: Tensor
    components: Tensor
    scale: Tensor

    def __init__(self, channels: int, components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("components", torch.eye(components, channels))
        self.register_buffer("scale", torch.ones(()))

    @classmethod
    def fit(cls, maps: Sequence[Tensor], components: int, max_cells: int = 100_000) -> Projection:
        """Fit the principal components of the cells of ``maps`` [(C, h, w), …], of ``max_cells`` evenly sampled ones at
        most."""
        cells = torch.cat([cell_map.flatten(1).T for cell_map in maps]).float()
        cells = F.normalize(cells[:: max(1, math.ceil(len(cells) / max_cells))], dim=1)
        mean = cells.mean(0)
        centred = cells - mean
        covariance = (centred.T @ centred) / len(cells)
        _, vectors = torch.linalg.eigh(covariance)
        projection = cls(cells.shape[1], min(components, cells.shape[1]))
        projection.mean.copy_(mean)
        projection.components.copy_(_fixed_signs(vectors.flip(1).T[:components]))
        projection.scale.copy_((centred @ projection.components.T).std().clamp_min(1e-6))
        return projection

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> Projection:
        """The projection that a state dict describes."""
        components, channels = weights["components"].shape
        projection = cls(channels, components)
        projection.load_state_dict(weights)
        return projection

    @torch.inference_mode()
    def forward(self, cells: Tensor) -> Tensor:
        """(B, C, h, w) → (B, K, h, w), about unit variance."""
        centred = F.normalize(cells, dim=1) - self.mean[:, None, None]
        return torch.einsum("bchw,kc->bkhw", centred, self.components) / self.scale


def _fixed_signs(vectors: Tensor) -> Tensor:
    """The sign of an eigenvector is arbitrary, so the largest component of each is made positive."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()


class WindowHead(nn.Module):
    """One hidden layer over a window's cells: (B, K, h, w) → one number for each window.

    The classifier's number is a logit, which ``std`` and ``mean`` calibrate. A regressor's is the coordinate relative
    to the window's upper-left corner in rescaled pixels, normalised by the ``mean`` and ``std`` of the training crops.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int, window_cells: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(channels, hidden, window_cells)
        self.out = nn.Conv2d(hidden, 1, 1)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))

    def initialise(self, draw: torch.Generator) -> None:
        """Kaiming-initialise the weights with the generator ``draw`` only, independent of other threads."""
        for layer in (self.hidden, self.out):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=draw)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, cells: Tensor, step: int = 1) -> Tensor:
        """(B, K, h, w) projected cells → (B, rows, columns) normalised outputs of windows ``step`` cells apart."""
        return self.out(F.relu(F.conv2d(cells, self.hidden.weight, self.hidden.bias, step))).squeeze(1)

    def of_windows(self, windows: Tensor, kept: Tensor | None = None) -> Tensor:
        """(B, c, c, K) windows, channels last → (B,) normalised outputs, as `forward` has them of (B, K, c, c).

        ``kept`` (B, hidden) scales the hidden units, as dropout does in training. One matrix product: with the weights
        in memory channels last, too, a training step takes a third of what convolutions take.
        """
        weight = self.hidden.weight.permute(0, 2, 3, 1).flatten(1)
        hidden = F.relu(F.linear(windows.flatten(1), weight, self.hidden.bias))
        return F.linear(hidden if kept is None else hidden * kept, self.out.weight.flatten(1), self.out.bias)[:, 0]

    @torch.inference_mode()
    def predict(self, cells: Tensor, step: int = 1) -> Tensor:
        """(B, K, h, w) → (B, rows, columns) in the units of the training targets, of windows ``step`` cells apart."""
        return self(cells, step=step) * self.std + self.mean

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> WindowHead:
        """The head that a state dict describes, in evaluation mode."""
        hidden, channels, window_cells, _ = weights["hidden.weight"].shape
        head = cls(channels, window_cells, hidden)
        head.load_state_dict(weights)
        return head.eval()


@dataclass(frozen=True)
class LabelledMap:
    """A photo's projected map with the windows that a head learns from."""

    cells: Tensor
    """(K, h, w); crops are cut from it fastest where it lies in memory channels last."""
    corners: np.ndarray
    """(N, 2) row and column of each window's first cell."""
    targets: np.ndarray
    """(N,) 1 or 0 for the classifier, the offset in rescaled pixels for a regressor."""

    @cached_property
    def grid(self) -> np.ndarray:
        """The cells as an (h, w, K) view."""
        return self.cells.permute(1, 2, 0).numpy()


def train_head(
    maps: Sequence[LabelledMap],
    held_out: Sequence[LabelledMap],
    *,
    classify: bool,
    window_cells: int,
    parameters: HeadParameters,
    start: Start | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[WindowHead, History]:
    """Train one head on ``maps``, with early stopping by ``held_out``, which may be empty; returns it with its history.

    Each crop of a batch is a random window of a random map; the classifier sees as many target as background crops. The
    classifier's loss is the cross-entropy, a regressor's the smooth L1 of normalised coordinates. Training goes
    on from ``start``, a head of the same cells, with its hidden units and its units of the targets, and the result is
    averaged with it; else it begins with random weights. Raises ValueError when no map holds a window to learn from.
    """
    groups = _groups(maps, classify)
    if not groups:
        raise ValueError("no window to learn from")
    if start is None:
        head = WindowHead(maps[0].cells.shape[0], window_cells, parameters.hidden)
        if not classify:
            values = np.concatenate([m.targets for m in maps])
            head.mean.fill_(float(values.mean()))
            head.std.fill_(max(float(values.std()), 1.0))
        head.initialise(torch.Generator().manual_seed(parameters.seed))
    else:
        head = WindowHead.from_weights(dict(start.weights))
    head.to(memory_format=torch.channels_last)
    units = head.hidden.out_channels
    loss_of = _classifier_loss if classify else _regressor_loss

    def loss_of_batch(draw: Draw) -> Tensor:
        crops, targets = _batch(maps, groups, parameters.batch, window_cells, draw.numbers)
        kept = torch.rand(parameters.batch, units, generator=draw.noise) >= parameters.dropout
        return loss_of(head, head.of_windows(crops, kept / (1 - parameters.dropout)), targets)

    judged = _batch_of(held_out, _groups(held_out, classify), window_cells)
    held_out_loss = (lambda: loss_of(head, head.of_windows(judged[0]), judged[1]).item()) if judged else None
    history = fit(head, loss_of_batch, held_out_loss, parameters, checkpoint, progress)
    head.to(memory_format=torch.contiguous_format)
    if start:
        start.average_into(head)
    return head.eval(), history


@dataclass(frozen=True)
class _Group:
    """Windows that crops are drawn from: a random map of these, then a random one of its windows."""

    maps: np.ndarray
    """(M,) numbers of the maps."""
    windows: list[np.ndarray]
    """Of each map, which of its windows."""
    counts: np.ndarray
    """(M,) how many those are."""

    @classmethod
    def of(cls, windows: Sequence[np.ndarray]) -> _Group | None:
        """The maps that have windows, given those of each; None where none has."""
        maps = [number for number, of_map in enumerate(windows) if len(of_map)]
        chosen = [windows[number] for number in maps]
        return cls(np.array(maps), chosen, np.array([len(of_map) for of_map in chosen])) if maps else None

    def draw(self, count: int, draw: np.random.Generator) -> list[tuple[int, int]]:
        """``count`` random pairs of a map and one of its windows."""
        rows = draw.integers(len(self.maps), size=count)
        places = draw.integers(self.counts[rows])
        found = [int(self.windows[row][place]) for row, place in zip(rows, places, strict=True)]
        return list(zip(self.maps[rows].tolist(), found, strict=True))


def _groups(maps: Sequence[LabelledMap], classify: bool) -> list[_Group]:
    """The windows grouped by class for the classifier, in one group for a regressor; empty groups are left out."""
    if classify:
        groups = [_Group.of([np.flatnonzero(m.targets == label) for m in maps]) for label in (1.0, 0.0)]
    else:
        groups = [_Group.of([np.arange(len(m.targets)) for m in maps])]
    return [group for group in groups if group]


def _batch(
    maps: Sequence[LabelledMap], groups: list[_Group], size: int, window: int, draw: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """(B, c, c, K) crops, c cells a side, of each group equally many as far as that goes, and their (B,) targets."""
    channels = maps[0].cells.shape[0]
    crops = torch.empty(size, window, window, channels, dtype=maps[0].cells.dtype)
    cut, targets = crops.numpy(), np.empty(size, np.float32)  # NumPy cuts small pieces in a fifth of PyTorch's time
    shares = [len(range(number, size, len(groups))) for number in range(len(groups))]
    drawn = chain.from_iterable(group.draw(share, draw) for group, share in zip(groups, shares, strict=True))
    for position, (index, chosen) in enumerate(drawn):
        source = maps[index]
        row, column = source.corners[chosen]
        cut[position] = source.grid[row : row + window, column : column + window]
        targets[position] = source.targets[chosen]
    return crops.float(), torch.from_numpy(targets)


def _batch_of(maps: Sequence[LabelledMap], groups: list[_Group], window: int) -> tuple[Tensor, Tensor] | None:
    """Always the same `JUDGED_CROPS` crops of the held-out maps; None where there are none."""
    return _batch(maps, groups, JUDGED_CROPS, window, np.random.default_rng(0)) if groups else None


def _classifier_loss(head: WindowHead, logits: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, targets)


def _regressor_loss(head: WindowHead, normalised: Tensor, targets: Tensor) -> Tensor:
    return F.smooth_l1_loss(normalised, (targets - head.mean) / head.std, beta=0.3)
