"""The Dagster assets of the lineage, one module a stage.

An asset's body asks the store, calls `lineage`, writes to the store, and returns numbers and a picture. What several
stages share is in `groups` (names, partitions), `batches` (batch by batch) and `pictures`. Sensors, schedules and
checks are in `orchestration`.
"""
