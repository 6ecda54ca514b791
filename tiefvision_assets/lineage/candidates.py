"""Judging the candidates for serving: the box heads together, and the ranking head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.head_evaluation import evaluate_heads, first_looks
from tiefvision_assets.lineage.interleaving_trial import judged_by_clicks
from tiefvision_assets.lineage.promotion import Promotion, judge_boxes, judge_ranking
from tiefvision_assets.lineage.ranking import evaluate_head, load_embeddings
from tiefvision_assets.lineage.starter import starter_evaluation
from tiefvision_assets.models.fingerprints import RANKING_CODE, box_recipe, ranking_recipe
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
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEADS

Promote = Literal["if better", "always", "never"]

OTHER_EMBEDDING = "The newest ranking head was trained on another embedding; materialise ranking_head again."
OTHER_SPLIT = "not compared with the one in use, which another version judged on triplets of photos that it had seen"


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
    inputs = CandidateInputs(
        source.encoder, dataset.labels, box_recipe(dataset.config, source.config, configs, projection.starter)
    )
    name = fingerprint(members=members)
    views = store.crops.views(source.crops)
    evaluation = evaluate_heads(store, views, members, source.encoder)
    if not store.models.exists(BOX_HEADS, name):
        store.models.save(BOX_HEADS, name, BoxHeadsRecord(members, inputs))
    store.models.write_evaluation(BOX_HEADS, name, evaluation)
    before = store.served.read().next
    rival_heads = before.heads if before.starter and store.models.is_servable(BOX_HEADS, str(before.heads)) else None
    by_starter = None
    if rival_heads:
        alike = store.models.record(BoxHeadsRecord, rival_heads).starter == projection.starter
        known = first_looks(store, members[PROJECTION], views.drop_duplicates("sha256")) if alike else {}
        by_starter = starter_evaluation(store, rival_heads, evaluation, source.encoder, known)
    with store.writing("location_report"):
        now = store.served.read()
        served = now.next
        other = served.heads if served.heads != name else None
        lost = other is not None and not store.models.is_servable(BOX_HEADS, other)
        rival = store.models.evaluation(BOX_HEADS, other) if other and not lost else None
        rival = by_starter if served.starter and other == rival_heads else rival
        judged = judge_boxes(evaluation, rival, starter=served.starter)
        promotion = _overridden(judged, promote, trained=len(evaluation) > 0)
        promotion = _without_lost_rival(promotion) if lost else promotion
        promotion = _as_people_decide(store, now, name, promotion, promote)
        _save_verdict(store, BOX_HEADS, name, promotion, inputs)
        if promotion.promoted or lost:
            store.served.promote(replace(served, heads=name if promotion.promoted else None))
    return JudgedCandidate(name, evaluation, promotion)


def judge_ranking_head(store: Store, promote: Promote) -> JudgedCandidate:
    """Evaluate the newest ranking head on triplets that it never saw, and promote it or not; see `NoCandidate`."""
    name = store.models.latest(RANKING_HEAD)
    if name is None:
        raise NoCandidate("There is no ranking head to judge; materialise ranking_head first.")
    record = store.models.record(RankingRecord, name)
    source = record.inputs
    current = store.triplets.current()
    # a dataset may hold the same as the one that the head was trained on, and be made from more
    dataset = current[1] if current and current[0] == source.triplets else record.dataset
    models = store.served.read().next.complete
    if models is None or source.embedding_models != EmbeddingModels(models.encoder, models.basis):
        raise NoCandidate(OTHER_EMBEDDING)
    if source.code != RANKING_CODE:
        raise NoCandidate("The newest ranking head is another version's; materialise ranking_head first.")
    products = dataset.products
    recipe = ranking_recipe(dataset.config, source.config, products.weight if products else 0.0)
    inputs = CandidateInputs(models.encoder, dataset.labels, recipe, models.basis, products, dataset.feedback)
    triplets = store.triplets.read(source.triplets)
    embeddings = load_embeddings(store, source.embedding)
    known = triplets[triplets[["reference", "positive", "negative"]].isin(list(embeddings.rows)).all(axis=1)]
    evaluation = evaluate_head(store.models.tensors(RANKING_HEAD, name), known, embeddings)
    store.models.write_evaluation(RANKING_HEAD, name, evaluation)
    with store.writing("similarity_report"):
        now = store.served.read()
        served = now.next
        if (served.encoder, served.basis) != (models.encoder, models.basis):
            raise NoCandidate(OTHER_EMBEDDING)
        other = served.ranking_head if served.ranking_head != name else None
        lost = other is not None and not store.models.is_servable(RANKING_HEAD, other)
        known_rival = other if not lost and _is_judged_alike(store, other) else None
        rival = store.models.evaluation(RANKING_HEAD, known_rival) if known_rival else None
        promotion = _overridden(judge_ranking(evaluation, rival), promote, trained=bool(record.curves))
        if other and not lost and not known_rival:
            promotion = replace(promotion, reason=f"{promotion.reason}; {OTHER_SPLIT}")
        promotion = _without_lost_rival(promotion) if lost else promotion
        promotion = judged_by_clicks(store, name, other if promote == "if better" and not lost else None, promotion)
        promotion = _as_people_decide(store, now, name, promotion, promote)
        _save_verdict(store, RANKING_HEAD, name, promotion, inputs)
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


def _is_judged_alike(store: Store, head: str | None) -> bool:
    """Whether the evaluation of that ranking head can be compared: other versions split triplets otherwise."""
    return head is not None and store.models.record(RankingRecord, head).inputs.code == RANKING_CODE


def _without_lost_rival(promotion: Promotion) -> Promotion:
    """The same, saying that what was promoted before is not there to be compared with, nor to stay in use."""
    return replace(promotion, reason=f"{promotion.reason}; the one promoted before was damaged or lost")


def _save_verdict(store: Store, kind: str, name: str, promotion: Promotion, inputs: CandidateInputs) -> None:
    promoted, reason, waits = promotion.promoted, promotion.reason, promotion.waits
    store.models.judge(kind, name, promoted=promoted, reason=reason, inputs=inputs, waits=waits)


def _as_people_decide(store: Store, served: Served, name: str, promotion: Promotion, promote: Promote) -> Promotion:
    """The same, unless somebody rejected this very candidate, or is to be asked before anything is promoted."""
    if not promotion.promoted or promote == "always":
        return promotion
    rejection = served.history.rejection(name)
    if rejection:
        return Promotion(False, f"{promotion.reason}; rejected by {rejection.by} on {rejection.at[:10]}")
    if store.settings.promotion == "ask" and name not in served.next.fitted:
        return Promotion(False, f"{promotion.reason}; it waits for an admin's decision (TIEFVISION_PROMOTION)", True)
    return promotion


def _overridden(promotion: Promotion, promote: Promote, *, trained: bool) -> Promotion:
    if promote == "never":
        return Promotion(False, f"{promotion.reason}; promotion is switched off by configuration")
    if promote == "always" and not promotion.promoted and trained:
        return Promotion(True, f"{promotion.reason}; promoted all the same by configuration")
    return promotion
