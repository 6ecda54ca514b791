"""The Dagster code location: every asset, check, job, schedule and sensor. Importing it imports no torch."""

from datetime import timedelta

import dagster as dg

from tiefvision_assets.assets import (
    catalogue,
    crops,
    embeddings,
    encoder,
    heads,
    index,
    labels,
    location,
    maps,
    quality,
    ranking,
)
from tiefvision_assets.assets.catalog import in_catalog
from tiefvision_assets.assets.feedback import with_feedback
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.orchestration import alerts, announcing, automation, checks, products, quality_checks, tables
from tiefvision_assets.settings import DEFAULT_ENCODER, Settings
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store

ASSETS: list[dg.AssetsDefinition | dg.AssetSpec] = [
    catalogue.raw_photos,
    labels.label_events,
    catalogue.image_catalogue,
    labels.box_labels,
    labels.triplet_labels,
    encoder.encoder,
    crops.crop_dataset,
    crops.crop_encodings,
    *heads.ASSETS,
    location.starter_heads,
    location.location_report,
    location.location_learning_curve,
    location.extracted_boxes,
    embeddings.embedding_basis,
    embeddings.object_encodings,
    ranking.triplet_dataset,
    ranking.ranking_head,
    ranking.similarity_report,
    ranking.ranking_learning_curve,
    index.similarity_index,
    maps.photo_map,
    quality.photo_quality,
    quality.label_errors,
]


def build_definitions(*, store: Store | None = None, progress: Progress | None = None) -> dg.Definitions:
    """The code location, on the data folder that the environment's settings name unless another one is given.

    ``store`` and ``progress`` are the resources that assets, checks, sensors and schedules ask for:

    >>> from pathlib import Path
    >>> definitions = build_definitions(store=Store(Settings(data=Path("shop"), scan_cron="0 5 * * *")))
    >>> definitions.resolve_schedule_def("nightly_catalogue_scan").cron_schedule
    '0 5 * * *'
    """
    store = store or Store(Settings())
    resources = {"store": store, "progress": progress or Progress()}
    settings = store.settings
    fresh = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=settings.fresh_hours))
    shop = settings.has_products
    assets = [asset for asset in ASSETS if asset is not index.similarity_index] + products.assets_of(settings, fresh)
    assets = with_feedback(assets, settings)
    watched = index.similarity_index.map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, fresh))
    return dg.Definitions(
        assets=dg.map_asset_specs(tables.with_columns, in_catalog([*assets, watched], _encoder_name(store))),
        asset_checks=[*checks.CHECKS, *quality_checks.QUALITY_CHECKS, *products.CHECKS * shop],
        jobs=automation.JOBS,
        schedules=[automation.nightly_catalogue_scan(settings)],
        sensors=[
            automation.raw_folder_changed,
            automation.out_of_date,
            *[products.product_feed_changed] * shop,
            alerts.run_failed(settings),
            announcing.index_served(settings),
        ],
        resources=resources,
        executor=dg.in_process_executor,
    )


def _encoder_name(store: Store) -> str:
    """The location loads where ``served.json`` is damaged, too; the plan and the assets say so."""
    try:
        return encoder_in_use(store)
    except DamagedFile:
        return DEFAULT_ENCODER


defs = build_definitions()
