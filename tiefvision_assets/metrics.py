"""Quality measures of boxes, triplets and rankings. Arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiefvision_assets.box import Box

IOU_THRESHOLDS = (0.5, 0.7, 0.75, 0.9)
RECALL_AT = (1, 5, 10, 20)


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


def bootstrap(values: np.ndarray, clusters: np.ndarray | None = None, rounds: int = 2000, seed: int = 0) -> Interval:
    """Mean of (N,) values, and the 2.5 and 97.5 percentiles of the means of ``rounds`` resamples.

    With ``clusters``, (N,) numbers or names, whole clusters are resampled: values of one cluster tend to be alike, as
    the triplets of one reference are, so that they tell less than as many independent ones.
    """
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    draw = np.random.default_rng(seed)
    if clusters is None:
        means = values[draw.integers(len(values), size=(rounds, len(values)))].mean(axis=1)
    else:
        cluster = np.unique(clusters, return_inverse=True)[1]
        sums, counts = np.bincount(cluster, values), np.bincount(cluster)
        drawn = draw.integers(len(sums), size=(rounds, len(sums)))
        means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def clustered_error(values: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error of the mean of (N,) values, whole (N,) clusters of which were drawn; infinite for one cluster.

    The sandwich estimator with the correction for few clusters (Cameron and Miller, "A Practitioner's Guide to
    Cluster-Robust Inference", 2015); with a cluster for each value it is the usual standard error.
    """
    cluster = np.unique(clusters, return_inverse=True)[1]
    sums = np.bincount(cluster, values - values.mean()) if len(values) else np.empty(0)
    if len(sums) < 2:
        return float("inf")
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / len(values))


@dataclass(frozen=True)
class RelativeBox:
    """A box in shares of its photo's width and height; the mean of them is the trivial predictor of boxes."""

    left: float
    top: float
    right: float
    bottom: float

    def on(self, width: float, height: float) -> Box:
        """The box on a photo of that size."""
        return Box(self.left * width, self.top * height, self.right * width, self.bottom * height)


def mean_relative_box(boxes: Sequence[Box], sizes: Sequence[tuple[float, float]]) -> RelativeBox:
    """The mean of boxes in shares of their photos' (width, height); the whole photo when there are none."""
    if not boxes:
        return RelativeBox(0.0, 0.0, 1.0, 1.0)
    shares = [box.scaled(1 / width, 1 / height).as_tuple() for box, (width, height) in zip(boxes, sizes, strict=True)]
    return RelativeBox(*map(float, np.mean(shares, axis=0)))


def box_quality(ious: np.ndarray) -> dict[str, float]:
    """(N,) IoUs → their mean, and the shares that exceed each threshold: ``mean_iou``, ``iou50``, …"""
    shares = {f"iou{round(100 * threshold)}": float(np.mean(ious > threshold)) for threshold in IOU_THRESHOLDS}
    return {"mean_iou": float(np.mean(ious)), **shares}


def reliability(probabilities: np.ndarray, targets: np.ndarray, bins: int = 10) -> dict[str, Any]:
    """Reliability curve: how often (N,) events come true by predicted probability, in ``bins`` of equal width.

    Empty bins are left out. ``predicted`` and ``observed`` are the means of each bin, ``count`` its events, ``error``
    the mean absolute difference weighted by count (the expected calibration error).
    """
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    filled = count > 0
    predicted = np.bincount(bin_of, probabilities, bins)[filled] / count[filled]
    observed = np.bincount(bin_of, targets, bins)[filled] / count[filled]
    error = float(np.average(np.abs(predicted - observed), weights=count[filled])) if len(targets) else float("nan")
    return {
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        "count": count[filled].tolist(),
        "error": error,
    }


def ranking_quality(
    scores: Iterable[np.ndarray],
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    recall_at: Sequence[int] = RECALL_AT,
) -> dict[str, float]:
    """The means of `query_quality` over the photos that have any match; NaN where none has."""
    found = query_quality(scores, labels, groups, k, recall_at)
    known = {name: values[~np.isnan(values)] for name, values in found.items()}
    return {name: float(np.mean(values)) if len(values) else float("nan") for name, values in known.items()}


def query_quality(
    scores: Iterable[np.ndarray],
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    recall_at: Sequence[int] = RECALL_AT,
) -> dict[str, np.ndarray]:
    """How well each of N rows of (N,) similarities ranks photos of equal label; neighbours of a photo's own group do
    not count.

    Measure → (N,) values, NaN for photos that have no match. ``p@1`` and ``p@10`` are precisions; ``r@1``, ``r@5``, …
    the share of all R matches that are among so many nearest; ``map@r`` the mean average precision at R (Musgrave et
    al., "A Metric Learning Reality Check", 2020); ``ndcg@10`` has gain 1 for each match.
    """
    recalls = [f"r@{depth}" for depth in recall_at]
    values = {name: np.full(len(labels), np.nan) for name in ("p@1", f"p@{k}", *recalls, "map@r", f"ndcg@{k}")}
    discounts = 1 / np.log2(np.arange(2, k + 2))
    for row, similarities in enumerate(scores):
        others = np.flatnonzero(groups != groups[row])
        matches = (labels[others] == labels[row])[np.argsort(-similarities[others], kind="stable")]
        relevant = int(matches.sum())
        if not relevant:
            continue
        nearest = matches[:k]
        until_r = matches[:relevant]
        precisions = np.cumsum(until_r) / np.arange(1, relevant + 1)
        values["p@1"][row] = matches[0]
        values[f"p@{k}"][row] = nearest.sum() / k
        for name, depth in zip(recalls, recall_at, strict=True):
            values[name][row] = matches[:depth].sum() / relevant
        values["map@r"][row] = (precisions * until_r).sum() / relevant
        ideal = discounts[: min(k, relevant)].sum()
        values[f"ndcg@{k}"][row] = (nearest * discounts[: len(nearest)]).sum() / ideal
    return values
