"""Judging the candidates for serving: the box heads together, and the ranking head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.head_evaluation import evaluate_heads
from tiefvision_assets.lineage.promotion import Promotion, judge_boxes, judge_ranking
from tiefvision_assets.lineage.ranking import evaluate_head, load_embeddings
from tiefvision_assets.models.fingerprints import box_recipe, ranking_recipe
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import (
    BOX_HEADS,
    PROJECTION,
    RANKING_HEAD,
    BoxHeadsRecord,
    CandidateInputs,
    EmbeddingModels,
    HeadRecord,
    ProjectionRecord,
    RankingRecord,
)
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEADS

Promote = Literal["if better", "always", "never"]


class NoCandidate(TiefVisionError):
    """There is no candidate to judge, or its parts do not belong together."""


@dataclass(frozen=True)
class JudgedCandidate:
    """A candidate, its evaluation (a row an item), and whether it is promoted."""

    fingerprint: str
    evaluation: pd.DataFrame
    promotion: Promotion


def judge_box_heads(store: Store, promote: Promote) -> JudgedCandidate:
    """Evaluate the newest box heads on photos that they never saw, and promote them or not.

    Raises `NoCandidate` when a head is missing, or was trained on other crops than the rest.
    """
    members = newest_members(store)
    projection = store.models.record(ProjectionRecord, members[PROJECTION])
    dataset, source = projection.dataset, projection.inputs
    configs = {name: store.models.record(HeadRecord, members[name], name).inputs.config for name in HEADS}
    inputs = CandidateInputs(source.encoder, dataset.labels, box_recipe(dataset.config, source.config, configs))
    name = fingerprint(members=members)
    views = store.crops.views(source.crops)
    evaluation = evaluate_heads(store, views, members, source.encoder)
    if not store.models.exists(BOX_HEADS, name):
        store.models.save(BOX_HEADS, name, BoxHeadsRecord(members, inputs))
    store.models.write_evaluation(BOX_HEADS, name, evaluation)
    served = store.served.read().next
    other = served.heads if served.heads != name else None
    lost = other is not None and not store.models.is_servable(BOX_HEADS, other)
    rival = store.models.evaluation(BOX_HEADS, other) if other and not lost else None
    promotion = _overridden(judge_boxes(evaluation, rival), promote, trained=len(evaluation) > 0)
    promotion = _without_lost_rival(promotion) if lost else promotion
    store.models.judge(BOX_HEADS, name, promoted=promotion.promoted, reason=promotion.reason, inputs=inputs)
    if promotion.promoted or lost:
        store.served.promote(replace(served, heads=name if promotion.promoted else None))
    return JudgedCandidate(name, evaluation, promotion)


def judge_ranking_head(store: Store, promote: Promote) -> JudgedCandidate:
    """Evaluate the newest ranking head on triplets that it never saw, and promote it or not; see `NoCandidate`."""
    name = store.models.latest(RANKING_HEAD)
    if name is None:
        raise NoCandidate("There is no ranking head to judge; materialise ranking_head first.")
    record = store.models.record(RankingRecord, name)
    source, dataset = record.inputs, record.dataset
    served = store.served.read().next
    models = served.complete
    if models is None or source.embedding_models != EmbeddingModels(models.encoder, models.basis):
        raise NoCandidate("The newest ranking head was trained on another embedding; materialise ranking_head again.")
    recipe = ranking_recipe(dataset.config, source.config)
    inputs = CandidateInputs(models.encoder, dataset.labels, recipe, models.basis)
    triplets = store.triplets.read(source.triplets)
    embeddings = load_embeddings(store, source.embedding)
    known = triplets[triplets[["reference", "positive", "negative"]].isin(list(embeddings.rows)).all(axis=1)]
    evaluation = evaluate_head(store, name, known, embeddings)
    store.models.write_evaluation(RANKING_HEAD, name, evaluation)
    other = served.ranking_head if served.ranking_head != name else None
    lost = other is not None and not store.models.is_servable(RANKING_HEAD, other)
    rival = store.models.evaluation(RANKING_HEAD, other) if other and not lost else None
    promotion = _overridden(judge_ranking(evaluation, rival), promote, trained=bool(record.curves))
    promotion = _without_lost_rival(promotion) if lost else promotion
    store.models.judge(RANKING_HEAD, name, promoted=promotion.promoted, reason=promotion.reason, inputs=inputs)
    if promotion.promoted or lost:
        store.served.promote(replace(served, ranking_head=name if promotion.promoted else None))
    return JudgedCandidate(name, evaluation, promotion)


def newest_members(store: Store) -> dict[str, str]:
    """Fingerprints of the newest cell projection and box heads; `NoCandidate` where they do not belong together."""
    newest = {name: store.models.latest(name) for name in (PROJECTION, *HEADS)}
    members = {name: value for name, value in newest.items() if value}
    missing = [name for name in newest if name not in members]
    if missing:
        raise NoCandidate(f"The box heads are not all trained ({', '.join(missing)} missing); materialise them first.")
    maps = members[PROJECTION]
    strangers = [name for name in HEADS if store.models.record(HeadRecord, members[name], name).inputs.maps != maps]
    if strangers:
        raise NoCandidate(f"{', '.join(strangers)} were trained on other crops than the rest; materialise them again.")
    return members


def _without_lost_rival(promotion: Promotion) -> Promotion:
    """The same, saying that what was promoted before is not there to be compared with, nor to stay in use."""
    return replace(promotion, reason=f"{promotion.reason}; the one promoted before was damaged or lost")


def _overridden(promotion: Promotion, promote: Promote, *, trained: bool) -> Promotion:
    if promote == "never":
        return Promotion(False, f"{promotion.reason}; promotion is switched off by configuration")
    if promote == "always" and not promotion.promoted and trained:
        return Promotion(True, f"{promotion.reason}; promoted all the same by configuration")
    return promotion
