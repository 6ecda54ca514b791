"""Which assets write Parquet tables, and where the files lie that count now: their columns as metadata, and as a check.

The columns themselves are listed in `tiefvision_assets.store.schemas`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tiefvision_assets.store import schemas
from tiefvision_assets.store.schemas import Table
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.snapshots import Kind

Files = Callable[[Store], Iterator[Path]]
"""The files of a table that count now; none before the asset was made, and perhaps some that do not exist."""


def _catalogue(store: Store) -> Iterator[Path]:
    yield store.layout.catalogue


def _batches(store: Store) -> Iterator[Path]:
    yield from map(store.layout.batch, store.catalogue.batch_keys())


def _snapshot(store: Store, kind: Kind) -> Iterator[Path]:
    version = store.snapshots.current(kind)
    if version:
        yield store.layout.snapshot(kind, version)


def _views(store: Store) -> Iterator[Path]:
    current = store.crops.current()
    if current:
        yield store.layout.views(current[0])


def _triplets(store: Store) -> Iterator[Path]:
    current = store.triplets.current()
    if current:
        yield store.layout.triplets(current[0])


def _boxes(store: Store) -> Iterator[Path]:
    from tiefvision_assets.store.rows import NO_HEADS

    heads = store.served.read().next.heads or NO_HEADS
    yield from (store.layout.boxes(heads, batch) for batch in store.catalogue.batch_keys())


def _encodings(store: Store) -> Iterator[Path]:
    from tiefvision_assets.models.fingerprints import embedding_fingerprint

    models = store.served.read().next
    if models.encoder and models.basis:
        embedding = embedding_fingerprint(models.encoder, models.basis)
        yield from (store.layout.encodings(embedding, batch) for batch in store.catalogue.batch_keys())


def _entries(store: Store) -> Iterator[Path]:
    from tiefvision_assets.store.index import ENTRIES

    served = store.served.read().index or {}
    yield from (store.layout.index(ranking, version) / ENTRIES for ranking, version in served.items())


def _quality(store: Store) -> Iterator[Path]:
    yield store.layout.quality


def _label_errors(store: Store) -> Iterator[Path]:
    yield store.layout.label_errors


def _maps(store: Store) -> Iterator[Path]:
    yield from (store.layout.photo_map(ranking) for ranking in ("unsupervised", "supervised"))


def _map_anchors(store: Store) -> Iterator[Path]:
    pattern = store.layout.map_anchors("*")
    yield from pattern.parent.glob(pattern.name)


def _evaluation(store: Store, model: str) -> Iterator[Path]:
    verdicts = store.models.verdicts(model)
    if verdicts:
        yield store.layout.evaluation(model, verdicts[0].fingerprint)


@dataclass(frozen=True)
class Written:
    """A table, and its files that count now."""

    table: Table
    files: Files


TABLES: Mapping[str, tuple[Written, ...]] = {
    "image_catalogue": (Written(schemas.CATALOGUE, _catalogue), Written(schemas.BATCH, _batches)),
    "box_labels": (Written(schemas.BOX_LABELS, lambda store: _snapshot(store, "boxes")),),
    "triplet_labels": (Written(schemas.TRIPLET_LABELS, lambda store: _snapshot(store, "triplets")),),
    "crop_dataset": (Written(schemas.VIEWS, _views),),
    "extracted_boxes": (Written(schemas.EXTRACTED_BOXES, _boxes),),
    "object_encodings": (Written(schemas.ENCODINGS, _encodings),),
    "triplet_dataset": (Written(schemas.TRIPLETS, _triplets),),
    "location_report": (Written(schemas.BOX_EVALUATION, lambda store: _evaluation(store, "box_heads")),),
    "similarity_report": (Written(schemas.TRIPLET_EVALUATION, lambda store: _evaluation(store, "ranking_head")),),
    "photo_quality": (Written(schemas.QUALITY, _quality),),
    "label_errors": (Written(schemas.LABEL_ERRORS, _label_errors),),
    "photo_map": (Written(schemas.MAP_POINTS, _maps), Written(schemas.MAP_ANCHORS, _map_anchors)),
    "similarity_index": (Written(schemas.INDEX_ENTRIES, _entries),),
}
"""Asset → what it writes; the first is the table that Dagster shows."""


def with_columns(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The asset with its table's columns in its metadata, if it writes a table."""
    written = TABLES.get(spec.key.to_user_string())
    return spec.merge_attributes(metadata={"dagster/column_schema": _shown(written[0].table)}) if written else spec


def _shown(table: Table) -> dg.TableSchema:
    columns = [dg.TableColumn(column.name, column.type, column.description) for column in table.columns]
    return dg.TableSchema(columns)


def columns_check(asset: str) -> dg.AssetChecksDefinition:
    """The check that the asset's files have the columns that readers expect. Cheap: it reads no rows."""

    @dg.asset_check(
        asset=dg.AssetKey(asset),
        name="columns",
        description="The Parquet files that count now have the columns and types that the code expects.",
    )
    def columns(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        files = [(part.table, file) for part in TABLES[asset] for file in part.files(store) if file.exists()]
        wrong = [
            f"{file.relative_to(store.layout.root)}: {', '.join(problems)}"
            for table, file in files
            if (problems := table.problems(file))
        ]
        return dg.AssetCheckResult(
            passed=not wrong,
            metadata={"files": len(files)},
            description=f"{'; '.join(wrong)}. They were written by another version, or damaged." if wrong else None,
        )

    return columns
