"""Everything that uses Dagster besides the assets: sensors and schedules, checks, and runs in this process.

A module belongs here if it imports Dagster and is no asset. What is out of date, and why, is decided in `planning`,
which does not load Dagster; what a stage computes is in `lineage`; what a single asset needs is beside it in `assets`.
"""
