"""Shared by assets that are made batch by batch: a failing batch stops no other, and each has its own metadata."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import dagster as dg

from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store


def each_batch(
    context: dg.AssetExecutionContext,
    store: Store,
    progress: Progress,
    work: Callable[[str], Reuse],
    inputs_of: Callable[[str], str],
) -> None:
    """Carry out ``work`` on each batch of the run, holding the data folder's lock; its numbers become metadata.

    A batch that fails is recorded with its inputs, and the others go on; at the end `dagster.Failure` names the batches
    that failed.
    """
    asset = context.asset_key.to_user_string()
    done: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for batch in context.partition_keys:
        started = time.monotonic()
        with store.writing(f"{asset} {batch}", on_wait=context.log.info):
            try:
                made = work(batch)
            except Exception as error:
                failed[batch] = _sentence(error)
                context.log.exception(f"{batch} failed; the other batches go on.")
                store.attempts.failed(asset, batch, inputs_of(batch), failed[batch])
                continue
        progress.computed.update(made.computed)
        done[batch] = _numbers(made, time.monotonic() - started)
    if failed:
        # the metadata of a step that raises are lost, so the batches that succeeded are reported one by one
        for batch, numbers in done.items():
            context.log_event(dg.AssetMaterialization(context.asset_key, partition=batch, metadata=numbers))
        reasons = "; ".join(f"{batch}: {reason}" for batch, reason in failed.items())
        raise dg.Failure(f"{asset} failed on {len(failed)} of {len(context.partition_keys)} batches: {reasons}")
    for batch, numbers in done.items():
        context.add_asset_metadata(numbers, partition_key=batch)


def _numbers(made: Reuse, seconds: float) -> dict[str, Any]:
    return {
        "dagster/row_count": made.photos,
        "photos": made.photos,
        "reused": made.reused,
        "computed": len(made.computed),
        "failed": made.failed,
        "seconds": round(seconds, 3),
        "photos_per_second": round((made.photos - made.reused) / seconds, 1) if seconds else 0.0,
    }


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text else type(error).__name__
