"""Whether box heads or the ranking head have to be trained, and why: labels, the encoder or the recipe have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiefvision_assets.hyperparameters import (
    CropDatasetParameters,
    CropEncodingsParameters,
    RankingHeadParameters,
    TripletDatasetParameters,
)
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.snapshots import Kind

TRAIN_HEADS = ("crop_dataset", "crop_encodings", *HEADS, "location_report")
TRAIN_RANKING = ("triplet_dataset", "ranking_head", "similarity_report")


def box_heads_step(store: Store) -> Step | None:
    """The training of all box heads, if it is due."""
    from tiefvision_assets.models.fingerprints import box_recipe

    crops, encodings = CropDatasetParameters().model_dump(), CropEncodingsParameters().model_dump()
    heads = {name: parameters().model_dump() for name, parameters in HEAD_PARAMETERS.items()}
    recipe = box_recipe(crops, encodings, heads)
    reason = _retraining(store, "boxes", BOX_HEADS, recipe, store.served.read().next.heads)
    return Step(TRAIN_HEADS, reason) if reason else None


def ranking_head_step(store: Store) -> Step | None:
    """The training of the ranking head, if it is due."""
    from tiefvision_assets.models.fingerprints import ranking_recipe

    models = store.served.read().next
    if models.basis is None or not len(store.catalogue.live()):
        return None
    recipe = ranking_recipe(TripletDatasetParameters().model_dump(), RankingHeadParameters().model_dump())
    reason = _retraining(store, "triplets", RANKING_HEAD, recipe, models.ranking_head, models.basis)
    return Step(TRAIN_RANKING, reason) if reason else None


def _retraining(
    store: Store, kind: Kind, name: str, recipe: str, promoted: str | None, basis: str | None = None
) -> str | None:
    """Why candidates of that name must be trained, or None: too few new labels, or already trained on these inputs."""
    current = store.snapshots.current(kind)
    labels = store.snapshots.read(kind, current)
    encoder = store.served.read().next.encoder
    if not len(labels) or encoder is None or not len(store.catalogue.live()):
        return None
    if promoted and not store.models.is_servable(name, promoted):
        return f"parts of what was promoted ({name}/{promoted}) are not in the data folder any more"
    on_encoder = [v for v in store.models.verdicts(name) if v.inputs.encoder == encoder]
    fitting = [v for v in on_encoder if v.inputs.basis == basis]
    if not fitting:
        return f"there are {len(labels)} {kind} and nothing was trained on them with this encoder yet"
    same_recipe = [v for v in fitting if v.inputs.recipe == recipe]
    if not same_recipe:
        return "the code or the configuration of the training has changed"
    tried = {v.inputs.labels for v in same_recipe}
    fewest = 0 if current in tried else min(_label_changes(store, kind, version, current) for version in tried)
    if fewest < store.settings.retrain_after:
        return None
    limit = store.settings.retrain_after
    return f"{fewest} {kind} are new or changed since the last training (TIEFVISION_RETRAIN_AFTER is {limit})"


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
