"""From photos to what is unusual about them as photos."""

from typing import Any

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.groups import ON_DEMAND, QUALITY
from tiefvision_assets.assets.index import similarity_index
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

    with store.writing("photo_quality", on_wait=context.log.info):
        made = measure_photos(store, progress.stage("Measuring photos"))
    rows = store.quality.read()
    flaws = {flaw: int(rows[flaw].sum()) for flaw in FLAWS}
    numbers: dict[str, Any] = {"dagster/row_count": len(rows), "computed": len(made.computed), "reused": made.reused}
    return dg.MaterializeResult(
        metadata=numbers | {"unreadable": made.failed} | flaws,
        data_version=dg.DataVersion(fingerprint(rows=rows[["sha256", *FLAWS]].to_numpy().tolist())),
    )
