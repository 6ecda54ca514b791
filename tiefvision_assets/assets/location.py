"""Judging the box heads, and locating the object in every photo."""

from dataclasses import asdict
from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.batches import each_batch
from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.assets.groups import LOCATION, ON_DEMAND, QUALITY, image_batch
from tiefvision_assets.assets.heads import ASSETS as HEAD_ASSETS
from tiefvision_assets.assets.promote import PromotionConfig
from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN, Reuse
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


@dg.asset(deps=[*HEAD_ASSETS], group_name=QUALITY, kinds={"pandas"})
def location_report(
    context: dg.AssetExecutionContext, config: PromotionConfig, store: dg.ResourceParam[Store]
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

    with store.writing("location_report", on_wait=context.log.info):
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


@dg.asset(deps=[*HEAD_ASSETS], group_name=QUALITY, kinds={"pytorch"}, tags=ON_DEMAND)
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

    try:
        curve = learning_curve(store, tuple(config.counts), progress.stage("Learning from fewer labels"))
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
    deps=[image_catalogue, encoder, *HEAD_ASSETS, location_report],
    partitions_def=image_batch,
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=MAX_BATCHES_A_RUN),
    group_name=LOCATION,
    kinds={"pytorch", "parquet"},
)
def extracted_boxes(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The box of every photo as the promoted heads find it, with a confidence; without heads, the whole photo."""
    from tiefvision_assets.assets.pictures.photos import confidences, located_boxes
    from tiefvision_assets.lineage.boxes import extract_boxes
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.lineage.due import location_inputs, unlocated

    heads = store.served.read().next.heads

    def locate(batch: str) -> Reuse:
        return extract_boxes(store, heads, batch, progress.stage("Finding objects"))

    def inputs_of(batch: str) -> str:
        return location_inputs(heads, unlocated(store, heads, wanted_contents(store, [batch])))

    each_batch(context, store, progress, locate, inputs_of)
    metadata: dict[str, Any] = {"heads": heads or "none: whole photos"}
    rows = store.boxes.read_all(heads, list(context.partition_keys))
    if heads and len(rows):
        metadata["confidence"] = dg.MetadataValue.md(confidences(rows["confidence"]))
        metadata["sample"] = dg.MetadataValue.md(located_boxes(store, rows, alt="extracted boxes"))
    return dg.MaterializeResult(metadata=metadata)
