"""What was promoted, by the records of indexes and candidates: for when ``served.json`` and its copy are both lost."""

from __future__ import annotations

from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD, Verdict
from tiefvision_assets.store.sealed import DamagedFile, read_json
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store


def promote_by_records(store: Store) -> ModelSet | None:
    """Promote for the next index what the newest index was built with, and the candidates promoted last.

    None where there is no index, or where it is known what is served.
    """
    models = _of_newest_index(store)
    if models is None or store.layout.served.exists() or store.layout.served_copy.exists():
        return None
    heads = _newest_promoted(store, BOX_HEADS, models)
    ranking_head = _newest_promoted(store, RANKING_HEAD, models) or models.ranking_head
    models = ModelSet(models.encoder, heads, models.basis, ranking_head)
    store.served.promote(models)
    return models


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
