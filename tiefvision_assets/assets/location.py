"""Judging the box heads, and locating the object in every photo."""

from dataclasses import asdict
from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.batches import BatchResults, each_batch
from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.assets.groups import ENCODE, LOCATION, ON_DEMAND, QUALITY, TRAIN, image_batch
from tiefvision_assets.assets.heads import ASSETS as HEAD_ASSETS
from tiefvision_assets.assets.promote import PromotionConfig
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN, Reuse
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


@dg.asset(deps=[encoder], group_name=LOCATION, kinds={"numpy", "safetensors"})
def starter_heads(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Box heads that come with the program: they find boxes until heads of your own labels are promoted.

    Encoders that are built in have them; ``TIEFVISION_STARTER_HEADS=off`` leaves whole photos their own boxes.
    """
    from tiefvision_assets.lineage.starter import place_starter

    with Watch(context, progress).claimed(store), store.writing("starter_heads", on_wait=context.log.info):
        placed = place_starter(store)
    found_by = placed.heads or "none: whole photos"
    metadata: dict[str, Any] = {"heads": found_by, "starter_heads": placed.starter is not None}
    if placed.starter:
        metadata |= {
            "version": placed.starter.version,
            "whole_photo_below_confidence": placed.starter.least_confidence,
            "model_card": dg.MetadataValue.path("docs/starter-heads.md"),
        }
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(placed.heads or "none"))


@dg.asset(deps=[*HEAD_ASSETS, starter_heads], group_name=QUALITY, kinds={"pandas"})
def location_report(
    context: dg.AssetExecutionContext,
    config: PromotionConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """How well the newest heads find boxes on photos that they never saw; decides whether they are promoted.

    Judged on the test photos, or by cross-validation where these are few. A rejected candidate is no failure: it stays
    on disk, and the heads promoted before it stay in use.
    """
    from tiefvision_assets.assets.pictures.photos import located_boxes, worst_boxes
    from tiefvision_assets.lineage.candidates import judge_box_heads
    from tiefvision_assets.lineage.head_evaluation import with_side_errors
    from tiefvision_assets.metrics import bootstrap, box_quality
    from tiefvision_assets.pictures import as_markdown
    from tiefvision_assets.store.schemas import BOX

    with Watch(context, progress).claimed(store):
        judged = judge_box_heads(store, config.promote)
    context.log.info(f"{'Promoted' if judged.promotion.promoted else 'Rejected'}: {judged.promotion.reason}")
    metadata: dict[str, Any] = {
        "photos": len(judged.evaluation),
        "promoted": judged.promotion.promoted,
        "why": judged.promotion.reason,
    }
    if len(judged.evaluation):
        rows = with_side_errors(judged.evaluation)
        iou = rows["iou"].to_numpy()
        interval = bootstrap(iou)
        metadata |= box_quality(iou)
        metadata |= {
            "mean_iou_low": interval.low,
            "mean_iou_high": interval.high,
            "mean_box_iou": float(rows["mean_box_iou"].mean()),
            "confidence_rank_correlation": float(rows["confidence"].rank().corr(rows["iou"].rank())),
            **{f"mean_error_{side}": float(rows[f"error_{side}"].mean()) for side in BOX},
        }
        worst = worst_boxes(store, rows)
        metadata["worst"] = dg.MetadataValue.md(as_markdown(worst, "worst boxes") if worst else "No photo to show.")
        sample = judged.evaluation.sort_values("sha256")
        metadata["sample"] = dg.MetadataValue.md(located_boxes(store, sample, alt="labelled and found boxes"))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(judged.fingerprint))


class LearningCurveConfig(dg.Config):
    """Numbers of labelled photos for the points of the curve; the last point always has all of them."""

    counts: list[int] = Field(default=[25, 50, 100], description="Numbers of labelled photos, besides all of them.")


@dg.asset(deps=[*HEAD_ASSETS], group_name=QUALITY, kinds={"pytorch"}, tags=ON_DEMAND, pool=TRAIN)
def location_learning_curve(
    context: dg.AssetExecutionContext,
    config: LearningCurveConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Mean IoU by the number of labelled photos: whether more boxes would help. Made on demand only.

    Heads are trained on growing parts of the labels, and all judged on the same photos, which none of them saw.
    """
    from tiefvision_assets.assets.pictures.training import labels_curve
    from tiefvision_assets.lineage.location_learning import TooFewPhotos, learning_curve

    advance = Watch(context, progress).stage("Learning from fewer labels")
    try:
        curve = learning_curve(store, tuple(config.counts), advance)
    except TooFewPhotos as error:
        context.log.warning(str(error))
        return dg.MaterializeResult(metadata={"judged_photos": 0, "why": str(error)})
    counts, values = [point.labels for point in curve.points], [point.mean_iou for point in curve.points]
    lines = {"heads": values, "mean box": [curve.mean_box_iou] * len(counts)}
    return dg.MaterializeResult(
        metadata={
            "judged_photos": curve.judged,
            "mean_box_iou": curve.mean_box_iou,
            "points": {str(point.labels): asdict(point) for point in curve.points},
            "curve": dg.MetadataValue.md(labels_curve(counts, lines, "mean IoU")),
        },
        data_version=dg.DataVersion(curve.fingerprint),
    )


@dg.asset(
    deps=[image_catalogue, encoder, starter_heads, *HEAD_ASSETS, location_report],
    partitions_def=image_batch,
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=MAX_BATCHES_A_RUN),
    group_name=LOCATION,
    kinds={"pytorch", "parquet"},
    pool=ENCODE,
)
def extracted_boxes(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> BatchResults:
    """The box of every photo as the promoted heads find it, with a confidence; without heads, the whole photo.

    The metadata say where these are the starter heads.
    """
    from tiefvision_assets.assets.pictures.photos import confidences, located_boxes
    from tiefvision_assets.lineage.boxes import extract_boxes
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.lineage.due import location_inputs, unlocated

    models = store.served.read().next
    heads = models.heads
    watch = Watch(context, progress)

    def locate(batch: str) -> Reuse:
        return extract_boxes(store, heads, batch, watch.stage("Finding objects"))

    def inputs_of(batch: str) -> str:
        return location_inputs(heads, unlocated(store, heads, wanted_contents(store, [batch])))

    def described() -> dict[str, Any]:
        metadata: dict[str, Any] = {"heads": heads or "none: whole photos"}
        if models.starter:
            metadata["found_by"] = "found by the starter heads"
        rows = store.boxes.read_all(heads, list(context.partition_keys))
        if heads and len(rows):
            metadata["confidence"] = dg.MetadataValue.md(confidences(rows["confidence"]))
            metadata["sample"] = dg.MetadataValue.md(located_boxes(store, rows, alt="extracted boxes"))
        return metadata

    yield from each_batch(context, store, progress, watch, locate, inputs_of, described)
