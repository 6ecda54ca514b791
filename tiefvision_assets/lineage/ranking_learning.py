"""The learning curve of the ranking head: trained on growing parts, judged on triplets of photos outside all parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage.held_out import apart_from
from tiefvision_assets.lineage.ranking import NoEncodings, as_triplets, load_embeddings, train_on
from tiefvision_assets.lineage.triplets import BESIDE, LABEL, MIRROR
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.fingerprints import RANKING_CODE
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord
from tiefvision_assets.store.schemas import GROUP_COLUMNS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.ranking import triplet_accuracy

JUDGING_FOLD = 0
"""Fold that is judged on where there are no test triplets; the curve then learns from what is apart from it."""


@dataclass(frozen=True)
class RankingPoint:
    """Triplet accuracy, with its 95 % interval, of a head that learned from ``triplets`` labelled triplets."""

    triplets: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class RankingCurve:
    """The points, fewest triplets first, and the triplets that they were judged on."""

    fingerprint: str
    points: tuple[RankingPoint, ...]
    judged: int
    unsupervised: float
    """Triplet accuracy of the embedding without a head."""


class NoCurve(NoEncodings):
    """There is no ranking head to take the hyper-parameters from, or too few triplets to learn from and to judge on."""


def ranking_curve(store: Store, counts: tuple[int, ...], progress: Callable[[int, int], None]) -> RankingCurve:
    """Train heads with the newest head's hyper-parameters on ``counts`` of the labelled triplets and on all, each with
    all triplets of products, if these are learned from; judge each.

    The parts are nested, in the order of a hash of each reference. Nothing is promoted.
    """
    name = store.models.latest(RANKING_HEAD)
    if name is None:
        raise NoCurve("There is no ranking head whose recipe could be followed; materialise ranking_head first.")
    inputs = store.models.record(RankingRecord, name).inputs
    if inputs.code != RANKING_CODE:
        raise NoCurve("The newest ranking head is another version's; materialise ranking_head first.")
    embeddings = load_embeddings(store, inputs.embedding)
    triplets = store.triplets.read(inputs.triplets)
    learned, judged = divide(triplets[triplets[TRIPLET_COLUMNS].isin(list(embeddings.rows)).all(axis=1)])
    if not len(learned) or not len(judged):
        raise NoCurve("A learning curve needs triplets to learn from and others to judge on; label more.")
    labelled = learned[learned["source"] == LABEL]
    sizes = sorted({min(count, len(labelled)) for count in (*counts, len(labelled))})
    judges = as_triplets(judged, embeddings)
    points = []
    for number, size in enumerate(sizes, start=1):
        part = labelled.head(size)
        mirrors = learned[(learned["source"] == MIRROR) & learned["reference"].isin(part["reference"])]
        some = pd.concat([part, mirrors, learned[learned["source"].isin(BESIDE)]])
        trained = train_on(some, embeddings, RankingHeadParameters(**inputs.config))
        correct = triplet_accuracy(trained[0] if trained else None, judges).numpy()
        interval = bootstrap(correct, judged[GROUP_COLUMNS[0]].to_numpy())
        points.append(RankingPoint(size, interval.mean, interval.low, interval.high))
        progress(number, len(sizes))
    unsupervised = float(np.mean(triplet_accuracy(None, judges).numpy()))
    return RankingCurve(
        fingerprint(head=name, counts=sizes, code=RANKING_CODE), tuple(points), len(judged), unsupervised
    )


def divide(triplets: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The triplets to learn from, ordered by the ends of their references' hashes, and labelled ones to judge on."""
    judges = (triplets["source"] == LABEL) & (triplets["split"] == "test")
    if not judges.any():
        judges = triplets["fold"] == JUDGING_FOLD
    training = triplets["split"] == "train"
    learned = triplets[training & apart_from(triplets[GROUP_COLUMNS].to_numpy(), judges.to_numpy())]
    return learned.sort_values(TRIPLET_COLUMNS, key=lambda names: names.str[::-1]), triplets[judges]
