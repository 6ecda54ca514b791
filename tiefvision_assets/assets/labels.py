"""From the events in the label database to the snapshots that training reads."""

from typing import TYPE_CHECKING

import dagster as dg

from tiefvision_assets.assets.groups import LABELS
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from tiefvision_assets.store.labels.snapshots import Kind

label_events = dg.AssetSpec(
    "label_events",
    group_name=LABELS,
    kinds={"sql"},
    description="Boxes and triplets as people drew and chose them: append-only events in the label database.",
)


@dg.asset(deps=[label_events], group_name=LABELS, kinds={"parquet"})
def box_labels(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The boxes that count now, one a photo; the version is a hash of them, so an undo restores the previous
    version."""
    from tiefvision_assets.assets.pictures.photos import labelled_boxes

    labels, version = store.labels.snapshot_boxes(), store.labels.box_version()
    picture = {"labelled_photos": labelled_boxes(store, labels)} if len(labels) else {}
    return _snapshot(context, store, progress, "boxes", labels, version, picture)


@dg.asset(deps=[label_events], group_name=LABELS, kinds={"parquet"})
def triplet_labels(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The triplets (H, H+, H-) that count now: people found H+ more similar to H than H-."""
    from tiefvision_assets.assets.pictures.photos import triplet_rows

    labels, version = store.labels.snapshot_triplets(), store.labels.triplet_version()
    picture = {"examples": triplet_rows(store, labels)} if len(labels) else {}
    return _snapshot(context, store, progress, "triplets", labels, version, picture)


def _snapshot(
    context: dg.AssetExecutionContext,
    store: Store,
    progress: Progress,
    kind: "Kind",
    labels: "pd.DataFrame",
    version: str,
    picture: dict[str, str],
) -> dg.MaterializeResult:
    with Watch(context, progress).claimed(store):
        store.snapshots.write(kind, version, labels)
    annotators = labels["annotator"].value_counts().to_dict()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(labels),
            "by_annotator": annotators,
            **{name: dg.MetadataValue.md(text) for name, text in picture.items()},
        },
        data_version=dg.DataVersion(version),
    )
