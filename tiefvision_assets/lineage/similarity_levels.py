"""The similarity levels: the score from which on a hit is the same shot or very similar, measured for each ranking.

How the rules were found: ``docs/decisions/0014-near-duplicates.md`` and ``0015-levels-from-labels.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.lineage.due import triplets_of
from tiefvision_assets.lineage.ranking import LABEL
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.calibration import fit_logistic

SAME_SHARE = 0.22
"""A near-duplicate's distance is at most this share of the median distance of a photo to its nearest neighbour."""
CERTAIN = 0.95
"""A hit is very similar where a photo of its score is a triplet's positive, not the negative, with this probability."""
ENOUGH_TRIPLETS = 30
RIDGE, TOLERANCE = 1e-2, 1e-13


@dataclass(frozen=True)
class LevelThresholds:
    """Lowest score of each level, and the number of triplets behind ``very similar``; 0: it comes from the
    catalogue."""

    same: float
    very_similar: float
    triplets: int

    def as_record(self) -> dict[str, object]:
        """The thresholds as they are written into the index's record."""
        return {
            "levels": {"same": self.same, "very similar": self.very_similar},
            "levels_from_triplets": self.triplets,
        }


def level_thresholds(
    triplets: pd.DataFrame, entries: pd.DataFrame, vectors: np.ndarray, graph: Graph, same_shot: float
) -> LevelThresholds:
    """Thresholds for a ranking from the (N, D) vectors of the entries, their graph, and triplets of `judging_triplets`.

    ``same`` is the higher of the encoder's ``same_shot`` and the score that `SAME_SHARE` gives. ``very similar`` is the
    score from which on a photo is the positive rather than the negative with probability `CERTAIN`. With fewer than
    `ENOUGH_TRIPLETS`, or where the score does not separate positives from negatives, it is the median photo's score
    with its nearest neighbour.
    """
    nearest = float(np.median(graph.scores[:, 0])) if graph.scores.size else 0.0
    same = max(same_shot, 1 - SAME_SHARE * (1 - nearest))
    first = entries.reset_index().drop_duplicates("sha256").set_index("sha256")["index"]
    known = triplets[triplets[TRIPLET_COLUMNS].isin(first.index).all(axis=1)]
    if len(known) >= ENOUGH_TRIPLETS:
        reference, positive, negative = (
            vectors[first[known[name]].to_numpy()].astype(np.float32) for name in TRIPLET_COLUMNS
        )
        boundary = score_at(CERTAIN, (reference * positive).sum(1), (reference * negative).sum(1))
        if boundary is not None and 0 < boundary < same:
            return LevelThresholds(same, boundary, len(known))
    return LevelThresholds(same, min(same, nearest), 0)


def judging_triplets(store: Store, head: str | None, ranking: str) -> pd.DataFrame:
    """The labelled triplets (reference, positive, negative) of the ranking head's dataset; none without a head.

    For the supervised ranking only those that the head was not trained on, if there are enough of them.
    """
    dataset = triplets_of(store, head)
    if dataset is None or not store.layout.triplets(dataset).exists():
        return pd.DataFrame(columns=TRIPLET_COLUMNS)
    triplets = store.triplets.read(dataset)
    labelled = triplets[triplets["source"] == LABEL]
    held_out = labelled[labelled["split"] == "test"]
    return held_out if ranking == "supervised" and len(held_out) >= ENOUGH_TRIPLETS else labelled


def score_at(certain: float, positive: np.ndarray, negative: np.ndarray) -> float | None:
    """The score at which a photo is the positive with probability ``certain``, by logistic regression on equally many
    of both.

    None where higher scores do not make a positive more probable.
    """
    scores = np.concatenate([positive, negative]).astype(np.float64)
    truth = np.repeat([1.0, 0.0], [len(positive), len(negative)])
    centre, scale = scores.mean(), scores.std()
    if scale == 0:
        return None
    standardised = torch.from_numpy((scores - centre) / scale)
    fitted = fit_logistic(standardised, torch.from_numpy(truth), RIDGE, TOLERANCE)
    if fitted.scale <= 0:
        return None
    return float(centre + scale * (np.log(certain / (1 - certain)) - fitted.shift) / fitted.scale)
