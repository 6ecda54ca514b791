"""What is promoted, where that is lost: ``served.json`` with its copy, or the models that they name."""

from __future__ import annotations

from dataclasses import replace

from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD, Verdict
from tiefvision_assets.store.sealed import DamagedFile, read_json
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store


def promote_by_records(store: Store) -> ModelSet | None:
    """Promote for the next index what was `promoted_by_records`, and return it."""
    models = promoted_by_records(store)
    if models:
        store.served.promote(models)
    return models


def promoted_by_records(store: Store) -> ModelSet | None:
    """What the newest index was built with, and the candidates promoted last.

    None where there is no index, or where it is known what is served.
    """
    if store.layout.served.exists() or store.layout.served_copy.exists():
        return None
    models = _of_newest_index(store)
    if models is None:
        return None
    heads = _newest_promoted(store, BOX_HEADS, models)
    ranking_head = _newest_promoted(store, RANKING_HEAD, models) or models.ranking_head
    return ModelSet(models.encoder, heads, models.basis, ranking_head)


def lost_for_good(store: Store) -> list[str]:
    """The promoted candidates that are not whole and cannot be trained again, as there are no labels: name/fingerprint.

    Raises `DamagedFile` where a part of one is not lost, but damaged.
    """
    models = store.served.read().next
    promoted = ((BOX_HEADS, models.heads, "boxes"), (RANKING_HEAD, models.ranking_head, "triplets"))
    return [
        f"{name}/{fingerprint}"
        for name, fingerprint, kind in promoted
        if fingerprint and not store.models.is_usable(name, fingerprint) and not store.labels.counts()[kind]
    ]


def withdraw_lost(store: Store) -> list[str]:
    """Promote nothing in place of the candidates that are `lost_for_good`, and return these."""
    lost = lost_for_good(store)
    models = store.served.read().next
    if f"{BOX_HEADS}/{models.heads}" in lost:
        models = replace(models, heads=None)
    if f"{RANKING_HEAD}/{models.ranking_head}" in lost:
        models = replace(models, ranking_head=None)
    if lost:
        store.served.promote(models)
    return lost


def _of_newest_index(store: Store) -> ModelSet | None:
    """Encoder, basis and ranking head of the supervised index that was written last."""
    records = store.layout.index("supervised", "*").parent.glob("[!.]*/index.json")
    for file in sorted(records, key=lambda file: file.stat().st_mtime_ns, reverse=True):
        try:
            return ModelSet(**read_json(file, "models")["models"])
        except DamagedFile:
            continue
    return None


def _newest_promoted(store: Store, name: str, models: ModelSet) -> str | None:
    def fits(verdict: Verdict) -> bool:
        inputs = verdict.inputs
        return verdict.promoted and inputs.encoder == models.encoder and inputs.basis in (None, models.basis)

    return next((verdict.fingerprint for verdict in store.models.verdicts(name) if fits(verdict)), None)
