"""Whatever knows Dagster besides the assets: the sensor and the schedule, checks, and runs in this process.

A module belongs here if it imports Dagster and is no asset. What is out of date, and why, is decided in `planning`,
which knows no Dagster; what a stage computes is in `lineage`; what one asset alone needs stands beside it in `assets`.
"""
