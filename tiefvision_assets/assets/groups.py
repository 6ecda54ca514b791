"""Names that the assets share: their groups, kinds, and the partitions of the catalogue."""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*backfill_policy.*")

CATALOGUE = "catalogue"
LABELS = "labels"
LOCATION = "location"
SIMILARITY = "similarity"
QUALITY = "quality"

ON_DEMAND = {"tiefvision/on_demand": "yes"}
"""The tag of assets that people materialise when they want them: no plan and no job of everything asks for them."""

IMAGE_BATCH = "image_batch"
image_batch = dg.DynamicPartitionsDefinition(name=IMAGE_BATCH)
MAX_BATCHES_A_RUN = 16
