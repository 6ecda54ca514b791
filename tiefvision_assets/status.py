"""The state of the data folder in one document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tiefvision_assets.plan import plan
from tiefvision_assets.store.store import Store


def status_of(store: Store) -> dict[str, Any]:
    """Counts, what is served, the newest verdicts, what is out of date and why, and the quarantine with reasons."""
    labels = store.labels.counts()
    served = store.served.read()
    candidates = {name: store.models.verdicts(name)[:1] for name in ("box_heads", "ranking_head")}
    quarantined = store.catalogue.quarantined()
    return {
        "photos": len(store.catalogue.live()),
        "quarantined": [{"path": row.path, "reason": row.reason} for row in quarantined.itertuples()],
        "batches": len(store.catalogue.batch_keys()),
        "boxes": labels["boxes"],
        "triplets": labels["triplets"],
        "served": {**asdict(served.models), "index": served.index},
        "candidates": {name: asdict(verdicts[0]) for name, verdicts in candidates.items() if verdicts},
        "stale": [{"assets": list(step.assets), "reason": step.reason} for step in plan(store)],
    }
