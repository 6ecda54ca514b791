"""TiefVision's Dagster code location: from photos and labels to a similarity index."""
