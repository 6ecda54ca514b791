"""From a folder of photos to the catalogue and its immutable batches."""

from dataclasses import asdict, replace
from typing import Any

import dagster as dg
from pydantic import Field

from tiefvision_assets.assets.groups import CATALOGUE, IMAGE_BATCH
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store

raw_photos = dg.AssetSpec(
    "raw_photos",
    group_name=CATALOGUE,
    kinds={"file"},
    description="The photos as their owners keep them, below the raw folder. People and other systems write here.",
)


class CatalogueConfig(dg.Config):
    """How the raw folder is scanned."""

    batch_size: int = Field(default=4096, ge=1, le=4096, description="Contents a batch holds at most.")
    changes: str = Field(
        default="",
        description="A list of changes (CSV, JSON Lines or Parquet with the columns path and change), as a path on the "
        "machine of the run: only these paths are looked at. Everything is, where none is given.",
    )


@dg.asset(deps=[raw_photos], group_name=CATALOGUE, kinds={"parquet"})
def image_catalogue(
    context: dg.AssetExecutionContext,
    config: CatalogueConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Every photo's path, content, size and state. New contents form new batches; batches never change.

    Files that cannot be used are quarantined with the reason, and all others are processed.
    """
    from pathlib import Path

    from tiefvision_assets.lineage.recovery import promote_by_records, withdraw_lost
    from tiefvision_assets.store.changes import read_changes
    from tiefvision_assets.store.fingerprint import fingerprint_of_rows
    from tiefvision_assets.store.mending import set_damaged_aside

    changes = read_changes(Path(config.changes).expanduser()) if config.changes else None
    watch = Watch(context, progress)
    with watch.claimed(store), store.writing("image_catalogue", on_wait=context.log.info):
        written = store.unscanned_photos.values()
        damaged = set_damaged_aside(store.layout)
        promoted = promote_by_records(store)
        if promoted:
            damaged.append(
                f"What is served was not recorded any more; {asdict(promoted)} were promoted by their records."
            )
        damaged += [
            f"Parts of {name} are lost, and there are no labels to train it again from; it is promoted no more."
            for name in withdraw_lost(store)
        ]
        for sentence in damaged:
            context.log.warning(sentence)
        report = store.catalogue.scan(
            batch_size=config.batch_size,
            progress=watch.stage("Scanning photos"),
            changes=replace(changes, also=frozenset(written)) if changes else None,
        )
        if written:  # what is written to again meanwhile is for the next scan
            store.unscanned_photos.change(
                lambda now: ({}, [path for path, at in now.items() if written.get(path) == at])
            )
        known = set(context.instance.get_dynamic_partitions(IMAGE_BATCH))
        missing = [key for key in store.catalogue.batch_keys() if key not in known]
        if missing:
            context.instance.add_dynamic_partitions(IMAGE_BATCH, missing)
    context.log.info(
        f"{report.photos} photos: {report.new} new, {report.changed} changed, {report.renamed} renamed, "
        f"{report.deleted} deleted, {report.quarantined} quarantined, {report.noted} used with a note"
    )
    metadata: dict[str, Any] = {
        "dagster/row_count": report.photos,
        "new": report.new,
        "changed": report.changed,
        "renamed": report.renamed,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "noted": report.noted,
        "new_batches": list(report.batches),
    }
    if damaged:
        metadata["damaged"] = damaged
    if report.quarantined:
        from tiefvision_assets.assets.pictures.photos import quarantine_table

        metadata["quarantine"] = dg.MetadataValue.md(quarantine_table(store))
    if report.noted:
        from tiefvision_assets.assets.pictures.photos import note_table

        metadata["notes"] = dg.MetadataValue.md(note_table(store))
    if report.new or report.changed:
        from tiefvision_assets.assets.pictures.photos import recent_photos

        metadata["newest_photos"] = dg.MetadataValue.md(recent_photos(store))
    photos = store.catalogue.live(["path", "sha256"])
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(fingerprint_of_rows("photos", photos)))
