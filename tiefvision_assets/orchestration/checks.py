"""Asset checks: conditions for making anything downstream (blocking), and warnings about quality."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.crops import crop_dataset
from tiefvision_assets.assets.index import similarity_index
from tiefvision_assets.assets.location import extracted_boxes, location_report
from tiefvision_assets.assets.ranking import similarity_report, triplet_dataset
from tiefvision_assets.orchestration.tables import TABLES, columns_check
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

WARN = dg.AssetCheckSeverity.WARN
DOUBTFUL = 0.4
"""On 66 clothing photos that were held out, whole or cut off-centre, confidences lay between .47 and .97."""
DOUBTFUL_SHARE = 0.1


@dg.asset_check(asset=image_catalogue)
def catalogue_not_empty(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """There is at least one usable photo."""
    photos = store.catalogue.photo_count()
    return dg.AssetCheckResult(
        passed=photos > 0,
        metadata={"photos": photos},
        description=None if photos else f"No usable photo in {store.settings.raw_place}; put photo files there.",
    )


def _views(store: Store) -> "pd.DataFrame | None":
    current = store.crops.current()
    return store.crops.views(current[0]) if current else None


def _triplets(store: Store) -> "pd.DataFrame | None":
    """A row for each photo of each triplet."""
    current = store.triplets.current()
    if current is None:
        return None
    return store.triplets.read(current[0]).melt("split", ["reference", "positive", "negative"], value_name="photo")


def _never_in_both(
    name: str,
    asset: dg.AssetsDefinition,
    rows_of: Callable[[Store], "pd.DataFrame | None"],
    column: str,
    things: str,
    description: str,
) -> dg.AssetChecksDefinition:
    """A blocking check that none of the ``things`` that ``column`` names is in training and in test."""

    @dg.asset_check(asset=asset, name=name, blocking=True, description=description)
    def never_in_both(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        rows = rows_of(store)
        used = rows[rows["split"].isin(["train", "test"])] if rows is not None else None
        splits = used.groupby(column)["split"].nunique() if used is not None else []
        both = sum(count > 1 for count in splits)
        return dg.AssetCheckResult(passed=both == 0, metadata={things: len(splits), f"{things}_in_both": both})

    return never_in_both


no_photo_in_training_and_test = _never_in_both(
    "no_photo_in_training_and_test",
    crop_dataset,
    _views,
    column="sha256",
    things="photos",
    description="No crop of a test photo is in training.",
)
no_reference_in_training_and_test = _never_in_both(
    "no_reference_in_training_and_test",
    triplet_dataset,
    _triplets,
    column="photo",
    things="photos",
    description="No photo of a test triplet is in a training triplet.",
)


@dg.asset_check(asset=similarity_index, blocking=True)
def each_live_photo_once(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """Both rankings that are served hold each live photo exactly once, on encodings of one fingerprint."""
    from tiefvision_assets.lineage.index import index_problems
    from tiefvision_assets.store.index import RANKINGS

    served = store.served.read().index
    if not served:
        return dg.AssetCheckResult(passed=False, description="No index is served yet.")
    problems = index_problems(store, {ranking: store.indexes.open(ranking, served[ranking]) for ranking in RANKINGS})
    return dg.AssetCheckResult(passed=not problems, description="; ".join(problems) or None)


@dg.asset_check(asset=similarity_index)
def index_recall(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """Engine and graph find at least 99 % of the ten nearest photos, against exact search on held-out photos."""
    from tiefvision_assets.store.faiss_index import RECALL
    from tiefvision_assets.store.index import RANKINGS

    served = store.served.read().index
    if not served:
        return dg.AssetCheckResult(passed=False, severity=WARN, description="No index is served yet.")
    stats: dict[str, dict[str, float]] = {
        ranking: store.indexes.open(ranking, served[ranking]).record["stats"] for ranking in RANKINGS
    }
    recalls = {ranking: min(found["recall@10"], found.get("graph_recall@10", 1.0)) for ranking, found in stats.items()}
    low = {ranking: recall for ranking, recall in recalls.items() if recall < RECALL}
    described = ", ".join(f"{recall:.3f} for the {ranking} ranking" for ranking, recall in low.items())
    return dg.AssetCheckResult(
        passed=not low,
        severity=WARN,
        metadata={**stats},
        description=f"Recall among the ten nearest is {described}; TIEFVISION_INDEX=exact finds all." if low else None,
    )


@dg.asset_check(asset=extracted_boxes)
def boxes_are_confident(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """At most a tenth of the photos have a box of low confidence; these are the ones worth labelling."""
    heads = store.served.read().next.heads
    if heads is None:
        return dg.AssetCheckResult(passed=True, description="No heads are promoted: the whole photo is the box.")
    confidence = store.boxes.read_all(heads, store.catalogue.batch_keys())["confidence"]
    doubtful = int((confidence < DOUBTFUL).sum())
    return dg.AssetCheckResult(
        passed=doubtful <= DOUBTFUL_SHARE * len(confidence),
        severity=WARN,
        metadata={"photos": len(confidence), "doubtful": doubtful},
        description=f"{doubtful} of {len(confidence)} boxes have a confidence below {DOUBTFUL}.",
    )


def _judged_better(name: str, asset: dg.AssetsDefinition, model: str, description: str) -> dg.AssetChecksDefinition:
    """A check that the newest candidate for a model was promoted; it warns with the reason where it was not."""

    @dg.asset_check(asset=asset, name=name, description=description)
    def judged_better(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        verdicts = store.models.verdicts(model)
        if not verdicts:
            return dg.AssetCheckResult(passed=False, severity=WARN, description="Nothing has been judged yet.")
        newest = verdicts[0]
        return dg.AssetCheckResult(
            passed=newest.promoted,
            severity=WARN,
            description=newest.reason,
            metadata={"candidate": newest.fingerprint},
        )

    return judged_better


heads_beat_the_mean_box = _judged_better(
    "heads_beat_the_mean_box",
    location_report,
    "box_heads",
    "The newest heads find better boxes than the trivial predictor, and not worse ones than the promoted heads.",
)
supervised_beats_unsupervised = _judged_better(
    "supervised_beats_unsupervised",
    similarity_report,
    "ranking_head",
    "The newest ranking head ranks more held-out triplets right than the embedding alone.",
)


CHECKS = [
    catalogue_not_empty,
    no_photo_in_training_and_test,
    no_reference_in_training_and_test,
    each_live_photo_once,
    index_recall,
    boxes_are_confident,
    heads_beat_the_mean_box,
    supervised_beats_unsupervised,
    *map(columns_check, TABLES),
]
