"""From triplets to the supervised ranking: dataset, head, report and learning curve."""

from dataclasses import asdict
from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.embeddings import object_encodings
from tiefvision_assets.assets.groups import ON_DEMAND, QUALITY, SIMILARITY, TRAIN
from tiefvision_assets.assets.labels import triplet_labels
from tiefvision_assets.assets.promote import PromotionConfig
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


class TripletDatasetConfig(TripletDatasetParameters, dg.Config):
    """How triplets are split, and which are generated."""


class RankingHeadConfig(RankingHeadParameters, dg.Config):
    """Hyper-parameters of the ranking head."""


@dg.asset(deps=[triplet_labels, object_encodings], group_name=SIMILARITY, kinds={"parquet"})
def triplet_dataset(
    context: dg.AssetExecutionContext,
    config: TripletDatasetConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """The labelled triplets, split by all their photos, and generated ones for training if configured."""
    from tiefvision_assets.assets.pictures.photos import flagged_triplets, triplet_rows
    from tiefvision_assets.lineage.triplet_dataset import CONTRADICTORY, SUSPICIOUS, save_triplets
    from tiefvision_assets.lineage.triplets import CLICK, LABEL, MINED, MIRROR, PRODUCT

    with Watch(context, progress).claimed(store):
        name, triplets = save_triplets(store, config)
    labelled = triplets[triplets["source"] == LABEL]
    metadata: dict[str, Any] = {
        "dagster/row_count": len(triplets),
        "training_triplets": int((labelled["split"] == "train").sum()),
        "test_triplets": int((labelled["split"] == "test").sum()),
        "mirror_triplets": int((triplets["source"] == MIRROR).sum()),
        "mined_triplets": int((triplets["source"] == MINED).sum()),
        "product_triplets": int((triplets["source"] == PRODUCT).sum()),
        "click_triplets": int((triplets["source"] == CLICK).sum()),
        "contradictory_triplets": int((labelled["flag"] == CONTRADICTORY).sum()),
        "suspicious_triplets": int((labelled["flag"] == SUSPICIOUS).sum()),
    }
    if len(labelled):
        metadata["examples"] = dg.MetadataValue.md(triplet_rows(store, labelled))
    flagged = labelled[labelled["flag"] != ""]
    if len(flagged):
        metadata["flagged"] = dg.MetadataValue.md(flagged_triplets(store, flagged))
        metadata["flagged_examples"] = dg.MetadataValue.md(triplet_rows(store, flagged))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(name))


@dg.asset(deps=[triplet_dataset, object_encodings], group_name=SIMILARITY, kinds={"pytorch"}, pool=TRAIN)
def ranking_head(
    context: dg.AssetExecutionContext,
    config: RankingHeadConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """A map of embeddings that starts near the identity and learns from triplets what people find similar."""
    from tiefvision_assets.assets.pictures.training import ranking_curves
    from tiefvision_assets.lineage.ranking import train_and_save
    from tiefvision_assets.models.inference import FINAL

    watch = Watch(context, progress)
    with watch.claimed(store):
        trained = train_and_save(store, config, watch.stage("Training ranking_head"))
    record = trained.record
    metadata: dict[str, Any] = {"triplets": record.triplets, "reused": trained.reused}
    if record.curves:
        metadata |= {"learned_share": record.starts[FINAL]["share"], "best_step": record.best[FINAL]}
        if record.curves[FINAL]["held_out"]:
            metadata["loss"] = dg.MetadataValue.md(ranking_curves(record.curves, record.best[FINAL]))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(trained.fingerprint))


@dg.asset(deps=[ranking_head, object_encodings], group_name=QUALITY, kinds={"pandas"})
def similarity_report(
    context: dg.AssetExecutionContext,
    config: PromotionConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """How many held-out triplets the newest ranking head ranks correctly, with intervals over references; decides
    whether it is promoted."""
    from tiefvision_assets.assets.pictures.embedding_map import map_of_embedding
    from tiefvision_assets.assets.pictures.learned import before_and_after
    from tiefvision_assets.assets.pictures.training import measures_table
    from tiefvision_assets.lineage.candidates import judge_ranking_head
    from tiefvision_assets.lineage.positives import recall_in_catalogue
    from tiefvision_assets.metrics import bootstrap

    with Watch(context, progress).claimed(store):
        judged = judge_ranking_head(store, config.promote)
    context.log.info(f"{'Promoted' if judged.promotion.promoted else 'Rejected'}: {judged.promotion.reason}")
    metadata: dict[str, Any] = {
        "triplets": len(judged.evaluation),
        "promoted": judged.promotion.promoted,
        "why": judged.promotion.reason,
    }
    if len(judged.evaluation):
        for ranking in ("unsupervised", "supervised"):
            rows = judged.evaluation
            interval = bootstrap(rows[ranking].to_numpy(), rows["reference_group"].to_numpy())
            metadata |= {f"{ranking}_accuracy": interval.mean}
            metadata |= {f"{ranking}_low": interval.low, f"{ranking}_high": interval.high}
        recalls = recall_in_catalogue(store, judged)
        metadata |= {f"{ranking}_recall_at_10": measures["r@10"] for ranking, measures in recalls.items()}
        metadata["positives_found"] = dg.MetadataValue.md(measures_table(recalls, "ranking"))
        metadata["map"] = dg.MetadataValue.md(map_of_embedding(store, judged))
        metadata["neighbours"] = dg.MetadataValue.md(before_and_after(store, judged))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(judged.fingerprint))


class RankingCurveConfig(dg.Config):
    """Numbers of triplets for the points of the curve; the last point always has all of them."""

    counts: list[int] = Field(default=[50, 100, 200, 500, 1000], description="Numbers of triplets, besides all.")


@dg.asset(deps=[ranking_head], group_name=QUALITY, kinds={"pytorch"}, tags=ON_DEMAND, pool=TRAIN)
def ranking_learning_curve(
    context: dg.AssetExecutionContext,
    config: RankingCurveConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Triplet accuracy by the number of triplets: whether more would help. Made on demand only."""
    from tiefvision_assets.assets.pictures.training import labels_curve
    from tiefvision_assets.lineage.ranking import NoEncodings
    from tiefvision_assets.lineage.ranking_learning import ranking_curve

    advance = Watch(context, progress).stage("Learning from fewer triplets")
    try:
        curve = ranking_curve(store, tuple(config.counts), advance)
    except NoEncodings as error:
        context.log.warning(str(error))
        return dg.MaterializeResult(metadata={"judged_triplets": 0, "why": str(error)})
    counts, values = [point.triplets for point in curve.points], [point.accuracy for point in curve.points]
    lines = {"supervised": values, "unsupervised": [curve.unsupervised] * len(counts)}
    return dg.MaterializeResult(
        metadata={
            "judged_triplets": curve.judged,
            "unsupervised_accuracy": curve.unsupervised,
            "points": {str(point.triplets): asdict(point) for point in curve.points},
            "curve": dg.MetadataValue.md(labels_curve(counts, lines, "triplets ranked right", x="triplets")),
        },
        data_version=dg.DataVersion(curve.fingerprint),
    )
