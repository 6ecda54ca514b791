"""Logistic regression on one number."""

from __future__ import annotations

import numpy as np

from tiefvision_assets.vision.box_heads import sigmoid

_STEPS, _HALVINGS = 100, 20


def fit_logistic(
    values: np.ndarray, targets: np.ndarray, ridge: float = 0.0, tolerance: float = 1e-9
) -> tuple[float, float]:
    """Scale and shift of the logistic curve through (N,) values and their (N,) targets, 0 to 1, of the least
    cross-entropy. Both classes must be among the targets, or targets between them.

    ``ridge`` times half the squared scale is added to the sum of the cross-entropies; it keeps the scale finite where
    the values separate hard targets perfectly. Computed in float64 by Newton's method from a level curve, on
    standardised values; a step is halved until the mean loss falls, and the last one lets it fall by less than
    ``tolerance``.
    """
    x, y = values.astype(np.float64), targets.astype(np.float64)
    centre, spread = x.mean(), x.std() or 1.0
    design = np.stack([(x - centre) / spread, np.ones(len(x))], axis=1)
    shrinking = np.array([ridge / spread**2, 0.0]) / len(x)

    def loss(curve: np.ndarray) -> float:
        logits = design @ curve
        return float((np.logaddexp(0, logits) - y * logits).mean() + shrinking @ curve**2 / 2)

    curve = np.array([0.0, np.log(y.mean() / (1 - y.mean()))])
    reached = loss(curve)
    for _ in range(_STEPS):
        probability = sigmoid(design @ curve)
        weights = probability * (1 - probability) / len(x)
        gradient = design.T @ (probability - y) / len(x) + shrinking * curve
        step = np.linalg.lstsq(design.T @ (design * weights[:, None]) + np.diag(shrinking), gradient)[0]
        trials = (curve - step / 2**halved for halved in range(_HALVINGS))
        lower = next((trial for trial in trials if loss(trial) < reached), curve)
        curve, before, reached = lower, reached, loss(lower)
        if before - reached < tolerance:
            break
    return float(curve[0] / spread), float(curve[1] - curve[0] * centre / spread)
