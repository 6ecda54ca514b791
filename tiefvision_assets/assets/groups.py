"""Names that the assets share: their groups, tags, and the partitions of the catalogue."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*backfill_policy.*")

CATALOGUE = "catalogue"
LABELS = "labels"
LOCATION = "location"
SIMILARITY = "similarity"
QUALITY = "quality"
PRODUCTS = "products"

ON_DEMAND = {"tiefvision/on_demand": "yes"}
"""Tag of assets that are made only on demand: neither the plan nor the job `materialise` includes them."""

ENCODE, TRAIN = "encode", "train"
"""Pools of Dagster: how many steps of each kind may be in progress at once, on all machines, can be limited."""

IMAGE_BATCH = "image_batch"
image_batch = dg.DynamicPartitionsDefinition(name=IMAGE_BATCH)
