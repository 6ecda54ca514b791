"""Asset checks on photos as such: one a flaw, each with a sheet of the photos that have it."""

from typing import Any

import dagster as dg

from tiefvision_assets.assets.quality import photo_quality
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.store import Store


def _without(flaw: str, meaning: str) -> dg.AssetChecksDefinition:
    """A check that warns of the photos with that flaw."""

    @dg.asset_check(
        asset=photo_quality, name=f"none_{flaw}", description=f"No photo is {flaw.replace('_', ' ')}: {meaning}."
    )
    def none_flawed(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        from tiefvision_assets.assets.pictures.photos import flawed_photos
        from tiefvision_assets.lineage.photo_quality import limits

        rows = store.quality.read()
        flawed = rows[rows[flaw].to_numpy(dtype=bool)]
        metadata: dict[str, Any] = {"photos": len(rows), "flawed": len(flawed)}
        limit = limits(rows).get(flaw)
        if limit:
            metadata |= {"limit": f"{limit.measure} {'below' if limit.below else 'above'} {limit.value:.3g}"}
            flawed = flawed.sort_values(limit.measure, ascending=limit.below)
        if len(flawed):
            metadata["examples"] = dg.MetadataValue.md(flawed_photos(store, flawed, limit.measure if limit else None))
        return dg.AssetCheckResult(
            passed=not len(flawed),
            severity=dg.AssetCheckSeverity.WARN,
            metadata=metadata,
            description=f"{len(flawed)} of {len(rows)} photos: {meaning}." if len(flawed) else None,
        )

    return none_flawed


QUALITY_CHECKS = [_without(flaw, meaning) for flaw, meaning in FLAWS.items()]
