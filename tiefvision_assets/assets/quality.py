"""From photos to what is unusual about them as photos, and from labels to those that are likely wrong."""

from typing import Any

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.groups import ON_DEMAND, QUALITY, TRAIN
from tiefvision_assets.assets.index import similarity_index
from tiefvision_assets.assets.location import location_report
from tiefvision_assets.assets.ranking import similarity_report
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


@dg.asset(deps=[image_catalogue, similarity_index], group_name=QUALITY, kinds={"parquet"}, tags=ON_DEMAND)
def photo_quality(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Which photos are blurred, dark, bright, framed, oddly proportioned, doubled or of a tiny object. On demand only.

    Each photo is measured once; limits follow the catalogue. The app's gallery and searches then filter by it.
    """
    from tiefvision_assets.lineage.photo_quality import measure_photos
    from tiefvision_assets.store.fingerprint import fingerprint
    from tiefvision_assets.store.flaws import FLAWS

    watch = Watch(context, progress)
    with watch.claimed(store):
        made = measure_photos(store, watch.stage("Measuring photos"))
    rows = store.quality.read()
    flaws = {flaw: int(rows[flaw].sum()) for flaw in FLAWS}
    numbers: dict[str, Any] = {"dagster/row_count": len(rows), "computed": len(made.computed), "reused": made.reused}
    return dg.MaterializeResult(
        metadata=numbers | {"unreadable": made.failed} | flaws,
        data_version=dg.DataVersion(fingerprint(rows=rows[["sha256", *FLAWS]].to_numpy().tolist())),
    )


@dg.asset(deps=[location_report, similarity_report], group_name=QUALITY, kinds={"pytorch"}, tags=ON_DEMAND, pool=TRAIN)
def label_errors(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Boxes and triplets that models contradict with confidence which never saw them. On demand only.

    The app's page *Review* shows them, the most likely wrong first.
    """
    from tiefvision_assets.lineage.label_errors import find_label_errors
    from tiefvision_assets.store.fingerprint import fingerprint

    watch = Watch(context, progress)
    with watch.claimed(store):
        rows = find_label_errors(store, watch.stage("Judging labels"))
    likely = rows[rows["likelihood"] > 0.5]
    numbers: dict[str, Any] = {"dagster/row_count": len(rows)}
    numbers |= {f"likely_wrong_{kind}": int((likely["kind"] == kind).sum()) for kind in ("box", "triplet")}
    return dg.MaterializeResult(
        metadata=numbers, data_version=dg.DataVersion(fingerprint(rows=rows.astype(str).to_numpy().tolist()))
    )
