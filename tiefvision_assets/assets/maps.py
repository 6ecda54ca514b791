"""From the served index to maps on which people see all photos at once."""

from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.groups import ON_DEMAND, SIMILARITY
from tiefvision_assets.assets.index import similarity_index
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


class PhotoMapConfig(dg.Config):
    """How photos are laid out."""

    seed: int = Field(0, description="Chooses the anchors, and what the layout leaves to chance.")
    anew: bool = Field(False, description="Lay all photos out anew, so that those of before move.")


@dg.asset(deps=[similarity_index], group_name=SIMILARITY, kinds={"numpy", "parquet"}, tags=ON_DEMAND)
def photo_map(
    context: dg.AssetExecutionContext,
    config: PhotoMapConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Where every photo lies on a map, for each ranking: similar photos are close together. On demand only.

    Photos that are on the map stay where they are; new ones are placed among them. Other models make another map.
    """
    from tiefvision_assets.lineage.photo_map import make_maps
    from tiefvision_assets.store.fingerprint import fingerprint

    watch = Watch(context, progress)
    with watch.claimed(store):
        made = make_maps(store, watch.stage, seed=config.seed, anew=config.anew)
    numbers: dict[str, Any] = {"dagster/row_count": made["unsupervised"].photos}
    for ranking, mapped in made.items():
        numbers |= {f"{ranking}_placed": mapped.placed, f"{ranking}_anchors": mapped.anchors}
        numbers |= {f"{ranking}_laid_out_anew": mapped.laid_out, f"{ranking}_neighbours_kept": mapped.neighbours_kept}
    points = {ranking: store.maps.read(ranking) for ranking in made}
    rows = [part[["sha256", "x", "y"]].astype(str).to_numpy().tolist() for part in points.values()]
    return dg.MaterializeResult(metadata=numbers, data_version=dg.DataVersion(fingerprint(rows=rows)))
