"""The photos and the questions about photos that tell most, by what is stored: served vectors and the folds' heads.

How they are chosen is in `tiefvision_assets.lineage.telling`; in which order others come, in `queues`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tiefvision_assets.lineage.telling import BLOCK, most_disputed, telling_order
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import RANKING_HEAD
from tiefvision_assets.vision.query import ranked

AHEAD = 10 * BLOCK
"""Photos that are put in order at once; those behind them stay as they are until the models have learned again."""
KNOWN = 1000
"""Labelled photos, the newest, that the chosen ones are kept away from."""


@dataclass(frozen=True)
class Question:
    """A reference and the two photos to be compared with it, all by their sha256."""

    reference: str
    first: str
    second: str


def telling_photos(searcher: Searcher, confidence: Mapping[str, float], known: Sequence[str]) -> list[str]:
    """The photos (sha256) with the confidence in their boxes, the one that tells most about boxes in front.

    Where the served index does not hold them yet, they follow the others, by their confidence. ``known`` are labelled
    photos, the newest last.
    """
    by_confidence = sorted(confidence, key=confidence.__getitem__)
    ahead, behind = by_confidence[:AHEAD], by_confidence[AHEAD:]
    vectors, held = searcher.appearances(ahead)
    shown = [sha256 for sha256, has in zip(ahead, held, strict=True) if has]
    others = [sha256 for sha256, has in zip(ahead, held, strict=True) if not has]
    if not shown:
        return by_confidence
    before, labelled = searcher.appearances(known[-KNOWN:])
    uncertainty = 1 - np.array([confidence[sha256] for sha256 in shown])
    order = telling_order(uncertainty, vectors[held], before[labelled])
    return [*(shown[row] for row in order), *others, *behind]


def telling_questions(
    searcher: Searcher, candidates: Mapping[str, Sequence[str]], known: Sequence[str]
) -> list[Question]:
    """A question about each reference (sha256) and two of its candidates, the one that tells most in front.

    Asked is about the two candidates of which the folds' ranking heads disagree most which is closer; where no head was
    left out of anything, the served head and the embedding. Empty where no ranking head is served. ``known`` are
    references of triplets, the newest last.
    """
    names = list(dict.fromkeys([*candidates, *(photo for given in candidates.values() for photo in given)]))
    vectors, held = searcher.appearances(names)
    spaces = _spaces(searcher, vectors)
    if not spaces:
        return []
    row_of = {name: row for row, name in enumerate(names) if held[row]}
    asked = {
        reference: [photo for photo in given if photo in row_of]
        for reference, given in candidates.items()
        if reference in row_of
    }
    most = max(map(len, asked.values()), default=0)
    if most < 2:
        return []
    rows = np.array([[row_of[photo] for photo in given] + [-1] * (most - len(given)) for given in asked.values()])
    references = np.array([row_of[reference] for reference in asked])
    scores = np.stack([np.einsum("rd,rcd->rc", space[references], space[rows]) for space in spaces])
    pairs, disputed = most_disputed(scores, rows >= 0)
    before, labelled = searcher.appearances(known[-KNOWN:])
    order = telling_order(disputed, vectors[references], before[labelled])
    return [
        Question(names[references[row]], *(names[rows[row, place]] for place in pairs[row]))
        for row in order
        if pairs[row, 0] >= 0
    ]


def _spaces(searcher: Searcher, vectors: np.ndarray) -> list[np.ndarray]:
    """The (N, D) vectors as the heads map them that are asked for their opinion."""
    head = searcher.ranking_head
    if head is None:
        return []
    try:
        weights = searcher.store.models.tensors(RANKING_HEAD, head)
    except MissingModel:
        return []
    variants = sorted({name.split(".")[0] for name in weights} - {FINAL})
    if len(variants) < 2:
        return [vectors, ranked(vectors, of_variant(weights, FINAL))]
    return [ranked(vectors, of_variant(weights, variant)) for variant in variants]
