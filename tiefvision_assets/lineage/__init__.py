"""What each stage of the lineage does, without Dagster: asks the store, calls vision, returns what is to be kept."""
