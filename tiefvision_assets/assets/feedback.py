"""From clicks to the triplets that follow from them, which the ranking head learns from beside people's labels.

Only where TIEFVISION_FEEDBACK is on.
"""

from collections.abc import Iterable

import dagster as dg

from tiefvision_assets.assets.groups import LABELS
from tiefvision_assets.assets.ranking import triplet_dataset
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

feedback_events = dg.AssetSpec(
    "feedback_events",
    group_name=LABELS,
    kinds={"sql"},
    description="What searchers clicked, bought or refused, as /api/feedback took it: append-only, of nobody by name.",
)


@dg.asset(deps=[feedback_events], group_name=LABELS, kinds={"parquet"})
def feedback_triplets(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Triplets (H, H+, H-) that follow from clicks: H+ was clicked, H- stood above it and was not.

    They train with a weight of their own and judge nothing; what people judged themselves is left out.
    """
    from tiefvision_assets.assets.pictures.photos import triplet_rows
    from tiefvision_assets.lineage.feedback_triplets import derive_triplets
    from tiefvision_assets.store.schemas import FEEDBACK_TRIPLETS

    with Watch(context, progress).claimed(store):
        record, rows = derive_triplets(store)
    counts = store.feedback.counts()
    columns = [dg.TableColumn(column.name, column.type, column.description) for column in FEEDBACK_TRIPLETS.columns]
    often = rows.sort_values("sessions", ascending=False, kind="stable")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "dagster/column_schema": dg.TableSchema(columns),
            "events": counts.events,
            "sessions": counts.sessions,
            "references": rows["reference"].nunique(),
            **({"examples": dg.MetadataValue.md(triplet_rows(store, often))} if len(rows) else {}),
        },
        data_version=dg.DataVersion(record.version),
    )


def with_feedback(
    assets: Iterable[dg.AssetsDefinition | dg.AssetSpec], settings: Settings
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets, and where clicks are taken those about them, which the triplet dataset then depends on."""
    if settings.feedback == "off":
        return list(assets)
    learning = triplet_dataset.map_asset_specs(lambda spec: spec.merge_attributes(deps=[feedback_triplets]))
    kept = [learning if asset is triplet_dataset else asset for asset in assets]
    return [*kept, feedback_events, feedback_triplets]
