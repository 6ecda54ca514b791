"""The state of the data folder as one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tiefvision_assets.lineage.index_changes import last_changes
from tiefvision_assets.planning.left import Left
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD, written
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store


def status_of(store: Store) -> dict[str, Any]:
    """Counts, what is served, the newest verdicts, what is out of date and why, what of it failed or was cancelled, the
    quarantine with reasons, and the usable photos of which something was ignored."""
    labels = store.labels.counts()
    served = store.served.read()
    candidates = {name: store.models.verdicts(name)[:1] for name in (BOX_HEADS, RANKING_HEAD)}
    quarantined = store.catalogue.quarantined()
    steps = plan(store, Left(cancelled=store.cancelled.inputs()))
    return {
        "photos": store.catalogue.photo_count(),
        "quarantined": [{"path": row.path, "reason": row.reason} for row in quarantined.itertuples()],
        "noted": [{"path": row.path, "note": row.note} for row in store.catalogue.noted().itertuples()],
        "batches": len(store.catalogue.batch_keys()),
        "boxes": labels["boxes"],
        "triplets": labels["triplets"],
        "served": {**asdict(served.models), "index": served.index},
        "boxes_found_by": _finders(served.models),
        "candidates": {name: written(verdicts[0]) for name, verdicts in candidates.items() if verdicts},
        "stale": [{"assets": list(step.assets), "reason": step.reason} for step in steps],
        "alerts": [alert for step in steps if (alert := alert_of(step))],
        "cancelled": [_cancelled(step) for step in steps if step.cancelled],
        "last_night": last_changes(store),
    }


def _finders(models: ModelSet) -> str:
    """What finds the boxes that nobody drew."""
    if models.starter:
        return "the starter heads"
    return "heads trained on labelled boxes" if models.heads else "nothing: whole photos are compared"


def alert_of(step: Step) -> dict[str, Any] | None:
    """The step's failed attempts, with a sentence for people; None if there are none."""
    if not step.failures:
        return None
    newest = max(step.failures, key=lambda failure: failure.failed_at)
    batches = sorted(failure.batch for failure in step.failures if failure.batch)
    what = _named(step, batches)
    given_up = all(failure.given_up for failure in step.failures)
    outlook = (
        "it is tried again when its inputs change, by `tiefvision run`, or by hand in the Dagster UI"
        if given_up
        else f"the daemon tries {MAX_ATTEMPTS} times"
    )
    times = max(failure.times for failure in step.failures)
    return {
        "assets": list(step.assets),
        "batches": batches,
        "attempts": times,
        "given_up": given_up,
        "reason": newest.reason,
        "failed_at": newest.failed_at,
        "said": f"{what} failed {times} {'time' if times == 1 else 'times'}; {outlook}. {newest.reason}",
    }


def _cancelled(step: Step) -> dict[str, Any]:
    """What of the step was cancelled, with a sentence for people."""
    batches = [batch for batch in step.cancelled if batch]
    return {
        "assets": list(step.assets),
        "batches": batches,
        "said": f"{_named(step, batches)} was cancelled, and the daemon leaves it alone until its inputs change; "
        "`tiefvision run` makes it, and so does asking for it by hand in the Dagster UI.",
    }


def _named(step: Step, batches: Sequence[str]) -> str:
    return f"{step.name} ({', '.join(batches[:3])}{' …' if len(batches) > 3 else ''})" if batches else step.name
