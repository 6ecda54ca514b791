"""Materialisations of single batches, told to Dagster while the step that makes them goes on.

Dagster has an asset's step report all partitions of its run together, when the step has ended: a run that is cancelled
or killed would leave no event of what it wrote. A step may yield materialisations of its own as it goes, but those lack
the versions of code and data by which Dagster tells what is out of date, and at the step's end Dagster would report
each partition once more. This module supplies the one and prevents the other. Both use what Dagster does not document,
and nothing else in the assets does; `tests/assets/test_batch_events.py` notices where a new version of Dagster differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION as ALREADY_REPORTED
from dagster._core.execution.plan.execute_step import _get_output_asset_events


class BatchEvents:
    """The events of one step that makes an asset batch by batch."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._asset = context.asset_key
        step = context.get_step_execution_context()
        output = context.op_def.output_defs[0]
        kind = context.assets_def.execution_type
        (event,) = _get_output_asset_events(self._asset, [], dg.Output(None, output.name), output, {}, step, kind)
        self._tags = dict(event.tags or {})

    def materialised(self, batch: str, metadata: Mapping[str, Any]) -> dg.AssetMaterialization:
        """What a step yields as soon as the batch is written."""
        return dg.AssetMaterialization(self._asset, partition=batch, metadata=metadata, tags=self._tags)

    @staticmethod
    def end() -> dg.MaterializeResult:
        """What the step yields last: the assets after it may be made, and no batch is reported again."""
        return dg.MaterializeResult(metadata={ALREADY_REPORTED: True})
