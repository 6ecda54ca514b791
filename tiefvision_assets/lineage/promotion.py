"""Whether a candidate is promoted: only if it beats the trivial predictor and is not worse than the served models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Promotion:
    """Whether a candidate is promoted, and the sentence that says why."""

    promoted: bool
    reason: str


def judge_boxes(candidate: pd.DataFrame, served: pd.DataFrame | None) -> Promotion:
    """Judge box heads by their evaluations (sha256, iou, mean_box_iou), each on photos that they never saw.

    Promoted when their mean IoU exceeds the mean box's, and, on the photos that both were judged on, is not lower than
    the served heads' by more than one standard error of the difference.
    """
    if not len(candidate):
        return Promotion(
            False, "the labelled photos are too few to judge the heads on any that they were not trained on"
        )
    iou, trivial = candidate["iou"].mean(), candidate["mean_box_iou"].mean()
    beaten = f"mean IoU {iou:.3f} against {trivial:.3f} of the mean box on {len(candidate)} photos"
    if iou <= trivial:
        return Promotion(False, f"{beaten}: not better")
    if served is None:
        return Promotion(True, beaten)
    both = candidate.merge(served, on="sha256", suffixes=("", "_served"))
    difference = both["iou"] - both["iou_served"]
    if _is_worse(difference):
        return Promotion(
            False,
            f"mean IoU {both['iou'].mean():.3f} against {both['iou_served'].mean():.3f} of the served heads: worse",
        )
    return Promotion(True, f"{beaten}; not worse than the served heads on {len(both)} shared photos")


def judge_ranking(candidate: pd.DataFrame, served: pd.DataFrame | None) -> Promotion:
    """Judge a ranking head by its evaluation (reference, positive, negative, supervised, unsupervised).

    Promoted when it ranks more held-out triplets correctly than the embedding does, and, on the triplets that both were
    judged on, not fewer than the served head by more than one standard error of the difference.
    """
    if not len(candidate):
        return Promotion(False, "the triplets are too few to judge the head on any that it was not trained on")
    supervised, unsupervised = candidate["supervised"].mean(), candidate["unsupervised"].mean()
    beaten = f"accuracy {supervised:.3f} against {unsupervised:.3f} unsupervised on {len(candidate)} triplets"
    if supervised <= unsupervised:
        return Promotion(False, f"{beaten}: not better")
    if served is None:
        return Promotion(True, beaten)
    both = candidate.merge(served, on=["reference", "positive", "negative"], suffixes=("", "_served"))
    if _is_worse(both["supervised"] - both["supervised_served"]):
        return Promotion(
            False,
            f"accuracy {both['supervised'].mean():.3f} against {both['supervised_served'].mean():.3f} "
            "of the served head: worse",
        )
    return Promotion(True, f"{beaten}; not worse than the served head on {len(both)} shared triplets")


def _is_worse(differences: pd.Series) -> bool:
    if len(differences) < 2:
        return False
    return bool(differences.mean() < -differences.std(ddof=1) / np.sqrt(len(differences)))
