"""The assets' entries in Dagster's catalog: owner, code version, documentation and source code.

Groups, kinds and descriptions are given with the assets themselves. What is here must be complete, so it is one table.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from tiefvision_assets.assets.groups import CATALOGUE, LABELS, LOCATION, PRODUCTS, QUALITY, SIMILARITY
from tiefvision_assets.models.fingerprints import (
    BASIS_CODE,
    CROPS_CODE,
    EMBEDDING_CODE,
    FOREGROUND_MAP_CODE,
    HEADS_CODE,
    INDEX_CODE,
    MAP_CODE,
    QUALITY_CODE,
    RANKING_CODE,
)
from tiefvision_assets.vision.registry import code_version

warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*(CodeReference|source_code_references).*")

OWNERS = {
    CATALOGUE: "team:catalogue",
    LABELS: "team:annotation",
    LOCATION: "team:vision",
    SIMILARITY: "team:vision",
    QUALITY: "team:vision",
    PRODUCTS: "team:catalogue",
}
"""Group → owners of its assets. An organisation puts its own teams or mail addresses here."""
DOCUMENTATION = "documentation"
"""Metadata key of the documentation's section about the asset, a path in the repository."""


@dataclass(frozen=True)
class Entry:
    """An asset's section below ``docs/`` and its code version; assets that come from outside have no version."""

    documentation: str
    code: str | None


SCAN_CODE, SNAPSHOT_CODE, FEED_CODE, SIMILAR_CODE, CLICKS_CODE = "1", "1", "1", "1", "1"
"""These are in no fingerprint: the catalogue, the snapshots, the products and the clicks are versioned by their
contents."""
_HEAD = Entry("algorithm.md#heads", HEADS_CODE)
_RANKING = Entry("algorithm.md#ranking-head", RANKING_CODE)
ENTRIES = {
    "raw_photos": Entry("guide.md#2-ingest", None),
    "image_catalogue": Entry("guide.md#2-ingest", SCAN_CODE),
    "label_events": Entry("guide.md#4-boxes", None),
    "box_labels": Entry("guide.md#4-boxes", SNAPSHOT_CODE),
    "triplet_labels": Entry("guide.md#5-triplets", SNAPSHOT_CODE),
    "feedback_events": Entry("guide.md#clicks", None),
    "feedback_triplets": Entry("guide.md#clicks", CLICKS_CODE),
    "crop_dataset": Entry("algorithm.md#crops-and-scales", CROPS_CODE),
    "crop_encodings": Entry("algorithm.md#crops-and-scales", HEADS_CODE),
    "foreground_classifier": _HEAD,
    "x_min_regressor": _HEAD,
    "y_min_regressor": _HEAD,
    "x_max_regressor": _HEAD,
    "y_max_regressor": _HEAD,
    "foreground_map": Entry("algorithm.md#locating-from-coarse-to-fine", FOREGROUND_MAP_CODE),
    "starter_heads": Entry("starter-heads.md#in-a-data-folder", HEADS_CODE),
    "location_report": Entry("algorithm.md#promotion", HEADS_CODE),
    "location_learning_curve": Entry("guide.md#4-boxes", HEADS_CODE),
    "extracted_boxes": Entry("algorithm.md#locating-from-coarse-to-fine", HEADS_CODE),
    "embedding_basis": Entry("algorithm.md#object-encodings", BASIS_CODE),
    "object_encodings": Entry("algorithm.md#object-encodings", EMBEDDING_CODE),
    "triplet_dataset": _RANKING,
    "ranking_head": _RANKING,
    "similarity_report": Entry("algorithm.md#promotion", RANKING_CODE),
    "photo_quality": Entry("guide.md#photo-quality", QUALITY_CODE),
    "label_errors": Entry("guide.md#wrong-labels", f"{HEADS_CODE}.{RANKING_CODE}"),
    "ranking_learning_curve": Entry("guide.md#5-triplets", RANKING_CODE),
    "product_feed": Entry("guide.md#a-shop", None),
    "product_catalogue": Entry("guide.md#a-shop", FEED_CODE),
    "similar_products": Entry("guide.md#similar-products", SIMILAR_CODE),
    "similarity_index": Entry("algorithm.md#index", INDEX_CODE),
    "photo_map": Entry("algorithm.md#map", MAP_CODE),
}


def in_catalog(
    assets: Iterable[dg.AssetsDefinition | dg.AssetSpec], encoder: str
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets with their catalog entries; ``encoder`` is the name in the settings."""
    # an unknown encoder is refused, in a sentence, by the asset that obtains it
    entries = ENTRIES | {"encoder": Entry("algorithm.md#encoder", code_version(encoder))}

    def described(spec: dg.AssetSpec) -> dg.AssetSpec:
        entry = entries[spec.key.to_user_string()]
        spec = spec.replace_attributes(owners=[OWNERS[str(spec.group_name)]], code_version=entry.code)
        return spec.merge_attributes(metadata={DOCUMENTATION: dg.MetadataValue.path(f"docs/{entry.documentation}")})

    referenced = dg.with_source_code_references(dg.map_asset_specs(described, assets))
    return [asset for asset in referenced if isinstance(asset, dg.AssetsDefinition | dg.AssetSpec)]
