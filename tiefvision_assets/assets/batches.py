"""Shared by assets that are made batch by batch: a failing batch stops no other, and each has its own metadata."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from tiefvision_assets.assets.batch_events import BatchEvents
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.claims import Claim, awaited
from tiefvision_assets.store.store import Store

BatchResults = Iterator[dg.AssetMaterialization | dg.MaterializeResult]
"""What the step of an asset that is made batch by batch yields."""


def each_batch(
    context: dg.AssetExecutionContext,
    store: Store,
    progress: Progress,
    watch: Watch,
    work: Callable[[str], Reuse],
    inputs_of: Callable[[str], str],
    described: Callable[[], dict[str, Any]],
) -> BatchResults:
    """Carry out ``work`` on each batch of the run, holding that batch's claim, and report it as soon as it is written.

    What the step has to yield is yielded: each batch's materialisation with its numbers, the last one's also with what
    ``described`` tells of all of them.

    A batch that somebody else works on is left to them until all others are made; what they made is then found and
    reused. A batch that fails is recorded with its inputs, and the others go on; at the end `dagster.Failure` names the
    batches that failed.
    """
    asset, batches = context.asset_key.to_user_string(), context.partition_keys
    events = BatchEvents(context)
    failed: dict[str, str] = {}
    for number, (batch, claim) in enumerate(claimed_in_turn(context, store, watch, batches), start=1):
        started = time.monotonic()
        with claim:
            try:
                made = work(batch)
            except Exception as error:
                failed[batch] = _sentence(error)
                context.log.exception(f"{batch} failed; the other batches go on.")
                with store.writing(f"{asset} {batch}"):
                    store.attempts.failed(asset, batch, inputs_of(batch), failed[batch])
                continue
        progress.computed.update(made.computed)
        numbers = _numbers(made, time.monotonic() - started)
        yield events.materialised(batch, numbers | (described() if number == len(batches) else {}))
    if failed:
        reasons = "; ".join(f"{batch}: {reason}" for batch, reason in failed.items())
        raise dg.Failure(f"{asset} failed on {len(failed)} of {len(batches)} batches: {reasons}")
    yield events.end()


def claimed_in_turn(
    context: dg.AssetExecutionContext, store: Store, watch: Watch, batches: Sequence[str]
) -> Iterator[tuple[str, Claim]]:
    """Each batch with its claim: first those that nobody else works on, then each of the others once it is free."""
    asset = context.asset_key.to_user_string()
    waiting = list(batches)

    def next_free() -> tuple[str, Claim] | None:
        for batch in waiting:
            claim = store.claims.claim(asset, batch)
            if claim is not None:
                return batch, claim
        return None

    def say() -> None:
        context.log.info(f"Waiting for another run, which makes {', '.join(waiting)}.")

    while waiting:
        batch, claim = awaited(next_free, watch.pause, say)
        waiting.remove(batch)
        yield batch, claim


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
