"""Work that somebody cancelled: the daemon leaves it alone until it is asked for again, or its inputs change.

Whoever cancels a run, in Dagster's UI, in the app, or a `tiefvision run` by Ctrl-C, means it to stop. That is no failed
attempt. A later run of the same assets and batches, whoever starts it, asks for them again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterRunStatus

from tiefvision_assets.orchestration.stretches import batches_of
from tiefvision_assets.planning.left import name_of
from tiefvision_assets.planning.plan import inputs_due
from tiefvision_assets.store.store import Store


@dataclass(frozen=True)
class Cancelled:
    """What is known of cancelled work; the sensor keeps it in its cursor."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """See `tiefvision_assets.planning.left.Left.cancelled`."""
    until: float = field(default_factory=time.time)
    """Seconds since 1970: runs that were started or cancelled later have not been seen yet."""
    seen: Mapping[str, bool] = field(default_factory=dict)
    """Of runs that may be found once more → whether they were cancelled, as they were seen last."""

    def and_since(self, instance: dg.DagsterInstance, store: Store, order: Sequence[str]) -> Cancelled:
        """The same after the runs of the meantime; ``order`` are the batches as Dagster has them."""
        now, known_until = time.time(), math.floor(self.until)  # times of runs may be whole seconds
        since = dg.RunsFilter(updated_after=datetime.fromtimestamp(known_until - 1, UTC))
        inputs, seen = dict(self.inputs), {}
        for record in instance.get_run_records(since, order_by="create_timestamp", ascending=True):
            run = record.dagster_run
            assets = [key.to_user_string() for key in run.asset_selection or ()]
            batches = batches_of(run, order)
            seen[run.run_id] = was_cancelled = run.status == DagsterRunStatus.CANCELED
            if self.seen.get(run.run_id) == was_cancelled:
                continue  # what has become due since then was not cancelled by it
            if was_cancelled and (record.end_time or now) >= known_until:
                inputs |= inputs_due(store, assets, batches)
            elif record.create_timestamp.timestamp() >= known_until:
                inputs = {name: known for name, known in inputs.items() if not _covers(assets, batches, name)}
        return Cancelled(inputs, now, seen)


def _covers(assets: Collection[str], batches: Collection[str] | None, name: str) -> bool:
    """Whether a run of these assets makes the work of that name."""
    if batches is None:
        return any(asset in name.replace(",", "").split() for asset in assets)
    return any(name_of(asset, batch) == name for asset in assets for batch in batches) or name in assets
