"""The side distributions as they are used: `side_distributions.SideDistributions` by NumPy, of one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tiefvision_assets.vision.refinement import Sides

_NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")


@dataclass(frozen=True)
class SideNetwork:
    """Two convolutions along columns for the left and the right side, and two along rows for the others."""

    across: tuple[np.ndarray, ...]
    """(H, 2 F, 3) weights and (H,) bias of the hidden units, (2, H, 3) weights and (2,) bias of the two sides."""
    down: tuple[np.ndarray, ...]

    @classmethod
    def from_weights(cls, weights: Mapping[str, np.ndarray]) -> SideNetwork | None:
        """The distributions in the state dict of a foreground map; None in one of before there were any."""
        if f"sides.across.{_NAMES[0]}" not in weights:
            return None
        across, down = (tuple(weights[f"sides.{way}.{name}"] for name in _NAMES) for way in ("across", "down"))
        return cls(across, down)

    def __call__(self, features: np.ndarray, probabilities: np.ndarray) -> Sides:
        """(F, h, w) features of the foreground map and its (h, w) probabilities → where the sides lie."""
        across = _summed_up(features, probabilities.max(axis=1)[:, None], axis=1)
        down = _summed_up(features, probabilities.max(axis=0)[None, :], axis=2)
        return Sides(_distributions(across, self.across), _distributions(down, self.down))


def _summed_up(features: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    """Weighted mean and maximum along an axis: (2 F, n + 2), with zeros beyond."""
    mean = (features * weights).sum(axis=axis) / np.maximum(weights.sum(), np.float32(1e-3))
    return np.pad(np.concatenate([mean, features.max(axis=axis)]), ((0, 0), (1, 1)))


def _distributions(line: np.ndarray, layers: tuple[np.ndarray, ...]) -> np.ndarray:
    """(2 F, n) → (2, n) probabilities of the two sides' positions."""
    weight, bias, out, out_bias = layers
    logits = _convolved(np.maximum(_convolved(line, weight, bias), 0), out, out_bias)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _convolved(line: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(I, n) → (O, n), with a zero at each end."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(line, ((0, 0), (1, 1))), 3, axis=1)
    return np.einsum("oik,ink->on", weight, windows, optimize=True) + bias[:, None]
