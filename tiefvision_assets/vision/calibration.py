"""Platt scaling of the classifier's probabilities (Platt, "Probabilistic Outputs for SVMs", 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class PlattScaling:
    """Calibration of a logit z: ``scale`` * z + ``shift``."""

    scale: float = 1.0
    shift: float = 0.0

    def probabilities(self, logits: Tensor) -> Tensor:
        """(N,) logits → (N,) calibrated probabilities."""
        return torch.sigmoid(logits * self.scale + self.shift)


def calibrate(logits: Tensor, targets: Tensor) -> PlattScaling:
    """Fit scale and shift to (N,) logits and their (N,) targets, 0 or 1, by the cross-entropy.

    As in Platt's paper, the targets are smoothed by one pseudo-count for each class, so that separable classes do not
    drive the scale to infinity. With one class alone, or with logits that rank the classes the wrong way round, the
    logits stay as they are.
    """
    positives = targets.sum()
    negatives = len(targets) - positives
    if not positives or not negatives:
        return PlattScaling()
    soft = torch.where(targets > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    fitted = fit_logistic(logits, soft)
    is_usable = fitted.scale > 0 and np.isfinite([fitted.scale, fitted.shift]).all()
    return fitted if is_usable else PlattScaling()


def fit_logistic(values: Tensor, targets: Tensor, ridge: float = 0.0, tolerance: float = 1e-9) -> PlattScaling:
    """The logistic curve through (N,) values and their (N,) targets, 0 to 1, of the least cross-entropy.

    ``ridge`` times half the squared scale is added to the sum of the cross-entropies; it keeps the scale finite where
    the values separate hard targets perfectly. Computed in float64, until the loss changes by less than ``tolerance``,
    whose default is PyTorch's.
    """
    values, targets = values.double(), targets.double()
    parameters = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [parameters],
        max_iter=100,
        tolerance_grad=100 * tolerance,
        tolerance_change=tolerance,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        error = F.binary_cross_entropy_with_logits(values * parameters[0] + parameters[1], targets)
        error = error + ridge / 2 * parameters[0] ** 2 / len(values)
        error.backward()
        return error

    optimiser.step(loss)
    return PlattScaling(*parameters.tolist())
