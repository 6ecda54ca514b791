"""Whether a candidate is promoted: only if it beats the trivial predictor and is not worse than the served models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.metrics import bootstrap, clustered_error

STARTER_HEADS = "the starter heads"
"""How reasons call them."""


@dataclass(frozen=True)
class Promotion:
    """Whether a candidate is promoted, and the sentence that says why."""

    promoted: bool
    reason: str
    waits: bool = False
    """Whether it is good enough, and somebody is asked first."""


def has_lost_to_starter(reason: str) -> bool:
    """Whether candidates were rejected, by that reason of a verdict, for nothing but being worse than starter heads."""
    return reason.endswith(f" of {STARTER_HEADS}: worse")


def judge_boxes(candidate: pd.DataFrame, served: pd.DataFrame | None, *, starter: bool = False) -> Promotion:
    """Judge box heads by their evaluations (sha256, iou, mean_box_iou), each on photos that they never saw.

    Promoted when their mean IoU exceeds the mean box's, and, on the photos that both were judged on, is not lower than
    the served heads' by more than one standard error of the difference; without any such photo the mean box decides
    alone. Served ``starter`` heads, which learned from no label of this catalogue, have to be equalled: a few labels
    must not make boxes worse.
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
    rival = STARTER_HEADS if starter else "the served heads"
    if not len(both):
        return Promotion(True, f"{beaten}; not compared with {rival}, which share no photo that neither learned from")
    difference = both["iou"] - both["iou_served"]
    if difference.mean() < 0 if starter else _is_worse(difference):
        return Promotion(
            False, f"mean IoU {both['iou'].mean():.3f} against {both['iou_served'].mean():.3f} of {rival}: worse"
        )
    return Promotion(True, f"{beaten}; not worse than {rival} on {len(both)} shared photos")


def judge_ranking(candidate: pd.DataFrame, served: pd.DataFrame | None) -> Promotion:
    """Judge a ranking head by its evaluation (the triplets with their groups, supervised, unsupervised).

    Promoted when it ranks more held-out triplets correctly than the embedding does, and, on the triplets that both were
    judged on, not fewer than the served head by more than one standard error of the difference. The error is that of
    references, not of triplets: those of one reference tend to be right or wrong together.
    """
    if not len(candidate):
        return Promotion(False, "the triplets are too few to judge the head on any that it was not trained on")
    supervised, unsupervised = candidate["supervised"].mean(), candidate["unsupervised"].mean()
    references = candidate["reference_group"]
    gain = bootstrap((candidate["supervised"] - candidate["unsupervised"]).to_numpy(), references.to_numpy())
    beaten = (
        f"accuracy {supervised:.3f} against {unsupervised:.3f} unsupervised on {len(candidate)} triplets of "
        f"{references.nunique()} references (gain {gain.low:+.3f} to {gain.high:+.3f})"
    )
    if supervised <= unsupervised:
        return Promotion(False, f"{beaten}: not better")
    if served is None:
        return Promotion(True, beaten)
    both = candidate.merge(served, on=["reference", "positive", "negative"], suffixes=("", "_served"))
    if not len(both):
        return Promotion(True, f"{beaten}; not compared with the served head, which was judged on other triplets")
    difference = both["supervised"] - both["supervised_served"]
    if difference.mean() < -clustered_error(difference.to_numpy(), both["reference"].to_numpy()):
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
