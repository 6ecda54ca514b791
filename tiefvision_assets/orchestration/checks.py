"""Asset checks: conditions for making anything downstream (blocking), and warnings about quality."""

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.crops import crop_dataset
from tiefvision_assets.assets.index import similarity_index
from tiefvision_assets.assets.location import extracted_boxes, location_report
from tiefvision_assets.assets.ranking import similarity_report, triplet_dataset
from tiefvision_assets.store.store import Store

WARN = dg.AssetCheckSeverity.WARN
DOUBTFUL = 0.4
"""On 66 clothing photos that were held out, whole or cut off-centre, confidences lay between .47 and .97."""
DOUBTFUL_SHARE = 0.1


@dg.asset_check(asset=image_catalogue)
def catalogue_not_empty(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """There is at least one usable photo."""
    photos = len(store.catalogue.live())
    return dg.AssetCheckResult(
        passed=photos > 0,
        metadata={"photos": photos},
        description=None
        if photos
        else f"No usable photo in {store.settings.raw_dir}; put JPEG, PNG or WebP files there.",
    )


@dg.asset_check(asset=crop_dataset, blocking=True)
def no_photo_in_training_and_test(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """No crop of a test photo is in training."""
    current = store.crops.current()
    views = store.crops.views(current[0]) if current else None
    splits = views.groupby("sha256")["split"].nunique() if views is not None else []
    both = sum(count > 1 for count in splits)
    return dg.AssetCheckResult(passed=both == 0, metadata={"photos": len(splits), "photos_in_both": both})


@dg.asset_check(asset=triplet_dataset, blocking=True)
def no_reference_in_training_and_test(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """No reference photo of a test triplet is a reference in training."""
    current = store.triplets.current()
    triplets = store.triplets.read(current[0]) if current else None
    used = triplets[triplets["split"].isin(["train", "test"])] if triplets is not None else None
    splits = used.groupby("reference")["split"].nunique() if used is not None else []
    both = sum(count > 1 for count in splits)
    return dg.AssetCheckResult(passed=both == 0, metadata={"references": len(splits), "references_in_both": both})


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


@dg.asset_check(asset=location_report)
def heads_beat_the_mean_box(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """The newest heads find better boxes than the trivial predictor, and not worse ones than the promoted heads."""
    return _verdict(store, "box_heads")


@dg.asset_check(asset=similarity_report)
def supervised_beats_unsupervised(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
    """The newest ranking head ranks more held-out triplets correctly than the embedding alone."""
    return _verdict(store, "ranking_head")


def _verdict(store: Store, name: str) -> dg.AssetCheckResult:
    verdicts = store.models.verdicts(name)
    if not verdicts:
        return dg.AssetCheckResult(passed=False, severity=WARN, description="Nothing has been judged yet.")
    newest = verdicts[0]
    return dg.AssetCheckResult(
        passed=newest.promoted,
        severity=WARN,
        description=newest.reason,
        metadata={"candidate": newest.fingerprint},
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
]
