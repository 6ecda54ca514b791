"""The trained box heads as they are used: matrix products of NumPy, for locating needs no PyTorch.

The modules that are trained, `heads.WindowHead`, `heads.Projection` and `foreground_map.ForegroundMap`, compute the
same, up to the rounding of float32; here one product serves all five window heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tiefvision_assets.vision.head_names import FOREGROUND, REGRESSORS
from tiefvision_assets.vision.refinement import Sides
from tiefvision_assets.vision.side_network import SideNetwork

Weights = Mapping[str, np.ndarray]
"""A module's state dict as arrays."""


def normalised(vectors: np.ndarray, axis: int, shortest: float = 1e-12) -> np.ndarray:
    """The vectors along ``axis`` scaled to length 1; those shorter than ``shortest`` are divided by it."""
    lengths = np.sqrt(np.einsum("i...,i...->...", *[np.moveaxis(vectors, axis, 0)] * 2))
    return vectors / np.expand_dims(np.maximum(lengths, np.float32(shortest)), axis)


@dataclass(frozen=True)
class CellProjection:
    """`heads.Projection` of one photo's cells: (C, h, w) → (K, h, w)."""

    mean: np.ndarray
    components: np.ndarray
    scale: np.ndarray

    @classmethod
    def from_weights(cls, weights: Weights) -> CellProjection:
        """The projection that a state dict describes."""
        return cls(weights["mean"], weights["components"], weights["scale"])

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """(C, h, w) → (K, h, w)."""
        centred = normalised(cells, axis=0).reshape(len(cells), -1) - self.mean[:, None]
        return (self.components @ centred / self.scale).reshape(-1, *cells.shape[1:])


@dataclass(frozen=True)
class WindowHeads:
    """The foreground classifier and the four regressors, `heads.WindowHead`, over every window of a map at once."""

    hidden: np.ndarray
    """(K s s, H) weights of the hidden units of all heads, for windows of s x s cells."""
    hidden_bias: np.ndarray
    out: np.ndarray
    """(H, 5), where a head has no weights but for its own hidden units."""
    out_bias: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    window: int

    @classmethod
    def from_weights(cls, heads: Mapping[str, Weights]) -> WindowHeads:
        """The heads that these state dicts describe; ValueError where one is missing."""
        names = (FOREGROUND, *REGRESSORS)
        missing = set(names) - set(heads)
        if missing:
            raise ValueError(f"missing heads: {', '.join(sorted(missing))}")
        chosen = [heads[name] for name in names]
        units = [len(head["hidden.weight"]) for head in chosen]
        out = np.zeros((sum(units), len(names)), dtype=np.float32)
        for column, (head, end) in enumerate(zip(chosen, np.cumsum(units), strict=True)):
            out[end - units[column] : end, column] = head["out.weight"].ravel()
        hidden = np.concatenate([head["hidden.weight"].reshape(len(head["hidden.weight"]), -1) for head in chosen])
        return cls(
            hidden=np.ascontiguousarray(hidden.T),
            hidden_bias=np.concatenate([head["hidden.bias"] for head in chosen]),
            out=out,
            out_bias=np.concatenate([head["out.bias"] for head in chosen]),
            mean=np.array([head["mean"] for head in chosen], dtype=np.float32),
            std=np.array([head["std"] for head in chosen], dtype=np.float32),
            window=chosen[0]["hidden.weight"].shape[-1],
        )

    def predict(self, cells: np.ndarray, step: int = 1) -> np.ndarray:
        """(K, h, w) projected cells → (N, 5): for each window, ``step`` cells apart and row by row, the classifier's
        logit, and its x_min, y_min, x_max and y_max in rescaled pixels from the window's upper-left corner."""
        windows = np.lib.stride_tricks.sliding_window_view(cells, (self.window, self.window), axis=(1, 2))
        rows = windows[:, ::step, ::step].transpose(1, 2, 0, 3, 4).reshape(-1, len(self.hidden))
        hidden = np.maximum(rows @ self.hidden + self.hidden_bias, 0)
        return (hidden @ self.out + self.out_bias) * self.std + self.mean


@dataclass(frozen=True)
class ForegroundNetwork:
    """`foreground_map.ForegroundMap` of one look."""

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    """(O, I, k, k) weights and (O,) bias of each hidden layer; the one at position n is dilated by 2 ** (n - 1)."""
    out: tuple[np.ndarray, np.ndarray]
    sides: SideNetwork | None = None
    """Heads of before have none."""

    @classmethod
    def from_weights(cls, weights: Weights) -> ForegroundNetwork:
        """The head that a state dict describes."""
        count = sum(name.startswith("layers.") for name in weights) // 2
        layers = tuple((weights[f"layers.{n}.weight"], weights[f"layers.{n}.bias"]) for n in range(count))
        return cls(layers, (weights["out.weight"], weights["out.bias"]), SideNetwork.from_weights(weights))

    def __call__(self, cells: np.ndarray) -> tuple[np.ndarray, Sides | None]:
        """(K, h, w) projected cells → (h, w) probability of being inside the box, and where its sides lie."""
        for number, (weight, bias) in enumerate(self.layers):
            cells = np.maximum(_convolved(cells, weight, bias, 2 ** max(number - 1, 0)), 0)
        inside = sigmoid(_convolved(cells, *self.out, 1)[0])
        return inside, self.sides(cells, inside) if self.sides else None


def _convolved(cells: np.ndarray, weight: np.ndarray, bias: np.ndarray, dilation: int) -> np.ndarray:
    """(I, h, w) → (O, h, w), with zeros around: one matrix product for each weight of the kernel."""
    side = weight.shape[-1]
    around = dilation * (side // 2)
    height, width = cells.shape[1:]
    padded = np.pad(cells, ((0, 0), (around, around), (around, around)))
    total = np.repeat(bias[:, None], height * width, axis=1)
    for y in range(side):
        for x in range(side):
            top, left = y * dilation, x * dilation
            total += weight[:, :, y, x] @ padded[:, top : top + height, left : left + width].reshape(len(cells), -1)
    return total.reshape(-1, height, width)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return np.exp(-np.logaddexp(np.float32(0), -logits))


@dataclass(frozen=True)
class BoxHeads:
    """The five window heads and the foreground map, with the projections of their cells."""

    projection: CellProjection
    windows: WindowHeads
    refinement_projection: CellProjection
    foreground: ForegroundNetwork
    scales: tuple[int, ...] = ()
    """Of heads that learned from photos at these scales, and search photos at the same ones; later heads have none."""
    first_looks: bool = True
    """Whether the foreground map knows whole photos, so that it can say where the windows and it should look closer."""
