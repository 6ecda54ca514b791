"""Whether box heads or the ranking head have to be trained, and why: labels, the encoder or the recipe have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiefvision_assets.hyperparameters import (
    CropDatasetParameters,
    CropEncodingsParameters,
    RankingHeadParameters,
    TripletDatasetParameters,
)
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import BOX_HEADS, ENCODER, PROJECTION, RANKING_HEAD, ProjectionRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.snapshots import Kind
    from tiefvision_assets.store.records import ProductsLearned

PRODUCT_GROWTH = 2
"""Products with several photos, as a factor of those learned from, by which the ranking is trained again."""
TRAIN_HEADS = ("crop_dataset", "crop_encodings", *HEADS, "location_report")
TRAIN_RANKING = ("triplet_dataset", "ranking_head", "similarity_report")


@dataclass(frozen=True)
class _Beside:
    """What is learned from beside people's labels; None for nothing."""

    products: ProductsLearned | None = None
    feedback: str | None = None
    is_on_trial: bool = False
    """Whether a trial by clicks is on, which would begin anew with a head that learned from newer clicks."""


NOTHING_BESIDE = _Beside()


def box_heads_step(store: Store) -> Step | None:
    """The training of all box heads, if it is due."""
    from tiefvision_assets.models.fingerprints import box_recipe

    crops, encodings = CropDatasetParameters().model_dump(), CropEncodingsParameters().model_dump()
    heads = {name: parameters().model_dump() for name, parameters in HEAD_PARAMETERS.items()}
    models = store.served.read().next
    recipe = box_recipe(crops, encodings, heads, _starter_version(store, models.encoder))
    reason = _retraining(store, "boxes", BOX_HEADS, recipe, models.heads)
    if reason:
        return Step(TRAIN_HEADS, reason)
    reason = _why_heads_are_judged_again(store)
    return Step(("location_report",), reason) if reason else None


def _starter_version(store: Store, encoder: str | None) -> str:
    """The version of the starter heads that training would go on from; empty where it begins with random weights."""
    from tiefvision_assets.lineage.starter import wanted_starter

    known = encoder is not None and store.models.exists(ENCODER, encoder)
    starter = wanted_starter(store, str(encoder)) if known else None
    return starter.version if starter else ""


def _why_heads_are_judged_again(store: Store) -> str | None:
    """Why the newest heads get another verdict: they lost against starter heads alone, which are not wanted any more.

    The new verdict compares them with none, so that it says something else, and they are judged again once only.
    """
    models = store.served.read().next
    fitting = (verdict for verdict in store.models.verdicts(BOX_HEADS) if verdict.inputs.encoder == models.encoder)
    newest = next(fitting, None)
    if models.heads or newest is None or newest.promoted:
        return None
    from tiefvision_assets.lineage.promotion import has_lost_to_starter
    from tiefvision_assets.lineage.starter import why_starter_is_due

    if not has_lost_to_starter(newest.reason) or why_starter_is_due(store):
        return None
    if store.served.read().history.rejection(newest.fingerprint) or not _can_be_judged(store, newest.fingerprint):
        return None
    return "no heads find boxes, and the newest ones had only been worse than the starter heads"


def _can_be_judged(store: Store, candidate: str) -> bool:
    """Whether a report would judge that candidate: it is made of the newest heads, and their crops are there."""
    from tiefvision_assets.lineage.candidates import NoCandidate, newest_members

    try:
        members = newest_members(store)
    except NoCandidate:
        return False
    crops = store.models.record(ProjectionRecord, members[PROJECTION]).inputs.crops
    return fingerprint(members=members) == candidate and store.layout.views(crops).exists()


def ranking_head_step(store: Store) -> Step | None:
    """The training of the ranking head, if it is due, or the verdict on one that is on trial by clicks."""
    from tiefvision_assets.lineage.feedback_triplets import feedback_version
    from tiefvision_assets.lineage.interleaving_trial import is_on_trial, why_a_verdict_is_due
    from tiefvision_assets.lineage.products import products_learned
    from tiefvision_assets.models.fingerprints import ranking_recipe

    models = store.served.read().next
    if models.basis is None or not store.catalogue.photo_count():
        return None
    products = products_learned(store)
    recipe = ranking_recipe(
        TripletDatasetParameters().model_dump(),
        RankingHeadParameters().model_dump(),
        products.weight if products else 0.0,
    )
    beside = _Beside(products, feedback_version(store), is_on_trial(store))
    reason = _retraining(store, "triplets", RANKING_HEAD, recipe, models.ranking_head, models.basis, beside)
    if reason:
        return Step(TRAIN_RANKING, reason)
    reason = why_a_verdict_is_due(store)
    return Step(("similarity_report",), reason) if reason else None


def _retraining(
    store: Store,
    kind: Kind,
    name: str,
    recipe: str,
    promoted: str | None,
    basis: str | None = None,
    beside: _Beside = NOTHING_BESIDE,
) -> str | None:
    """Why candidates of that name must be trained, or None: too few new labels, or already trained on these inputs."""
    products, current = beside.products, store.snapshots.current(kind)
    labels = store.snapshots.read_learned(kind, current)
    encoder = store.served.read().next.encoder
    if not (len(labels) or products) or encoder is None or not store.catalogue.photo_count():
        return None
    if promoted and not store.models.is_servable(name, promoted):
        return f"parts of what was promoted ({name}/{promoted}) are not in the data folder any more"
    on_encoder = [v for v in store.models.verdicts(name) if v.inputs.encoder == encoder]
    fitting = [v for v in on_encoder if v.inputs.basis == basis]
    if not fitting:
        more = f" and {products.products} products with several photos" if products else ""
        return f"there are {len(labels)} {kind}{more} and nothing was trained on them with this encoder yet"
    same_recipe = [v for v in fitting if v.inputs.recipe == recipe]
    if not same_recipe:
        return "the code or the configuration of the training has changed"
    if reason := _of_products(fitting[0].inputs.products, products):
        return reason
    if fitting[0].inputs.feedback != beside.feedback and not beside.is_on_trial:
        return "what is learned from clicks has changed"
    tried = {v.inputs.labels for v in same_recipe}
    fewest = 0 if current in tried else min(_label_changes(store, kind, version, current) for version in tried)
    if fewest < store.settings.retrain_after:
        return None
    limit = store.settings.retrain_after
    return f"{fewest} {kind} are new or changed since the last training (TIEFVISION_RETRAIN_AFTER is {limit})"


def _of_products(before: ProductsLearned | None, now: ProductsLearned | None) -> str | None:
    """Why the ranking is to be trained again for what the newest candidate learned from products, or did not."""
    if (before.weight if before else 0) != (now.weight if now else 0):
        return "what is learned from products has changed"
    if before and now and now.products >= PRODUCT_GROWTH * before.products:
        return (
            f"{now.products} products have several photos, and {before.products} had when the ranking learned from them"
        )
    return None


def _label_changes(store: Store, kind: Kind, before: str | None, now: str | None) -> int:
    """Number of photos (or triplets) whose labels differ between the two versions, or are in only one of them.

    All count where the version before is not in the data folder any more.
    """
    import pandas as pd

    if before and not store.snapshots.exists(kind, before):
        return len(store.snapshots.read(kind, now))
    both = pd.concat([store.snapshots.read(kind, version) for version in (before, now)])
    differing = both.drop_duplicates(keep=False)
    return len(differing) if kind == "triplets" else differing["sha256"].nunique()
