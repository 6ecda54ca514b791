"""From triplets to the supervised ranking."""

from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.embeddings import object_encodings
from tiefvision_assets.assets.groups import QUALITY, SIMILARITY
from tiefvision_assets.assets.labels import triplet_labels
from tiefvision_assets.assets.promote import PromotionConfig
from tiefvision_assets.resources import Progress
from tiefvision_assets.store.store import Store


class TripletDatasetConfig(dg.Config):
    """How triplets are split and added to."""

    test_share: float = Field(
        default=0.05, ge=0, le=0.5, description="Share of reference photos held out from training."
    )
    mirrors: bool = Field(default=True, description="Add mirror images as positives.")


class RankingHeadConfig(dg.Config):
    """Hyper-parameters of the ranking head."""

    margin: float = Field(default=0.1, ge=0, description="Of the hinge loss.")
    steps: int = Field(default=600, ge=1, description="Batches trained on.")
    batch: int = Field(default=256, ge=1, description="Triplets a batch.")
    learning_rate: float = Field(default=5e-3, gt=0, description="Initial learning rate, annealed by a cosine.")
    identity_penalty: float = Field(
        default=0.1, ge=0, description="Pull towards the identity, so that few triplets change little."
    )
    seed: int = Field(default=0, ge=0, description="Decides the triplets of each batch.")


@dg.asset(deps=[triplet_labels, object_encodings], group_name=SIMILARITY, kinds={"parquet"})
def triplet_dataset(
    context: dg.AssetExecutionContext, config: TripletDatasetConfig, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult:
    """People's triplets split by reference photo, and mirror images as free positives for training."""
    from tiefvision_assets.assets.sheets import triplet_rows
    from tiefvision_assets.lineage.ranking import LABEL, save_triplets

    with store.writing("triplet_dataset", on_wait=context.log.info):
        name, triplets = save_triplets(store, config.model_dump())
    labelled = triplets[triplets["source"] == LABEL]
    metadata: dict[str, Any] = {
        "dagster/row_count": len(triplets),
        "training_triplets": int((labelled["split"] == "train").sum()),
        "test_triplets": int((labelled["split"] == "test").sum()),
        "mirror_triplets": len(triplets) - len(labelled),
    }
    if len(labelled):
        metadata["examples"] = dg.MetadataValue.md(triplet_rows(store, labelled))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(name))


@dg.asset(deps=[triplet_dataset, object_encodings], group_name=SIMILARITY, kinds={"pytorch"})
def ranking_head(
    context: dg.AssetExecutionContext,
    config: RankingHeadConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """A linear map of embeddings that starts at the identity and learns from triplets what people call similar."""
    from tiefvision_assets.assets.sheets import loss_curves
    from tiefvision_assets.lineage.ranking import train_and_save

    with store.writing("ranking_head", on_wait=context.log.info):
        trained = train_and_save(store, config.model_dump(), progress.stage("Training ranking_head"))
    metadata: dict[str, Any] = {"triplets": trained.triplets, "reused": trained.reused}
    if trained.losses:
        metadata["loss"] = dg.MetadataValue.md(loss_curves(trained.losses, "hinge loss"))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(trained.fingerprint))


@dg.asset(deps=[ranking_head, object_encodings], group_name=QUALITY, kinds={"pandas"})
def similarity_report(
    context: dg.AssetExecutionContext, config: PromotionConfig, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult:
    """How often the newest ranking head ranks triplets right that it never saw; decides whether it is promoted."""
    from tiefvision_assets.assets.sheets import before_and_after
    from tiefvision_assets.lineage.candidates import judge_ranking_head
    from tiefvision_assets.quality import bootstrap

    with store.writing("similarity_report", on_wait=context.log.info):
        judged = judge_ranking_head(store, config.promote)
    context.log.info(f"{'Promoted' if judged.decision.promoted else 'Rejected'}: {judged.decision.reason}")
    metadata: dict[str, Any] = {
        "triplets": len(judged.evaluation),
        "promoted": judged.decision.promoted,
        "why": judged.decision.reason,
    }
    if len(judged.evaluation):
        for ranking in ("unsupervised", "supervised"):
            interval = bootstrap(judged.evaluation[ranking].to_numpy())
            metadata |= {f"{ranking}_accuracy": interval.mean}
            metadata |= {f"{ranking}_low": interval.low, f"{ranking}_high": interval.high}
        metadata["neighbours"] = dg.MetadataValue.md(before_and_after(store, judged))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(judged.fingerprint))
