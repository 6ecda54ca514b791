"""Platt scaling of the classifier's probabilities (Platt, "Probabilistic Outputs for SVMs", 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tiefvision_assets.vision.logistic import fit_logistic


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
    fitted = PlattScaling(*fit_logistic(logits.numpy(), soft.numpy()))
    is_usable = fitted.scale > 0 and np.isfinite([fitted.scale, fitted.shift]).all()
    return fitted if is_usable else PlattScaling()
