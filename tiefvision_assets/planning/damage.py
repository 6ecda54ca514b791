"""Damage that only a scan can put right, beside that of single files, which whoever opens them notices."""

from __future__ import annotations

from tiefvision_assets.lineage.recovery import lost_for_good, promoted_by_records
from tiefvision_assets.store.store import Store


def damage_of(store: Store) -> str | None:
    """What is wrong with the catalogue or with what is served, in a sentence, and only the scan can put right."""
    batches = store.catalogue.lost_batches()
    if batches:
        return f"{store.layout.batch(batches[0])} is gone"
    if not store.layout.catalogue.exists() and store.catalogue.batch_keys():
        return f"{store.layout.catalogue} is gone"
    lost = lost_for_good(store)
    if lost:
        return (
            f"parts of what was promoted ({', '.join(lost)}) are gone, and there are no labels to train it again from"
        )
    if store.layout.served_copy.exists():
        return store.served.problem()
    return f"{store.layout.served} and its copy are gone" if promoted_by_records(store) else None
