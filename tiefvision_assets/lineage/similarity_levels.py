"""The similarity levels: the score from which on a hit is the same shot or very similar, measured for each ranking.

How the rules were found: ``docs/decisions/0014-near-duplicates.md`` and ``0015-levels-from-labels.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.due import triplets_of
from tiefvision_assets.lineage.held_out import judging_variants
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.milvus.engine import MilvusVectors
from tiefvision_assets.store.records import RANKING_HEAD
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.logistic import fit_logistic
from tiefvision_assets.vision.query import ranked

SAME_SHARE = 0.22
"""A near-duplicate's distance is at most this share of the median distance of a photo to its nearest neighbour."""
CERTAIN = 0.95
"""A hit is very similar where a photo of its score is a triplet's positive, not the negative, with this probability."""
ENOUGH_TRIPLETS = 30
RIDGE, TOLERANCE = 1e-2, 1e-13
_SAMPLE = 500
"""Photos whose scores with one another tell the scale of a head's scores."""


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


@dataclass(frozen=True)
class TripletScores:
    """The (N,) scores of triplets' references with their positives and with their negatives."""

    positive: np.ndarray
    negative: np.ndarray

    def __len__(self) -> int:
        return len(self.positive)

    @classmethod
    def of(cls, triplets: pd.DataFrame, photos: Sequence[str], vectors: np.ndarray | MilvusVectors) -> TripletScores:
        """Dot products of the photos' (M, D) vectors; triplets with other photos are left out."""
        row = {photo: number for number, photo in reversed(list(enumerate(photos)))}
        known = triplets[triplets[TRIPLET_COLUMNS].isin(list(row)).all(axis=1)]
        rows = [[row[photo] for photo in known[name]] for name in TRIPLET_COLUMNS]
        reference, positive, negative = (vectors[some].astype(np.float32) for some in rows)
        return cls((reference * positive).sum(1), (reference * negative).sum(1))


def level_thresholds(scores: TripletScores, graph: Graph, same_shot: float) -> LevelThresholds:
    """Thresholds for a ranking from its graph, and the scores of triplets that the ranking did not learn from.

    ``same`` is the higher of the encoder's ``same_shot`` and the score that `SAME_SHARE` gives. ``very similar`` is the
    score from which on a photo is the positive rather than the negative with probability `CERTAIN`. With fewer than
    `ENOUGH_TRIPLETS`, or where the score does not separate positives from negatives, it is the median photo's score
    with its nearest neighbour.
    """
    nearest = float(np.median(graph.scores[:, 0])) if graph.scores.size else 0.0
    same = max(same_shot, 1 - SAME_SHARE * (1 - nearest))
    if len(scores) >= ENOUGH_TRIPLETS:
        boundary = score_at(CERTAIN, scores.positive, scores.negative)
        if boundary is not None and 0 < boundary < same:
            return LevelThresholds(same, boundary, len(scores))
    return LevelThresholds(same, min(same, nearest), 0)


def labelled_triplets(store: Store, head: str | None) -> pd.DataFrame:
    """The labelled triplets of the ranking head's dataset; none without a head."""
    dataset = triplets_of(store, head)
    if dataset is None or not store.layout.triplets(dataset).exists():
        return pd.DataFrame(columns=[*TRIPLET_COLUMNS, "split", "fold"])
    triplets = store.triplets.read(dataset)
    return triplets[triplets["source"] == LABEL]


def held_out_scores(store: Store, head: str, embedding: str, contents: Sequence[str]) -> TripletScores:
    """Scores of the head's held-out triplets among these contents, as they would be if it had not seen the others
    either.

    Each triplet is scored by the head that was trained without its photos. Those heads have scales of their own; what
    a score is worth is told by its distance, in standard deviations, from the mean score of any two photos.
    """
    triplets = labelled_triplets(store, head)
    triplets = triplets[(triplets["split"] == "test") | (triplets["fold"] >= 0)]
    triplets = triplets[triplets[TRIPLET_COLUMNS].isin(list(contents)).all(axis=1)]
    if not len(triplets):
        return TripletScores(np.empty(0), np.empty(0))
    any_photos = sorted(set(contents))[:_SAMPLE]
    wanted = pd.Series(sorted({*any_photos, *triplets[TRIPLET_COLUMNS].to_numpy().ravel()}))
    photos, both = store.encodings.vectors_of(embedding, store.catalogue.batch_keys(), wanted)
    embeddings = mirror_invariant(both.astype(np.float64))
    sample = np.flatnonzero(np.isin(photos, any_photos))
    weights = store.models.tensors(RANKING_HEAD, head)

    def mapped(variant: str) -> tuple[np.ndarray, float, float]:
        vectors = ranked(embeddings, of_variant(weights, variant))
        pairs = (vectors[sample] @ vectors[sample].T)[np.triu_indices(len(sample), 1)]
        return vectors, float(pairs.mean()), float(pairs.std())

    _, mean, deviation = mapped(FINAL)
    parts = []
    for variant, part in triplets.groupby(judging_variants(triplets)):
        vectors, own_mean, own_deviation = mapped(str(variant))
        if own_deviation:
            scores, scale = TripletScores.of(part, photos, vectors), deviation / own_deviation
            parts.append([mean + scale * (side - own_mean) for side in (scores.positive, scores.negative)])
    if not parts:
        return TripletScores(np.empty(0), np.empty(0))
    return TripletScores(*(np.concatenate(sides) for sides in zip(*parts, strict=True)))


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
    steepness, shift = fit_logistic((scores - centre) / scale, truth, RIDGE, TOLERANCE)
    if steepness <= 0:
        return None
    return float(centre + scale * (np.log(certain / (1 - certain)) - shift) / steepness)
